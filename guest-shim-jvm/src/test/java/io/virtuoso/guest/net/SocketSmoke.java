package io.virtuoso.guest.net;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.Link;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * Sockets of a guest from end to end, in one process that talks to itself over the host stack. To be run as a program
 * with the agent; the argument is the guest's own address. Ends with status 0 if all is well.
 */
@SuppressWarnings({
    "FutureReturnValueIgnored", // of scenes in which an operation only has to be under way
    "AddressSelection" // literals
})
public final class SocketSmoke {
    private static final int SHORT_MS = 100;

    private final InetAddress own;
    private final Scenes scenes = new Scenes();

    private SocketSmoke(InetAddress own) {
        this.own = own;
    }

    /** Runs all scenes. */
    public static void main(String[] arguments) throws Exception {
        SocketSmoke smoke = new SocketSmoke(InetAddress.getByName(arguments[0]));
        smoke.playAll();
        System.out.println("sockets of the host stack: " + Link.acceleratedSockets());
        for (FallbackReason reason : FallbackReason.values()) {
            System.out.println(reason + ": " + reason.counted());
        }
        smoke.scenes.end();
    }

    private void playAll() {
        scenes.play("echo", this::echo);
        scenes.play("names", this::names);
        scenes.play("large transfer", this::largeTransfer);
        scenes.play("half close", this::halfClose);
        scenes.play("shutdown of input wakes its reader", this::shutdownInput);
        scenes.play("reset", this::reset);
        scenes.play("refused", this::refused);
        scenes.play("timeouts", this::timeouts);
        scenes.play("options", this::options);
        scenes.play("close ends read", () -> closeEnds(Socket::close, true));
        scenes.play("close ends write", this::closeEndsWrite);
        scenes.play("close ends accept", this::closeEndsAccept);
        scenes.play("platform threads ignore interrupts", this::platformInterrupt);
        scenes.play("virtual threads close by interrupt", this::virtualInterrupt);
        scenes.play("many threads", this::manyThreads);
        scenes.play("loopback of this guest", this::ownLoopback);
        scenes.play("loopback of the platform", this::platformLoopback);
        scenes.play("accept into a subclass", this::acceptIntoSubclass);
        scenes.play("urgent data is refused", this::urgentData);
        scenes.play("dropped sockets are closed", this::droppedSocket);
        scenes.play("many asynchronous connects by a thread that blocked before", this::asynchronousAfterBlocking);
    }

    // ---- scenes ------------------------------------------------------------------------------

    /** Two connected sockets. */
    private final class Pair implements AutoCloseable {
        private final Socket client;
        private final Socket accepted;

        Pair() throws IOException {
            try (ServerSocket listener = new ServerSocket(0)) {
                client = new Socket(own, listener.getLocalPort());
                accepted = listener.accept();
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
            accepted.close();
        }
    }

    private void echo() throws Exception {
        try (Pair pair = new Pair()) {
            for (int i = 0; i < 1000; i++) {
                pair.client.getOutputStream().write(("ping" + i + "\n").getBytes(StandardCharsets.US_ASCII));
                byte[] there = pair.accepted
                        .getInputStream()
                        .readNBytes(5 + Integer.toString(i).length());
                pair.accepted.getOutputStream().write(there);
                byte[] back = pair.client.getInputStream().readNBytes(there.length);
                Scenes.check(Arrays.equals(there, back), "echo " + i);
            }
        }
    }

