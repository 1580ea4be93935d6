package io.virtuoso.conformance;

import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.same;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What needs a JVM of its own, and what such a JVM does. */
final class Children {
    private Children() {}

    /** Starts a JVM like this one, with more options perhaps, which must succeed. */
    static void run(final String what, final String... options) throws Exception {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "--child"));
        command.addAll(List.of(what.split(" ", -1)));
        final Process child =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        Support.keep(child::destroyForcibly);
        child.getOutputStream().close();
        final Job reader = Support.job(() -> {
            final String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            same(output, "");
        });
        check(child.waitFor(80, TimeUnit.SECONDS), "the JVM does not end");
        reader.join();
        same(child.exitValue(), 0);
    }

    /** In the child. */
    static void main(final String[] words) throws Exception {
        switch (words[1]) {
            case "factory":
                factory();
                break;
            case "leaves-all-open":
                leaveAllOpen();
                break;
            case "open-and-close":
                new Scope(false).startCase(Load::openAndClose).join(60_000);
                break;
            case "connect-and-exit":
                new Socket(own(), Integer.parseInt(words[2])).getOutputStream().write('c');
                System.exit(0);
                break;
            case "ipv4-stack":
                new Scope(false).startCase(Ipv6::inIpv4Stack).join(60_000);
                break;
            case "ipv6-first":
                new Scope(false).startCase(Ipv6::inIpv6First).join(60_000);
                break;
            default:
                throw new IllegalArgumentException(words[1]);
        }
    }

    @SuppressWarnings("deprecation")
    private static void factory() throws IOException {
        final ServerSocket before = new ServerSocket(0, 5, own());
        Socket.setSocketImplFactory(Implementations.Canned::new);
        fails(
                SocketException.class,
                "factory already defined",
                () -> Socket.setSocketImplFactory(Implementations.Canned::new));
        try (Socket canned = new Socket()) {
            canned.connect(own(5));
            same(canned.getInputStream().readNBytes(6).length, 6);
        }
        ServerSocket.setSocketFactory(Implementations.Canned::new);
        try (ServerSocket canned = new ServerSocket()) {
            canned.bind(own(0));
            same(canned.getLocalPort(), 4711);
            fails(IOException.class, "accepts nobody", canned::accept);
        }
        try (SocketChannel channel = SocketChannel.open(before.getLocalSocketAddress())) {
            check(channel.isConnected(), "channels know no factory");
        }
    }

    /** Threads of the sockets' own must not keep the JVM. */
    private static void leaveAllOpen() throws Exception {
        final ServerSocket listener = new ServerSocket(0, 5, own());
        final Socket client = new Socket(own(), listener.getLocalPort());
        final Socket server = listener.accept();
        client.getOutputStream().write(1);
        same(server.getInputStream().read(), 1);
        final Selector selector = Selector.open();
        final ServerSocketChannel channel = ServerSocketChannel.open().bind(own(0));
        channel.configureBlocking(false);
        channel.register(selector, channel.validOps());
        selector.selectNow();
        final AsynchronousSocketChannel async = AsynchronousSocketChannel.open();
        async.connect(listener.getLocalSocketAddress()).get();
        async.read(java.nio.ByteBuffer.allocate(1));
    }
}
