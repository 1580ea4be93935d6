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
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sockets of a guest from end to end, in one process that talks to itself over the host stack. To be run as a program
 * with the agent; the argument is the guest's own address. Ends with status 0 if all is well.
 */
public final class SocketSmoke {
    private static final int LIMIT_S = 20;
    private static final int SHORT_MS = 100;

    private final InetAddress own;
    private int failures;

    private SocketSmoke(InetAddress own) {
        this.own = own;
    }

    /** One thing to show. */
    @FunctionalInterface
    private interface Scene {
        void play() throws Exception;
    }

    /** Runs all scenes. */
    public static void main(String[] arguments) throws Exception {
        SocketSmoke smoke = new SocketSmoke(InetAddress.getByName(arguments[0]));
        smoke.playAll();
        System.out.println("sockets of the host stack: " + Link.acceleratedSockets());
        for (FallbackReason reason : FallbackReason.values()) {
            System.out.println(reason + ": " + reason.counted());
        }
        System.out.println(smoke.failures == 0 ? "all well" : smoke.failures + " scenes failed");
        System.exit(smoke.failures == 0 ? 0 : 1);
    }

    private void playAll() {
        play("echo", this::echo);
        play("names", this::names);
        play("large transfer", this::largeTransfer);
        play("half close", this::halfClose);
        play("shutdown of input wakes its reader", this::shutdownInput);
        play("reset", this::reset);
        play("refused", this::refused);
        play("timeouts", this::timeouts);
        play("options", this::options);
        play("close ends read", () -> closeEnds(Socket::close, true));
        play("close ends write", this::closeEndsWrite);
        play("close ends accept", this::closeEndsAccept);
        play("platform threads ignore interrupts", this::platformInterrupt);
        play("virtual threads close by interrupt", this::virtualInterrupt);
        play("many threads", this::manyThreads);
        play("loopback of this guest", this::ownLoopback);
        play("loopback of the platform", this::platformLoopback);
        play("accept into a subclass", this::acceptIntoSubclass);
        play("urgent data is refused", this::urgentData);
        play("dropped sockets are closed", this::droppedSocket);
    }

