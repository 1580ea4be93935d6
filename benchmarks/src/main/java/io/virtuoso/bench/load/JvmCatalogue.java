package io.virtuoso.bench.load;

import io.virtuoso.bench.load.BenchCase.Unit;
import java.util.ArrayList;
import java.util.List;

/**
 * The cases of {@code bench jvm}: each program on the oldest and the newest JDK that guests may have. Their names begin
 * with the JDK.
 */
final class JvmCatalogue {
    private static final String BENCHMARK = "jvm";
    private static final int OLDEST = 17;
    private static final int NEWEST = 25;
    private static final int FIRST_WITH_VIRTUAL = 21;
    private static final int MESSAGE_BYTES = 64;
    private static final int HTTP_PORT = 7300;
    private static final int NETTY_HTTP_PORT = 7310;
    private static final int ECHO_PORT = 7320;
    private static final int NETTY_ECHO_PORT = 7330;
    private static final String HTTP = "http";
    private static final String ECHO = "echo";

    private JvmCatalogue() {}

    static List<BenchCase> cases() {
        final List<BenchCase> cases = new ArrayList<>();
        for (final int jdk : List.of(OLDEST, NEWEST)) {
            cases.addAll(httpCases(jdk));
            cases.addAll(echoCases(jdk));
        }
        return cases;
    }

    /** One for each JDK: between them a selector and blocking sockets, a native client and one that is a JVM. */
    static List<BenchCase> briefCases() {
        return List.of(http(OLDEST, "netty HTTP", nettyHttp(OLDEST), 32), pair(NEWEST, 32));
    }

    private static List<BenchCase> httpCases(final int jdk) {
        final List<BenchCase> cases = new ArrayList<>();
        cases.add(http(jdk, "HttpServer pool", jdkHttp(jdk, "pool"), 32));
        if (jdk >= FIRST_WITH_VIRTUAL) {
            cases.add(http(jdk, "HttpServer virtual", jdkHttp(jdk, "virtual"), 32));
        }
        for (final int connections : List.of(1, 32, 128)) {
            cases.add(http(jdk, "netty HTTP", nettyHttp(jdk), connections));
        }
        for (final int connections : List.of(32, 128)) {
            cases.add(http(jdk, "netty HTTP native", JvmPrograms.nativeNetty(jdk, HTTP, NETTY_HTTP_PORT), connections));
        }
        return cases;
    }

    private static List<BenchCase> echoCases(final int jdk) {
        final List<BenchCase> cases = new ArrayList<>();
        for (final int connections : List.of(1, 32, 128)) {
            cases.add(echo(jdk, "Socket echo", socketEcho(jdk), connections));
        }
        for (final int connections : List.of(1, 32, 128)) {
            cases.add(echo(jdk, "netty echo", nettyEcho(jdk), connections));
        }
        final ServerProgram nativeEcho = JvmPrograms.nativeNetty(jdk, ECHO, NETTY_ECHO_PORT);
        cases.add(echo(jdk, "netty echo native", nativeEcho, 32));
        for (final int connections : jdk >= FIRST_WITH_VIRTUAL ? List.of(1, 32, 128, 1000) : List.of(1, 32, 128)) {
            cases.add(pair(jdk, connections));
        }
        return cases;
    }

    private static ServerProgram jdkHttp(final int jdk, final String threads) {
        return JvmPrograms.server(jdk, "httpserver-" + threads, HTTP_PORT, "JdkHttpServer", threads);
    }

    private static ServerProgram nettyHttp(final int jdk) {
        return JvmPrograms.server(jdk, "netty-http-nio", NETTY_HTTP_PORT, "NettyServer", HTTP, "nio");
    }

    private static ServerProgram nettyEcho(final int jdk) {
        return JvmPrograms.server(jdk, "netty-echo-nio", NETTY_ECHO_PORT, "NettyServer", ECHO, "nio");
    }

    private static ServerProgram socketEcho(final int jdk) {
        return JvmPrograms.server(jdk, "socket-echo", ECHO_PORT, "BlockingEchoServer");
    }

    private static BenchCase http(final int jdk, final String name, final ServerProgram server, final int connections) {
        return of(jdk, name, server, connections, new WrkLoad(server.port(), connections, "/", true));
    }

    private static BenchCase echo(final int jdk, final String name, final ServerProgram server, final int connections) {
        final List<String> options = List.of("--size", "" + MESSAGE_BYTES, "--connections", "" + connections);
        return of(jdk, name, server, connections, new OwnLoad("rpc client", options, server.port(), "operations"));
    }

    /** Both ends are JVMs with a blocking thread for each connection, virtual ones where the JDK has them. */
    private static BenchCase pair(final int jdk, final int connections) {
        final String name = jdk >= FIRST_WITH_VIRTUAL ? "virtual threads, both ends" : "platform threads, both ends";
        final Load load = new JvmClientLoad(JvmPrograms.client(jdk, ECHO_PORT), MESSAGE_BYTES, connections);
        return of(jdk, name, socketEcho(jdk), connections, load);
    }

    private static BenchCase of(
            final int jdk, final String name, final ServerProgram server, final int connections, final Load load) {
        return new BenchCase(BENCHMARK, jdk + " " + name + " c" + connections, Unit.OPERATIONS, server, load);
    }
}
