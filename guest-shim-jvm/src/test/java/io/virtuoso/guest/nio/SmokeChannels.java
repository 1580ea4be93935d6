package io.virtuoso.guest.nio;

import static io.virtuoso.guest.nio.Smoke.check;
import static io.virtuoso.guest.nio.Smoke.equal;
import static io.virtuoso.guest.nio.Smoke.get;
import static io.virtuoso.guest.nio.Smoke.mustThrow;
import static io.virtuoso.guest.nio.Smoke.pattern;
import static io.virtuoso.guest.nio.Smoke.pause;
import static io.virtuoso.guest.nio.Smoke.readAll;
import static io.virtuoso.guest.nio.Smoke.start;

import io.virtuoso.guest.nio.Smoke.Pair;
import io.virtuoso.guest.nio.Smoke.Scene;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;

/** Blocking channels: data, closing, interrupts, adaptors. */
@SuppressWarnings("try") // closes in the middle are what is tried
final class SmokeChannels {
    void addTo(Map<String, Scene> scenes) {
        scenes.put("echo", this::echo);
        scenes.put("bulk", this::bulk);
        scenes.put("gather", this::gather);
        scenes.put("half-close", this::halfClose);
        scenes.put("file", this::file);
        scenes.put("streams", this::streams);
        scenes.put("options", this::options);
        scenes.put("refused", this::refused);
        for (boolean virtual : new boolean[] {false, true}) {
            String suffix = virtual ? "-virtual" : "";
            scenes.put("close-read" + suffix, () -> closeRead(virtual));
            scenes.put("close-accept" + suffix, () -> closeAccept(virtual));
            scenes.put("close-write" + suffix, () -> closeWrite(virtual));
            scenes.put("interrupt-read" + suffix, () -> interruptRead(virtual));
            scenes.put("interrupt-accept" + suffix, () -> interruptAccept(virtual));
            scenes.put("interrupt-write" + suffix, () -> interruptWrite(virtual));
        }
        scenes.put("interrupt-before", this::interruptBefore);
        scenes.put("shutdown-wakes", this::shutdownWakes);
        scenes.put("adaptor", this::adaptor);
        scenes.put("adaptor-timeout", this::adaptorTimeout);
        scenes.put("adaptor-mode", this::adaptorMode);
    }

    private void echo() throws Exception {
        try (Pair pair = Pair.open()) {
            for (int i = 0; i < 1000; i++) {
                byte[] sent = pattern(100 + i);
                equal(sent.length, pair.client.write(ByteBuffer.wrap(sent)));
                check(Arrays.equals(sent, readAll(pair.server, sent.length)), "same bytes");
                pair.server.write(ByteBuffer.wrap(sent));
                check(Arrays.equals(sent, readAll(pair.client, sent.length)), "same bytes back");
            }
            equal(pair.client.getLocalAddress(), pair.server.getRemoteAddress());
            equal(pair.server.getLocalAddress(), pair.client.getRemoteAddress());
            check(pair.client.toString().contains("connected local="), pair.client.toString());
            pair.client.close();
            equal(-1, pair.server.read(ByteBuffer.allocate(1)));
            check(pair.client.toString().endsWith("[closed]"), pair.client.toString());
        }
    }

    private void bulk() throws Exception {
        try (Pair pair = Pair.open()) {
            byte[] sent = pattern(20_000_000);
            FutureTask<Object> write = start(() -> pair.client.write(ByteBuffer.wrap(sent)));
            byte[] got = readAll(pair.server, sent.length);
            equal(sent.length, get(write));
            check(Arrays.equals(sent, got), "same bytes");
        }
    }