    private void names() throws Exception {
        try (ServerSocket listener = new ServerSocket(0)) {
            Scenes.check(listener.getInetAddress().isAnyLocalAddress(), "listener's address");
            try (Socket client = new Socket()) {
                Scenes.check(client.getLocalPort() == -1 && client.getInetAddress() == null, "unconnected names");
                Scenes.check(client.getLocalAddress().isAnyLocalAddress(), "unconnected local address");
                client.bind(null);
                Scenes.check(client.getLocalPort() > 0, "bound port");
                int port = client.getLocalPort();
                client.connect(new InetSocketAddress(own, listener.getLocalPort()), 2000);
                Socket accepted = listener.accept();
                Scenes.check(client.getLocalPort() == port, "port stays");
                Scenes.check(client.getLocalAddress().equals(own), "local address " + client.getLocalAddress());
                Scenes.check(client.getRemoteSocketAddress().equals(accepted.getLocalSocketAddress()), "peer");
                Scenes.check(accepted.getRemoteSocketAddress().equals(client.getLocalSocketAddress()), "peer's peer");
                Scenes.check(accepted.getLocalPort() == listener.getLocalPort(), "accepted port");
                accepted.close();
                Scenes.check(client.getInputStream().read() == -1, "end");
            }
        }
    }

    private void largeTransfer() throws Exception {
        byte[] sent = new byte[20_000_000];
        new java.util.Random(7).nextBytes(sent);
        try (Pair pair = new Pair()) {
            FutureTask<Void> writer = Scenes.start(() -> {
                pair.client.getOutputStream().write(sent);
                pair.client.shutdownOutput();
                return null;
            });
            byte[] got = pair.accepted.getInputStream().readAllBytes();
            writer.get(Scenes.LIMIT_S, TimeUnit.SECONDS);
            Scenes.check(Arrays.equals(sent, got), "bytes");
        }
    }

    private void halfClose() throws Exception {
        try (Pair pair = new Pair()) {
            pair.client.getOutputStream().write(1);
            pair.client.shutdownOutput();
            Scenes.check(pair.accepted.getInputStream().readAllBytes().length == 1, "up to the end");
            pair.accepted.getOutputStream().write(new byte[100]);
            pair.accepted.close();
            Scenes.check(pair.client.getInputStream().readAllBytes().length == 100, "the other half");
            OutputStream out = pair.accepted.isClosed() ? null : pair.accepted.getOutputStream();
            Scenes.check(out == null, "closed");
        }
    }

    private void shutdownInput() throws Exception {
        try (Pair pair = new Pair()) {
            FutureTask<Integer> reader =
                    Scenes.start(() -> pair.client.getInputStream().read());
            Thread.sleep(SHORT_MS);
            pair.client.shutdownInput();
            Scenes.check(reader.get(2, TimeUnit.SECONDS) == -1, "end");
            Scenes.check(pair.client.isInputShutdown(), "is shut");
            try {
                pair.client.getInputStream();
                Scenes.fail("no exception");
            } catch (SocketException e) {
                Scenes.check(e.getMessage().equals("Socket input is shutdown"), e.getMessage());
            }
        }
    }

    private void reset() throws Exception {
        try (Pair pair = new Pair()) {
            pair.accepted.setSoLinger(true, 0);
            InputStream in = pair.client.getInputStream();
            OutputStream out = pair.client.getOutputStream();
            FutureTask<Integer> reader = Scenes.start(in::read);
            Thread.sleep(SHORT_MS);
            pair.accepted.close();
            Scenes.expect(SocketException.class, "Connection reset", () -> Scenes.unwrap(reader));
            Scenes.expect(SocketException.class, "Connection reset", in::read);
            Scenes.expect(SocketException.class, null, () -> {
                out.write(1);
                return null;
            });
        }
    }

    private void refused() throws Exception {
        Socket socket = new Socket();
        Scenes.expect(java.net.ConnectException.class, "Connection refused", () -> {
            socket.connect(new InetSocketAddress(own, 1));
            return null;
        });
        Scenes.expect(java.net.UnknownHostException.class, null, () -> new Socket("no-such-host.invalid", 1));
        try (ServerSocket listener = new ServerSocket(0)) {
            Scenes.expect(java.net.BindException.class, null, () -> new ServerSocket(listener.getLocalPort()));
        }
        Scenes.expect(
                java.net.BindException.class, null, () -> new ServerSocket(0, 1, InetAddress.getByName("10.1.2.3")));
    }