    private void play(String name, Scene scene) {
        long start = System.nanoTime();
        try {
            within(() -> {
                scene.play();
                return null;
            });
            System.out.printf("ok    %-40s %6.1f ms%n", name, (System.nanoTime() - start) / 1e6);
        } catch (Exception e) {
            failures++;
            System.out.println("FAILED " + name);
            e.printStackTrace(System.out);
        }
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
                check(Arrays.equals(there, back), "echo " + i);
            }
        }
    }

    private void names() throws Exception {
        try (ServerSocket listener = new ServerSocket(0)) {
            check(listener.getInetAddress().isAnyLocalAddress(), "listener's address");
            try (Socket client = new Socket()) {
                check(client.getLocalPort() == -1 && client.getInetAddress() == null, "unconnected names");
                check(client.getLocalAddress().isAnyLocalAddress(), "unconnected local address");
                client.bind(null);
                check(client.getLocalPort() > 0, "bound port");
                int port = client.getLocalPort();
                client.connect(new InetSocketAddress(own, listener.getLocalPort()), 2000);
                Socket accepted = listener.accept();
                check(client.getLocalPort() == port, "port stays");
                check(client.getLocalAddress().equals(own), "local address " + client.getLocalAddress());
                check(client.getRemoteSocketAddress().equals(accepted.getLocalSocketAddress()), "peer");
                check(accepted.getRemoteSocketAddress().equals(client.getLocalSocketAddress()), "peer's peer");
                check(accepted.getLocalPort() == listener.getLocalPort(), "accepted port");
                accepted.close();
                check(client.getInputStream().read() == -1, "end");
            }
        }
    }

    private void largeTransfer() throws Exception {
        byte[] sent = new byte[20_000_000];
        new java.util.Random(7).nextBytes(sent);
        try (Pair pair = new Pair()) {
            FutureTask<Void> writer = start(() -> {
                pair.client.getOutputStream().write(sent);
                pair.client.shutdownOutput();
                return null;
            });
            byte[] got = pair.accepted.getInputStream().readAllBytes();
            writer.get(LIMIT_S, TimeUnit.SECONDS);
            check(Arrays.equals(sent, got), "bytes");
        }
    }

    private void halfClose() throws Exception {
        try (Pair pair = new Pair()) {
            pair.client.getOutputStream().write(1);
            pair.client.shutdownOutput();
            check(pair.accepted.getInputStream().readAllBytes().length == 1, "up to the end");
            pair.accepted.getOutputStream().write(new byte[100]);
            pair.accepted.close();
            check(pair.client.getInputStream().readAllBytes().length == 100, "the other half");
            OutputStream out = pair.accepted.isClosed() ? null : pair.accepted.getOutputStream();
            check(out == null, "closed");
        }
    }

    private void shutdownInput() throws Exception {
        try (Pair pair = new Pair()) {
            FutureTask<Integer> reader =
                    start(() -> pair.client.getInputStream().read());
            Thread.sleep(SHORT_MS);
            pair.client.shutdownInput();
            check(reader.get(2, TimeUnit.SECONDS) == -1, "end");
            check(pair.client.isInputShutdown(), "is shut");
            try {
                pair.client.getInputStream();
                fail("no exception");
            } catch (SocketException e) {
                check(e.getMessage().equals("Socket input is shutdown"), e.getMessage());
            }
        }
    }

    private void reset() throws Exception {
        try (Pair pair = new Pair()) {
            pair.accepted.setSoLinger(true, 0);
            InputStream in = pair.client.getInputStream();
            OutputStream out = pair.client.getOutputStream();
            FutureTask<Integer> reader = start(in::read);
            Thread.sleep(SHORT_MS);
            pair.accepted.close();
            expect(SocketException.class, "Connection reset", () -> unwrap(reader));
            expect(SocketException.class, "Connection reset", in::read);
            expect(SocketException.class, null, () -> {
                out.write(1);
                return null;
            });
        }
    }

    private void refused() throws Exception {
        Socket socket = new Socket();
        expect(java.net.ConnectException.class, "Connection refused", () -> {
            socket.connect(new InetSocketAddress(own, 1));
            return null;
        });
        expect(java.net.UnknownHostException.class, null, () -> new Socket("no-such-host.invalid", 1));
        try (ServerSocket listener = new ServerSocket(0)) {
            expect(java.net.BindException.class, null, () -> new ServerSocket(listener.getLocalPort()));
        }
        expect(java.net.BindException.class, null, () -> new ServerSocket(0, 1, InetAddress.getByName("10.1.2.3")));
    }

    private void timeouts() throws Exception {
        try (Pair pair = new Pair();
                ServerSocket listener = new ServerSocket(0)) {
            pair.client.setSoTimeout(SHORT_MS);
            expect(
                    SocketTimeoutException.class,
                    "Read timed out",
                    () -> pair.client.getInputStream().read());
            pair.accepted.getOutputStream().write(5);
            check(pair.client.getInputStream().read() == 5, "still usable");
            listener.setSoTimeout(SHORT_MS);
            expect(SocketTimeoutException.class, "Accept timed out", listener::accept);
            check(listener.getSoTimeout() == SHORT_MS, "timeout");
        }
        try (ServerSocket full = new ServerSocket(0, 1)) {
            expect(SocketTimeoutException.class, "Connect timed out", () -> {
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
            check(socket.getTcpNoDelay(), "nodelay");
            socket.setKeepAlive(true);
            check(socket.getKeepAlive(), "keepalive");
            check(socket.getSoLinger() == -1, "linger off");
            socket.setSoLinger(true, 3);
            check(socket.getSoLinger() == 3, "linger");
            socket.setSoLinger(false, 0);
            check(socket.getSoLinger() == -1, "linger off again");
            socket.setReceiveBufferSize(100_000);
            check(socket.getReceiveBufferSize() > 0 && socket.getSendBufferSize() > 0, "buffers");
            check(listener.getReuseAddress(), "reuse address by default");
            check(!socket.getReuseAddress(), "not of clients");
            socket.setOption(StandardSocketOptions.TCP_NODELAY, false);
            check(!socket.getOption(StandardSocketOptions.TCP_NODELAY), "by option");
            check(socket.getTrafficClass() == 0, "traffic class");
            expect(SocketException.class, "Protocol not available", () -> {
                new Socket().setTrafficClass(8);
                return null;
            });
            expect(UnsupportedOperationException.class, null, () -> socket.getOption(StandardSocketOptions.IP_TOS));
            check(!listener.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY), "of servers");
            socket.close();
            expect(SocketException.class, null, socket::getTcpNoDelay);
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
                    start(() -> pair.client.getInputStream().read());
            Thread.sleep(SHORT_MS);
            ending.end(pair.client);
            expect(SocketException.class, "Socket closed", () -> unwrap(reader));
            check(pair.client.isClosed() == closed, "closed");
            check(pair.accepted.getInputStream().read() == -1, "FIN");
        }
    }

    private void closeEndsWrite() throws Exception {
        try (Pair pair = new Pair()) {
            FutureTask<Integer> writer = start(() -> {
                byte[] much = new byte[1 << 20];
                while (true) {
                    pair.client.getOutputStream().write(much);
                }
            });
            Thread.sleep(5 * SHORT_MS);
            pair.client.close();
            expect(SocketException.class, "Socket closed", () -> unwrap(writer));
        }
    }

    private void closeEndsAccept() throws Exception {
        ServerSocket listener = new ServerSocket(0);
        List<FutureTask<Socket>> accepting = List.of(start(listener::accept), start(listener::accept));
        Thread.sleep(SHORT_MS);
        listener.close();
        for (FutureTask<Socket> one : accepting) {
            expect(SocketException.class, "Socket closed", () -> unwrap(one));
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
            check(!reader.isDone(), "still reads");
            pair.accepted.getOutputStream().write(9);
            check(reader.get(2, TimeUnit.SECONDS), "reads, and is interrupted");
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
            expect(SocketException.class, "Closed by interrupt", () -> unwrap(reader));
            expect(SocketException.class, "Closed by interrupt", () -> unwrap(accepter));
            check(pair.client.isClosed() && listener.isClosed(), "closed");
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
            start(() -> {
                while (true) {
                    Socket socket = listener.accept();
                    start(() -> {
                        try (socket) {
                            return socket.getInputStream().transferTo(socket.getOutputStream());
                        }
                    });
                }
            });
            for (int i = 0; i < count; i++) {
                int number = i;
                start(() -> {
                    try (Socket socket = new Socket(own, listener.getLocalPort())) {
                        for (int round = 0; round < 20; round++) {
                            socket.getOutputStream().write(number + round & 255);
                            check(socket.getInputStream().read() == (number + round & 255), "round " + round);
                        }
                    } catch (Throwable e) {
                        problems.add(e);
                    }
                    done.countDown();
                    return null;
                });
            }
            check(done.await(LIMIT_S - 2, TimeUnit.SECONDS), done.getCount() + " are not done; " + problems);
        }
        check(problems.isEmpty(), problems.size() + " failed, first: " + (problems.isEmpty() ? "" : problems.get(0)));
    }

    private void ownLoopback() throws Exception {
        try (ServerSocket listener = new ServerSocket(0);
                Socket client = new Socket("127.0.0.1", listener.getLocalPort());
                Socket accepted = listener.accept()) {
            check(client.getInetAddress().getHostAddress().equals("127.0.0.1"), "shown");
            check(client.getLocalAddress().isLoopbackAddress(), "local");
            accepted.getOutputStream().write(3);
            check(client.getInputStream().read() == 3, "byte");
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
                check(client.getTcpNoDelay() && client.getSoTimeout() == SHORT_MS, "options are kept");
                check(accepted.getRemoteSocketAddress().equals(client.getLocalSocketAddress()), "names");
                accepted.getOutputStream().write(3);
                check(client.getInputStream().read() == 3, "byte");
                expect(
                        SocketTimeoutException.class,
                        "Read timed out",
                        () -> client.getInputStream().read());
            }
            check(FallbackReason.LOOPBACK.counted() == before + 2, "counted");
            check(Link.acceleratedSockets() != 0, "others are not");
        }
        expect(java.net.ConnectException.class, null, () -> new Socket("127.0.0.1", 1));
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
            check(accepted instanceof OwnSocket && accepted.getInputStream().read() == 4, "byte");
        }
    }

    private void urgentData() throws Exception {
        try (Pair pair = new Pair()) {
            expect(SocketException.class, "Urgent data not supported", () -> {
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
                        check(accepted.getInputStream().read() == -1, "end");
                        return;
                    } catch (SocketTimeoutException e) {
                        // not collected yet
                    }
                }
                fail("never closed");
            }
        }
    }

    private void connectAndDrop(int port) throws IOException {
        check(new Socket(own, port).isConnected(), "connected");
    }

    // ---- tools -------------------------------------------------------------------------------

    private static <T> FutureTask<T> start(Callable<T> task) {
        FutureTask<T> future = new FutureTask<>(task);
        Thread thread = new Thread(null, future, "scene", 256 * 1024);
        thread.setDaemon(true);
        thread.start();
        return future;
    }

    private static <T> T within(Callable<T> task) throws Exception {
        FutureTask<T> future = new FutureTask<>(task);
        Thread thread = new Thread(future);
        thread.setDaemon(true);
        thread.start();
        try {
            return unwrap(future);
        } catch (TimeoutException e) {
            e.setStackTrace(thread.getStackTrace());
            throw e;
        }
    }

    private static <T> T unwrap(FutureTask<T> future) throws Exception {
        try {
            return future.get(LIMIT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static void expect(Class<? extends Exception> type, String message, Callable<?> action) {
        try {
            Object result = action.call();
            fail("no " + type.getSimpleName() + " but " + result);
        } catch (Exception e) {
            boolean fits = type.isInstance(e) && (message == null || message.equals(e.getMessage()));
            if (!fits) {
                throw new IllegalStateException("expected " + type.getSimpleName() + " " + message, e);
            }
        }
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            fail(what);
        }
    }

    private static void fail(String what) {
        throw new IllegalStateException(what);
    }
}