    private void gather() throws Exception {
        try (Pair pair = Pair.open()) {
            ByteBuffer[] out = {ByteBuffer.wrap(pattern(10)), ByteBuffer.allocate(0), ByteBuffer.wrap(pattern(20))};
            equal(30L, pair.client.write(out));
            ByteBuffer[] in = {ByteBuffer.allocateDirect(5), ByteBuffer.allocate(100)};
            long got = 0;
            while (got < 30) {
                got += pair.server.read(in);
            }
            equal(5, in[0].position());
            equal(25, in[1].position());
            equal(0L, pair.server.read(new ByteBuffer[] {ByteBuffer.allocate(0)}));
            equal(0, pair.server.read(ByteBuffer.allocate(0)));
            mustThrow(
                    IllegalArgumentException.class,
                    () -> pair.server.read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
            mustThrow(IndexOutOfBoundsException.class, () -> pair.server.read(in, 1, 2));
        }
    }

    private void halfClose() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.client.shutdownOutput();
            equal(-1, pair.server.read(ByteBuffer.allocate(8)));
            pair.server.write(ByteBuffer.wrap(pattern(7)));
            equal(7, readAll(pair.client, 7).length);
            mustThrow(AsynchronousCloseException.class, () -> pair.client.write(ByteBuffer.allocate(1)));
            check(pair.client.toString().contains("oshut"), pair.client.toString());
            pair.client.shutdownInput();
            equal(-1, pair.client.read(ByteBuffer.allocate(8)));
        }
    }

    private void file() throws Exception {
        Path path = Files.createTempFile("smoke", ".bin");
        try (Pair pair = Pair.open();
                FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            byte[] sent = pattern(300_000);
            file.write(ByteBuffer.wrap(sent));
            FutureTask<Object> transfer = start(() -> {
                long at = 0;
                while (at < sent.length) {
                    at += file.transferTo(at, sent.length - at, pair.client);
                }
                return at;
            });
            check(Arrays.equals(sent, readAll(pair.server, sent.length)), "same bytes");
            equal((long) sent.length, get(transfer));
            pair.server.write(ByteBuffer.wrap(sent, 0, 1000));
            equal(1000L, file.transferFrom(pair.client, 0, 1000));
        } finally {
            Files.delete(path);
        }
    }

    private void streams() throws Exception {
        try (Pair pair = Pair.open()) {
            InputStream in = Channels.newInputStream(pair.client);
            FutureTask<Object> read = start(() -> in.readNBytes(50_000).length, true);
            pause(100);
            boolean concurrent = Runtime.version().feature() >= 25; // a blocked reader does not lock writers out
            OutputStream out = Channels.newOutputStream(pair.client);
            FutureTask<Object> write = start(() -> {
                out.write(pattern(1000));
                return null;
            });
            if (concurrent) {
                get(write);
                equal(1000, readAll(pair.server, 1000).length);
            }
            Channels.newOutputStream(pair.server).write(pattern(50_000));
            equal(50_000, get(read));
            get(write);
            equal(0, in.available());
            pair.client.configureBlocking(false);
            mustThrow(IllegalBlockingModeException.class, in::read);
        }
    }

    private void options() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            check(pair.client.getOption(StandardSocketOptions.TCP_NODELAY), "nodelay");
            check(pair.client.supportedOptions().contains(StandardSocketOptions.SO_LINGER), "linger known");
            pair.client.setOption(StandardSocketOptions.SO_LINGER, 0);
            pair.client.close();
            java.net.SocketException reset =
                    mustThrow(java.net.SocketException.class, () -> pair.server.read(ByteBuffer.allocate(1)));
            equal("Connection reset", reset.getMessage());
        }
    }

    private void refused() throws Exception {
        int port;
        try (ServerSocketChannel listener = Smoke.listen()) {
            port = Smoke.target(listener).getPort();
        }
        pause(50);
        InetSocketAddress nobody = new InetSocketAddress(Smoke.address(), port);
        try (SocketChannel channel = SocketChannel.open()) {
            ConnectException e = mustThrow(ConnectException.class, () -> channel.connect(nobody));
            equal("Connection refused", e.getMessage());
            check(!channel.isOpen(), "closed after a failed connect");
        }
        try (SocketChannel channel = SocketChannel.open()) {
            channel.configureBlocking(false);
            mustThrow(ConnectException.class, () -> {
                boolean done = channel.connect(nobody);
                while (!done) {
                    done = channel.finishConnect();
                }
            });
            check(!channel.isOpen(), "closed after a failed connect");
        }
        try (SocketChannel channel = SocketChannel.open()) {
            mustThrow(ConnectException.class, () -> channel.socket().connect(nobody, 2000));
        }
    }

    private void closeRead(boolean virtual) throws Exception {
        try (Pair pair = Pair.open()) {
            FutureTask<Object> read = start(() -> pair.client.read(ByteBuffer.allocate(8)), virtual);
            pause(100);
            pair.client.close();
            mustThrow(AsynchronousCloseException.class, read);
            equal(-1, pair.server.read(ByteBuffer.allocate(8)));
        }
    }

    private void closeAccept(boolean virtual) throws Exception {
        ServerSocketChannel listener = Smoke.listen();
        FutureTask<Object> accept = start(listener::accept, virtual);
        pause(100);
        listener.close();
        mustThrow(AsynchronousCloseException.class, accept);
    }

    private void closeWrite(boolean virtual) throws Exception {
        try (Pair pair = Pair.open()) {
            FutureTask<Object> write = start(() -> writeForEver(pair.client), virtual);
            pause(300);
            check(!write.isDone(), "blocked");
            pair.client.close();
            mustThrow(AsynchronousCloseException.class, write);
        }
    }

    private static Object writeForEver(SocketChannel channel) throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate(100_000);
        try {
            while (true) {
                channel.write(buffer.clear());
            }
        } catch (AsynchronousCloseException e) {
            throw e;
        } catch (java.nio.channels.ClosedChannelException e) {
            // a part was written before: the next call tells
            AsynchronousCloseException same = new AsynchronousCloseException();
            same.initCause(e);
            throw same;
        }
    }

    private interface Blocking {
        void run() throws Exception;
    }

    private static void interrupted(boolean virtual, Blocking call, AutoCloseable channel) throws Exception {
        AtomicReference<Thread> who = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        FutureTask<Object> task = start(
                () -> {
                    who.set(Thread.currentThread());
                    try {
                        call.run();
                    } finally {
                        flag.set(Thread.currentThread().isInterrupted());
                    }
                    return null;
                },
                virtual);
        pause(200);
        who.get().interrupt();
        mustThrow(ClosedByInterruptException.class, task);
        check(flag.get(), "still interrupted");
        check(!((java.nio.channels.Channel) channel).isOpen(), "closed");
    }

    private void interruptRead(boolean virtual) throws Exception {
        try (Pair pair = Pair.open()) {
            interrupted(virtual, () -> pair.client.read(ByteBuffer.allocate(1)), pair.client);
            equal(-1, pair.server.read(ByteBuffer.allocate(8)));
        }
    }

    private void interruptAccept(boolean virtual) throws Exception {
        try (ServerSocketChannel listener = Smoke.listen()) {
            interrupted(virtual, listener::accept, listener);
        }
    }

    private void interruptWrite(boolean virtual) throws Exception {
        try (Pair pair = Pair.open()) {
            interrupted(virtual, () -> writeForEver(pair.client), pair.client);
        }
    }

    private void interruptBefore() throws Exception {
        try (Pair pair = Pair.open()) {
            Thread.currentThread().interrupt();
            mustThrow(ClosedByInterruptException.class, () -> pair.client.read(ByteBuffer.allocate(1)));
            check(Thread.interrupted(), "still interrupted");
            check(!pair.client.isOpen(), "closed");
        }
        try (ServerSocketChannel listener = Smoke.listen();
                SocketChannel client = SocketChannel.open()) {
            Thread.currentThread().interrupt();
            mustThrow(ClosedByInterruptException.class, () -> client.connect(Smoke.target(listener)));
            check(Thread.interrupted(), "still interrupted");
        }
    }

    private void shutdownWakes() throws Exception {
        try (Pair pair = Pair.open()) {
            FutureTask<Object> read = start(() -> pair.client.read(ByteBuffer.allocate(8)));
            pause(100);
            pair.client.shutdownInput();
            equal(-1, get(read));
        }
        try (Pair pair = Pair.open()) {
            FutureTask<Object> write = start(() -> writeForEver(pair.client));
            pause(300);
            pair.client.shutdownOutput();
            mustThrow(AsynchronousCloseException.class, write);
        }
    }

    private void adaptor() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            ServerSocket server = listener.socket();
            server.bind(null);
            check(server.isBound() && server.getChannel() == listener, "bound");
            Socket client = SocketChannel.open().socket();
            client.connect(new InetSocketAddress(Smoke.address(), server.getLocalPort()), 2000);
            Socket accepted = server.accept();
            client.setTcpNoDelay(true);
            check(client.getTcpNoDelay(), "nodelay");
            client.getOutputStream().write(pattern(500_000));
            InputStream in = accepted.getInputStream();
            check(Arrays.equals(pattern(500_000), in.readNBytes(500_000)), "same bytes");
            client.shutdownOutput();
            equal(-1, in.read());
            equal(client.getLocalPort(), accepted.getPort());
            equal(Smoke.address(), client.getInetAddress());
            client.close();
            check(client.isClosed() && !client.getChannel().isOpen(), "closed");
            accepted.close();
        }
    }

    private void adaptorTimeout() throws Exception {
        try (Pair pair = Pair.open();
                ServerSocketChannel listener = Smoke.listen()) {
            Socket socket = pair.client.socket();
            socket.setSoTimeout(150);
            long begin = System.nanoTime();
            mustThrow(
                    SocketTimeoutException.class, () -> socket.getInputStream().read());
            check(System.nanoTime() - begin >= 140_000_000L, "waited");
            pair.server.write(ByteBuffer.wrap(new byte[] {5}));
            equal(5, socket.getInputStream().read());
            listener.socket().setSoTimeout(100);
            mustThrow(SocketTimeoutException.class, () -> listener.socket().accept());
            FutureTask<Object> read = start(() -> socket.getInputStream().read());
            pause(50);
            pair.server.write(ByteBuffer.wrap(new byte[] {6}));
            equal(6, get(read));
        }
    }

    private void adaptorMode() throws Exception {
        try (Pair pair = Pair.open();
                ServerSocketChannel listener = Smoke.listen()) {
            pair.client.configureBlocking(false);
            Socket socket = pair.client.socket();
            mustThrow(
                    IllegalBlockingModeException.class,
                    () -> socket.getInputStream().read());
            mustThrow(
                    IllegalBlockingModeException.class,
                    () -> socket.getOutputStream().write(1));
            listener.configureBlocking(false);
            mustThrow(
                    IllegalBlockingModeException.class, () -> listener.socket().accept());
            check(listener.accept() == null, "nobody");
            equal(0, pair.client.read(ByteBuffer.allocate(1)));
        }
    }
}
