package io.virtuoso.guest.netty;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The host stack that this test's JVM is a guest of: a process of its own with one guest and no way to any other
 * machine. Started before the first socket; it ends with this JVM, and after an hour in any case.
 */
final class HostStackProcess implements AutoCloseable {
    /** This guest's address; no kernel has it, so what is bound to it is the host stack's. */
    static final InetAddress ADDRESS = address(new byte[] {10, 88, 0, 5});

    private static final long READY_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);

    private final Process process;

    private HostStackProcess(Process process) {
        this.process = process;
    }

    static HostStackProcess start() {
        try {
            Path folder = Path.of(System.getProperty("virtuoso.run.directory"));
            Path jars = Path.of(System.getProperty("virtuoso.host.stack"));
            Path log = Files.createDirectories(folder).resolve("host-stack.log");
            Path config = Files.writeString(folder.resolve("config.yaml"), """
                    networks:
                      - {name: test, vni: 1, subnet: 10.88.0.0/16, subnet6: 'fd00:88::/64'}
                    guests:
                      - {name: netty, network: test, address: 10.88.0.5}
                    """);
            ProcessBuilder builder = new ProcessBuilder(List.of(
                    "timeout",
                    "-k",
                    "1",
                    "3600",
                    System.getProperty("virtuoso.host.java"),
                    "--add-opens",
                    "java.base/jdk.internal.misc=ALL-UNNAMED",
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC",
                    "-Xmx512m",
                    "-cp",
                    jars.resolve("virtuoso-host-stack-0.1.0-SNAPSHOT.jar") + ":" + jars.resolve("lib") + "/*",
                    "io.virtuoso.host.HostMain",
                    "-c",
                    config.toString()));
            builder.environment().put("VIRTUOSO_RUN_DIR", folder.toString());
            builder.redirectErrorStream(true).redirectOutput(log.toFile());
            HostStackProcess made = new HostStackProcess(builder.start());
            Runtime.getRuntime().addShutdownHook(new Thread(made::close, "end-host-stack"));
            made.awaitReady(log);
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitReady(Path log) throws IOException {
        long start = System.nanoTime();
        while (!Files.readString(log).contains("virtuoso ready")) {
            if (!process.isAlive() || System.nanoTime() - start > READY_LIMIT_NANOS) {
                throw new IllegalStateException("the host stack did not start:\n" + Files.readString(log));
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