    private void timeouts() throws Exception {
        try (Pair pair = new Pair();
                ServerSocket listener = new ServerSocket(0)) {
            pair.client.setSoTimeout(SHORT_MS);
            Scenes.expect(
                    SocketTimeoutException.class,
                    "Read timed out",
                    () -> pair.client.getInputStream().read());
            pair.accepted.getOutputStream().write(5);
            Scenes.check(pair.client.getInputStream().read() == 5, "still usable");
            listener.setSoTimeout(SHORT_MS);
            Scenes.expect(SocketTimeoutException.class, "Accept timed out", listener::accept);
            Scenes.check(listener.getSoTimeout() == SHORT_MS, "timeout");
        }
        try (ServerSocket full = new ServerSocket(0, 1)) {
            Scenes.expect(SocketTimeoutException.class, "Connect timed out", () -> {
                List<Socket> waiting = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    Socket socket = new Socket();
                    waiting.add(socket);
                    socket.connect(new InetSocketAddress(own, full.getLocalPort()), SHORT_MS);
                }
                return waiting;
            });
        }
    }

    private void options() throws Exception {
        try (Pair pair = new Pair();
                ServerSocket listener = new ServerSocket()) {
            Socket socket = pair.client;
            socket.setTcpNoDelay(true);
            Scenes.check(socket.getTcpNoDelay(), "nodelay");
            socket.setKeepAlive(true);
            Scenes.check(socket.getKeepAlive(), "keepalive");
            Scenes.check(socket.getSoLinger() == -1, "linger off");
            socket.setSoLinger(true, 3);
            Scenes.check(socket.getSoLinger() == 3, "linger");
            socket.setSoLinger(false, 0);
            Scenes.check(socket.getSoLinger() == -1, "linger off again");
            socket.setReceiveBufferSize(100_000);
            Scenes.check(socket.getReceiveBufferSize() > 0 && socket.getSendBufferSize() > 0, "buffers");
            Scenes.check(listener.getReuseAddress(), "reuse address by default");
            Scenes.check(!socket.getReuseAddress(), "not of clients");
            socket.setOption(StandardSocketOptions.TCP_NODELAY, false);
            Scenes.check(!socket.getOption(StandardSocketOptions.TCP_NODELAY), "by option");
            Scenes.check(socket.getTrafficClass() == 0, "traffic class");
            socket.setTrafficClass(0x13);
            Scenes.check(socket.getTrafficClass() == 0x10, "without the bits of congestion notification");
            Scenes.check(socket.getOption(StandardSocketOptions.IP_TOS) == 0x10, "by option");
            Scenes.check(!listener.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY), "of servers");
            socket.close();
            Scenes.expect(SocketException.class, null, socket::getTcpNoDelay);
        }
    }

    /** Closes a socket. */
    @FunctionalInterface
    private interface Ending {
        void end(Socket socket) throws IOException;
    }

    private void closeEnds(Ending ending, boolean closed) throws Exception {
        try (Pair pair = new Pair()) {
            FutureTask<Integer> reader =
                    Scenes.start(() -> pair.client.getInputStream().read());
            Thread.sleep(SHORT_MS);
            ending.end(pair.client);
            Scenes.expect(SocketException.class, "Socket closed", () -> Scenes.unwrap(reader));
            Scenes.check(pair.client.isClosed() == closed, "closed");
            Scenes.check(pair.accepted.getInputStream().read() == -1, "FIN");
        }
    }

    private void closeEndsWrite() throws Exception {
        try (Pair pair = new Pair()) {
            FutureTask<Integer> writer = Scenes.start(() -> {
                byte[] much = new byte[1 << 20];
                while (true) {
                    pair.client.getOutputStream().write(much);
                }
            });
            Thread.sleep(5 * SHORT_MS);
            pair.client.close();
            Scenes.expect(SocketException.class, "Socket closed", () -> Scenes.unwrap(writer));
        }
    }

    private void closeEndsAccept() throws Exception {
        ServerSocket listener = new ServerSocket(0);
        List<FutureTask<Socket>> accepting = List.of(Scenes.start(listener::accept), Scenes.start(listener::accept));
        Thread.sleep(SHORT_MS);
        listener.close();
        for (FutureTask<Socket> one : accepting) {
            Scenes.expect(SocketException.class, "Socket closed", () -> Scenes.unwrap(one));
        }
    }

    private void platformInterrupt() throws Exception {
        try (Pair pair = new Pair()) {
            FutureTask<Boolean> reader =
                    new FutureTask<>(() -> pair.client.getInputStream().read() == 9
                            && Thread.currentThread().isInterrupted());
            Thread thread = new Thread(reader);
            thread.start();
            Thread.sleep(SHORT_MS);
            thread.interrupt();
            Thread.sleep(SHORT_MS);
            Scenes.check(!reader.isDone(), "still reads");
            pair.accepted.getOutputStream().write(9);
            Scenes.check(reader.get(2, TimeUnit.SECONDS), "reads, and is interrupted");
        }
    }

    private void virtualInterrupt() throws Exception {
        if (Runtime.version().feature() < 21) {
            return;
        }
        try (Pair pair = new Pair();
                ServerSocket listener = new ServerSocket(0)) {
            FutureTask<Integer> reader =
                    new FutureTask<>(() -> pair.client.getInputStream().read());
            FutureTask<Socket> accepter = new FutureTask<>(listener::accept);
            Thread first = virtual(reader);
            Thread second = virtual(accepter);
            Thread.sleep(SHORT_MS);
            first.interrupt();
            second.interrupt();
            Scenes.expect(SocketException.class, "Closed by interrupt", () -> Scenes.unwrap(reader));
            Scenes.expect(SocketException.class, "Closed by interrupt", () -> Scenes.unwrap(accepter));
            Scenes.check(pair.client.isClosed() && listener.isClosed(), "closed");
        }
    }

    private static Thread virtual(Runnable task) throws ReflectiveOperationException {
        return (Thread)
                Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, task);
    }

    private void manyThreads() throws Exception {
        int count = 1000;
        CountDownLatch done = new CountDownLatch(count);
        List<Throwable> problems = java.util.Collections.synchronizedList(new ArrayList<>());
        try (ServerSocket listener = new ServerSocket(0, 1000)) {
            Scenes.start(() -> {
                while (true) {
                    Socket socket = listener.accept();
                    Scenes.start(() -> {
                        try (socket) {
                            return socket.getInputStream().transferTo(socket.getOutputStream());
                        }
                    });
                }
            });
            for (int i = 0; i < count; i++) {
                int number = i;
                Scenes.start(() -> {
                    try (Socket socket = new Socket(own, listener.getLocalPort())) {
                        for (int round = 0; round < 20; round++) {
                            socket.getOutputStream().write(number + round & 255);
                            Scenes.check(socket.getInputStream().read() == (number + round & 255), "round " + round);
                        }
                    } catch (Throwable e) {
                        problems.add(e);
                    }
                    done.countDown();
                    return null;
                });
            }
            Scenes.check(
                    done.await(Scenes.LIMIT_S - 2, TimeUnit.SECONDS), done.getCount() + " are not done; " + problems);
        }
        Scenes.check(
                problems.isEmpty(), problems.size() + " failed, first: " + (problems.isEmpty() ? "" : problems.get(0)));
    }

    private void ownLoopback() throws Exception {
        try (ServerSocket listener = new ServerSocket(0);
                Socket client = new Socket("127.0.0.1", listener.getLocalPort());
                Socket accepted = listener.accept()) {
            Scenes.check(client.getInetAddress().getHostAddress().equals("127.0.0.1"), "shown");
            Scenes.check(client.getLocalAddress().isLoopbackAddress(), "local");
            accepted.getOutputStream().write(3);
            Scenes.check(client.getInputStream().read() == 3, "byte");
        }
    }

    private void platformLoopback() throws Exception {
        long before = FallbackReason.LOOPBACK.counted();
        try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
                Socket client = new Socket()) {
            client.setSoTimeout(SHORT_MS);
            client.setTcpNoDelay(true);
            client.connect(listener.getLocalSocketAddress(), 1000);
            try (Socket accepted = listener.accept()) {
                Scenes.check(client.getTcpNoDelay() && client.getSoTimeout() == SHORT_MS, "options are kept");
                Scenes.check(accepted.getRemoteSocketAddress().equals(client.getLocalSocketAddress()), "names");
                accepted.getOutputStream().write(3);
                Scenes.check(client.getInputStream().read() == 3, "byte");
                Scenes.expect(
                        SocketTimeoutException.class,
                        "Read timed out",
                        () -> client.getInputStream().read());
            }
            Scenes.check(FallbackReason.LOOPBACK.counted() == before + 2, "counted");
            Scenes.check(Link.acceleratedSockets() != 0, "others are not");
        }
        Scenes.expect(java.net.ConnectException.class, null, () -> new Socket("127.0.0.1", 1));
    }

    private void acceptIntoSubclass() throws Exception {
        class OwnSocket extends Socket {}
        class OwnServer extends ServerSocket {
            OwnServer() throws IOException {
                super(0);
            }

            @Override
            public Socket accept() throws IOException {
                Socket socket = new OwnSocket();
                implAccept(socket);
                return socket;
            }
        }
        try (OwnServer listener = new OwnServer();
                Socket client = new Socket(own, listener.getLocalPort());
                Socket accepted = listener.accept()) {
            client.getOutputStream().write(4);
            Scenes.check(
                    accepted instanceof OwnSocket && accepted.getInputStream().read() == 4, "byte");
        }
    }

    private void urgentData() throws Exception {
        try (Pair pair = new Pair()) {
            Scenes.expect(SocketException.class, "Urgent data not supported", () -> {
                pair.client.sendUrgentData(1);
                return null;
            });
        }
    }

    private void droppedSocket() throws Exception {
        try (ServerSocket listener = new ServerSocket(0)) {
            connectAndDrop(listener.getLocalPort());
            try (Socket accepted = listener.accept()) {
                accepted.setSoTimeout(SHORT_MS);
                for (int i = 0; i < 50; i++) {
                    System.gc();
                    try {
                        Scenes.check(accepted.getInputStream().read() == -1, "end");
                        return;
                    } catch (SocketTimeoutException e) {
                        // not collected yet
                    }
                }
                Scenes.fail("never closed");
            }
        }
    }

    /** The thread has a context of its own then, in which it does not look any more. */
    private void asynchronousAfterBlocking() throws Exception {
        try (Pair pair = new Pair();
                ServerSocket listener = new ServerSocket(0)) {
            FutureTask<Integer> waker = Scenes.start(() -> {
                Thread.sleep(SHORT_MS);
                pair.accepted.getOutputStream().write(1);
                while (true) {
                    listener.accept().close();
                }
            });
            Scenes.check(pair.client.getInputStream().read() == 1 && !waker.isDone(), "blocked");
            for (int i = 0; i < 600; i++) {
                try (AsynchronousSocketChannel channel = AsynchronousSocketChannel.open()) {
                    Scenes.unwrap(channel.connect(new InetSocketAddress(own, listener.getLocalPort())));
                    Scenes.check(Scenes.unwrap(channel.read(ByteBuffer.allocate(1))) == -1, "end");
                }
            }
        }
    }

    private void connectAndDrop(int port) throws IOException {
        Scenes.check(new Socket(own, port).isConnected(), "connected");
    }
}
