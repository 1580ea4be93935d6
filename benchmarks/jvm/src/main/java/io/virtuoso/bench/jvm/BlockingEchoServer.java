package io.virtuoso.bench.jvm;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ThreadFactory;

/** Echoes with {@link Socket}, one thread for each connection. Argument: the port. */
public final class BlockingEchoServer {
    private static final int BACKLOG = 4096;
    private static final int BUFFER_BYTES = 16 << 10;

    private BlockingEchoServer() {}

    /** Serves until the JVM is ended. */
    public static void main(String... arguments) throws IOException {
        ThreadFactory threads = BlockingThreads.factory();
        try (ServerSocket listener = new ServerSocket()) {
            listener.bind(new InetSocketAddress(Integer.parseInt(arguments[0])), BACKLOG);
            while (true) {
                Socket connection = listener.accept();
                threads.newThread(() -> serve(connection)).start();
            }
        }
    }

    private static void serve(Socket connection) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (connection) {
            connection.setTcpNoDelay(true);
            InputStream in = connection.getInputStream();
            OutputStream out = connection.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                out.write(buffer, 0, count);
            }
        } catch (IOException e) {
            // The peer went in the middle of an echo: load generators end so.
        }
    }
}
