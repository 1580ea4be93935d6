package io.virtuoso.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The host stack as a process of its own: what its users and scripts see. */
@Timeout(300)
class HostMainTest {
    @TempDir
    private Path directory;

    private final List<Process> started = new ArrayList<>();
    private Path config;

    @BeforeEach
    void writeConfiguration() throws IOException {
        config = directory.resolve("c.yaml");
        Files.writeString(config, """
                networks: [{name: default, vni: 1, subnet: 10.88.0.0/16}]
                guests: [{name: web, network: default, address: 10.88.0.2}]
                """);
    }

    @AfterEach
    void killAll() {
        started.forEach(Process::destroyForcibly);
    }

    private Process start(String... arguments) throws IOException {
        return start(HostMain.class, arguments);
    }

    private Process start(Class<?> program, String... arguments) throws IOException {
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        final ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("VIRTUOSO_RUN_DIR", directory.resolve("run").toString());
        final Process process = builder.start();
        started.add(process);
        return process;
    }

    private static int exitStatus(Process process) throws InterruptedException {
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "ends by itself");
        return process.exitValue();
    }

    @Test
    void shouldServeOnceInARunDirectoryUntilItIsTerminated() throws IOException, InterruptedException {
        final Process first = start("-c", config.toString());
        final BufferedReader output = first.inputReader(StandardCharsets.UTF_8);
        assertEquals("virtuoso ready", output.readLine());
        final Path sockets = directory.resolve("run/guests");
        assertTrue(Files.exists(sockets.resolve("web.sock")));

        final Process second = start("-c", config.toString());
        assertEquals(1, exitStatus(second));
        final String error = second.errorReader(StandardCharsets.UTF_8).readLine();
        assertTrue(error.contains("another host stack (pid " + first.pid() + ") runs at"), error);

        first.toHandle().destroy();
        assertEquals(0, exitStatus(first));
        assertNull(output.readLine(), "nothing but the one line on stdout");
        assertTrue(Files.notExists(sockets.resolve("web.sock")));
        assertTrue(Files.notExists(directory.resolve("run/control.sock")));
    }

    @Test
    void shouldRefuseABadConfigurationInOneLine() throws IOException, InterruptedException {
        Files.writeString(config, "networks:\n  - {name: a, vni: 1, subnet: 10.0.0.0/33}\n");
        final Process process = start("-c", config.toString());
        assertEquals(2, exitStatus(process));
        assertEquals(
                List.of(config + ":2: bad subnet '10.0.0.0/33';"
                        + " give a network address with a prefix of 1 to 30, such as 10.1.0.0/24"),
                process.errorReader(StandardCharsets.UTF_8).lines().toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2 | 'networks:\\n  - {name: a, vni: 1, subnet: 10.1.0.0/24, port: {kind: packet, interface: nosuch0}}'
            3 | 'networks:\\n  - {name: a, vni: 1, subnet: 10.1.0.0/24,\\n     port: {kind: xdp, interface: nosuch0}}'
            2 | 'uplink: {address: 192.0.2.1/24,\\n  port: {kind: packet, interface: nosuch0}}\\nnetworks: [{name: a, vni: 1, subnet: 10.1.0.0/24}]'
            3 | 'underlays:\\n - {name: u, address: 192.0.2.1/24,\\n    port: {kind: packet, interface: nosuch0}}\\nnetworks: [{name: a, vni: 1, subnet: 10.1.0.0/24}]'
            """)
    void shouldNameTheLineOfAPortThatCannotBeOpened(int line, String text) throws IOException, InterruptedException {
        Files.writeString(config, text.replace("\\n", "\n"));
        final Process process = start("-c", config.toString());
        assertEquals(1, exitStatus(process));
        final List<String> said =
                process.errorReader(StandardCharsets.UTF_8).lines().toList();
        assertEquals(List.of("virtuoso: " + config + ":" + line + ": there is no interface nosuch0"), said);
    }

    @Test
    void shouldEndWithAnyOfItsThreads() throws IOException, InterruptedException {
        final Process process = start(FaultyProgram.class);
        assertEquals(70, exitStatus(process));
        final String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(said.contains("AssertionError: on purpose"), said);
    }

    @Test
    void shouldRefuseUnknownArguments() throws IOException, InterruptedException {
        assertEquals(2, exitStatus(start("--frobnicate")));
    }
}
