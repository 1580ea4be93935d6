package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * BIND as a guest, unmodified: it listens on the guest's addresses, which it looks for among the interfaces, with several
 * sockets for each; its control channel is on the loopback.
 */
class NameServerE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int NAMES = 3_000;

    private static HostStack host;
    private static Guest names;
    private static Guest client;
    private static Path folder;
    private static Child server;

    @BeforeAll
    static void shouldStart() throws IOException {
        host = HostStack.startWithIpv6();
        names = host.guest("names");
        client = host.guest("client");
        folder = host.folder("bind");
        writeZone("192.0.2.7");
        Files.writeString(
                folder.resolve("named.conf"), """
                options {
                  directory "%1$s"; pid-file "%1$s/pid"; session-keyfile "%1$s/session"; managed-keys-directory "%1$s";
                  listen-on { %2$s; }; listen-on-v6 { %3$s; };
                  recursion no; dnssec-validation no; allow-transfer { any; };
                };
                include "%1$s/key";
                controls { inet 127.0.0.1 port 953 allow { 127.0.0.1; } keys { control; }; };
                zone "test" { type primary; file "%1$s/zone"; };
                """.formatted(folder, names.address(), HostStack.ipv6(names.address())));
        final String key = "key control { algorithm hmac-sha256; secret \"c2VjcmV0IGZvciBhIHRlc3Qgb2YgZ3Vlc3Rz\"; };\n";
        Files.writeString(folder.resolve("key"), key);
        Files.writeString(
                folder.resolve("rndc.conf"),
                key + "options { default-key control; default-server 127.0.0.1; default-port 953; };\n");
        server = names.start(
                "/usr/sbin/named", "-g", "-c", folder.resolve("named.conf").toString());
        server.awaitLine(" running", LIMIT);
        server.awaitLine("all zones loaded", LIMIT); // by another thread, before or after
    }

    @AfterAll
    static void shouldStop() {
        server.close();
        host.close();
    }

    private static void writeZone(final String address) throws IOException {
        final String many = IntStream.range(0, NAMES)
                .mapToObj(i -> "n" + i + " IN TXT \"" + "x".repeat(200) + "\"\n")
                .collect(Collectors.joining());
        Files.writeString(
                folder.resolve("zone"),
                "$TTL 60\n@ IN SOA ns a 1 3600 600 86400 60\n@ IN NS ns\nns IN A " + address + "\n" + many);
    }

    private static String dig(final List<String> command) {
        return Shell.check(LIMIT, command).strip();
    }

    static Stream<String> addresses() {
        return Stream.of(names.address(), HostStack.ipv6(names.address()));
    }

    @ParameterizedTest
    @MethodSource("addresses")
    void shouldAnswerGuestsAndTheKernel(final String address) {
        for (final String transport : List.of("+notcp", "+tcp")) {
            final List<String> ask =
                    List.of("dig", "+short", "+tries=10", "+time=5", transport, "@" + address, "n7.test", "TXT");
            for (final List<String> command : List.of(client.commandLine(ask), host.inKernel(ask))) {
                assertEquals("\"" + "x".repeat(200) + "\"", dig(command), command::toString);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("addresses")
    void shouldTransferAZone(final String address) {
        final List<String> ask = List.of("dig", "+noall", "+answer", "@" + address, "test", "AXFR");
        for (final List<String> command : List.of(client.commandLine(ask), host.inKernel(ask))) {
            assertEquals(NAMES + 4, dig(command).lines().count(), command::toString);
        }
    }

    /** The control program binds to any address before it connects to the loopback, where only the server listens. */
    @Test
    void shouldBeControlledByTheLoopback() throws IOException {
        writeZone("192.0.2.8");
        final String control = folder.resolve("rndc.conf").toString();
        names.check(LIMIT, "/usr/sbin/rndc", "-c", control, "reload");
        server.awaitLine("zone test/IN: loaded serial 1", LIMIT);
        assertTrue(names.check(LIMIT, "/usr/sbin/rndc", "-c", control, "status").contains("server is up and running"));
    }
}
