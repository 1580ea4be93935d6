package io.virtuoso.bench.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How the Java programs of {@code benchmarks/jvm} are started, each on a JDK of one's choice. */
final class JvmPrograms {
    private static final String PACKAGE = "io.virtuoso.bench.jvm.";
    private static final String NETTY_TRANSPORT = "guest-shim-jvm/netty/target/virtuoso-guest-netty.jar";

    private JvmPrograms() {}

    /** @return a server, the same program on both sides */
    static ServerProgram server(
            final int feature, final String name, final int port, final String main, final String... arguments) {
        return new ServerProgram("jdk" + feature + "-" + name, port, true, needs(feature), (tools, dir, side) -> {
            WrkLoad.prepare(dir);
            return command(feature, tools, main, port, List.of(arguments));
        });
    }

    /** @return a server of netty's on the native transport of its side: epoll, or virtuoso-guest-netty */
    static ServerProgram nativeNetty(final int feature, final String kind, final int port) {
        final String name = "jdk" + feature + "-netty-" + kind + "-native";
        return new ServerProgram(name, port, true, tools -> missingTransport(feature, tools), (tools, dir, side) -> {
            WrkLoad.prepare(dir);
            return command(feature, tools, "NettyServer", port, List.of(kind, side.nettyTransport()));
        });
    }

    /** @return a client that stays up */
    static ServerProgram client(final int feature, final int port) {
        return new ServerProgram(
                "jdk" + feature + "-client-" + port, port, true, needs(feature), (tools, dir, side) -> {
                    final List<String> command = command(feature, tools, "EchoClient", port, List.of());
                    command.add(command.size() - 1, side.serverAddress());
                    return command;
                });
    }

    private static List<String> command(
            final int feature, final Path tools, final String main, final int port, final List<String> arguments)
            throws IOException {
        final Path jdk = Jdks.find(feature).orElseThrow(() -> new IOException("no JDK " + feature));
        final List<String> command = new ArrayList<>();
        command.add(jdk.resolve("bin/java").toString());
        command.addAll(List.of("-Xms256m", "-Xmx256m", "-XX:-UsePerfData"));
        command.addAll(List.of("-cp", classPath(tools), PACKAGE + main, String.valueOf(port)));
        command.addAll(arguments);
        return command;
    }

    private static String classPath(final Path tools) throws IOException {
        final Path built = benchmarks(tools).resolve("jvm/target");
        final Path jar = built.resolve("virtuoso-benchmarks-jvm.jar");
        if (!Files.isReadable(jar)) {
            throw new IOException(jar + " is missing: build the project first");
        }
        return jar + ":" + built.resolve("lib") + "/*:" + nettyTransport(tools);
    }

    private static Path benchmarks(final Path tools) {
        return tools.toAbsolutePath().normalize().getParent().getParent();
    }

    private static Path nettyTransport(final Path tools) {
        return benchmarks(tools).resolveSibling(NETTY_TRANSPORT);
    }

    private static ServerProgram.Requirement needs(final int feature) {
        return _ -> Jdks.find(feature).isPresent() ? Optional.empty() : Optional.of("no JDK " + feature + " was found");
    }

    private static Optional<String> missingTransport(final int feature, final Path tools) {
        return needs(feature)
                .missing(tools)
                .or(() -> Files.isReadable(nettyTransport(tools))
                        ? Optional.empty()
                        : Optional.of(NETTY_TRANSPORT + " is not built"));
    }
}
