package io.virtuoso.apps;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Echoes over the connection that it was started with as its standard input, or over one of such a listener. What it saw
 * it writes into the file that its argument names, since the end of such a channel is that of standard output, too. With
 * a second argument it leaves all that to another JVM, which it starts.
 */
final class InheritedEcho {
    private final StringBuilder report = new StringBuilder();

    private InheritedEcho() {}

    public static void main(final String[] arguments) throws IOException, InterruptedException {
        if (arguments.length > 1) {
            System.exit(passOn(arguments[0]));
        }
        final InheritedEcho program = new InheritedEcho();
        program.run();
        Files.writeString(Path.of(arguments[0]), program.report);
    }

    private static int passOn(final String report) throws IOException, InterruptedException {
        final String java = ProcessHandle.current().info().command().orElseThrow();
        final String classPath = System.getProperty("java.class.path");
        return new ProcessBuilder(java, "-cp", classPath, InheritedEcho.class.getName(), report)
                .inheritIO()
                .start()
                .waitFor();
    }

    private void run() throws IOException {
        final Channel channel = System.inheritedChannel();
        if (channel != System.inheritedChannel()) {
            throw new IllegalStateException("another one the second time");
        }
        if (channel instanceof final ServerSocketChannel listener) {
            say("listens on " + nameOf(listener.getLocalAddress()));
            say(listener.isBlocking() ? "blocks" : "does not block");
            try (SocketChannel connection = listener.accept()) {
                echo(connection);
            }
        } else if (channel instanceof final SocketChannel connection) {
            say("is " + nameOf(connection.getLocalAddress()));
            say("talks to "
                    + ((InetSocketAddress) connection.getRemoteAddress())
                            .getAddress()
                            .getHostAddress());
            say(connection.isBlocking() && connection.isConnected() ? "blocks" : "does not block");
            echo(connection);
        } else {
            throw new IllegalStateException("inherited " + channel);
        }
        channel.close();
        say("standard input is " + Files.readSymbolicLink(Path.of("/proc/self/fd/0")));
    }

    private void say(final String line) {
        report.append(line).append('\n');
    }

    private static String nameOf(final SocketAddress address) {
        final InetSocketAddress name = (InetSocketAddress) address;
        return name.getAddress().getHostAddress() + ":" + name.getPort();
    }

    private static void echo(final SocketChannel connection) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate(4096);
        while (connection.read(bytes) >= 0) {
            bytes.flip();
            while (bytes.hasRemaining()) {
                connection.write(bytes);
            }
            bytes.clear();
        }
    }
}
