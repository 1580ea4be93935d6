package io.virtuoso.bench.jvm;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/** The JDK's HTTP server with a short text. Arguments: the port, and {@code pool} or {@code virtual} threads. */
public final class JdkHttpServer {
    private static final int BACKLOG = 4096;
    private static final int POOL_THREADS = 8;
    private static final byte[] TEXT = "Hello, World!".getBytes(StandardCharsets.US_ASCII);

    private JdkHttpServer() {}

    /** Serves until the JVM is ended. */
    public static void main(String... arguments) throws IOException {
        // Else head and body, two writes, wait for each other's acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(arguments[0])), BACKLOG);
        server.createContext("/", JdkHttpServer::answer);
        server.setExecutor(executor(arguments[1]));
        server.start();
    }

    private static Executor executor(String kind) {
        if (kind.equals("pool")) {
            return Executors.newFixedThreadPool(POOL_THREADS);
        }
        ThreadFactory threads = BlockingThreads.factory();
        return task -> threads.newThread(task).start();
    }

    private static void answer(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/plain");
        exchange.sendResponseHeaders(200, TEXT.length);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(TEXT);
        }
    }
}
