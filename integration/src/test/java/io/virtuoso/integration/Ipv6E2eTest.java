package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Debian's nginx, redis and curl, and Java's servers of HTTP, over IPv6: between guests, and with the machine's kernel both ways. */
@Tag("slow")
class Ipv6E2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String KERNEL = HostStack.ipv6(Machine.KERNEL_ADDRESS);
    private static final String[] SIZES = {"0", "612", "65537", "20000000"};

    private static HostStack machine;
    private static Guest client;

    @BeforeAll
    static void shouldStart() {
        machine = HostStack.startWithIpv6();
        client = machine.guest("client");
    }

    @AfterAll
    static void shouldStop() {
        machine.close();
    }

    private static String fetch(final String address, final String size, final String file) {
        return "set -o pipefail; curl -6 -sS --fail --max-time 100 'http://[" + address + "]/" + size + "' | cmp - "
                + file;
    }

    @Test
    void shouldServeFilesByteExact() {
        final Guest web = machine.guest("web");
        final String address = HostStack.ipv6(web.address());
        try (Nginx nginx = Nginx.startDual(machine, web, SIZES)) {
            for (final String size : SIZES) {
                client.check(LIMIT, "bash", "-c", fetch(address, size, nginx.file(size)));
                machine.checkInKernel(LIMIT, "bash", "-c", fetch(address, size, nginx.file(size)));
            }
            final String named = "curl -6 -sS --fail --max-time 100 http://web/612 | cmp - " + nginx.file("612");
            client.check(LIMIT, "bash", "-c", "set -o pipefail; " + named);
            final String sockets = machine.ask("ss");
            assertTrue(sockets.contains("[::]:80"), sockets);
        }
    }

    @Test
    void shouldFetchFilesFromTheKernelByteExact() {
        try (Nginx nginx = Nginx.startDualInKernel(machine, SIZES)) {
            for (final String size : SIZES) {
                client.check(LIMIT, "bash", "-c", fetch(KERNEL, size, nginx.file(size)));
            }
        }
    }

    @Test
    void shouldServeRedisByItsDualListener() {
        final Guest store = machine.guest("store");
        final String folder = machine.folder("redis").toString();
        final List<String> options = List.of("--port", "6379", "--protected-mode", "no", "--save", "", "--dir", folder);
        final String[] command = Stream.concat(Stream.of("redis-server", "--bind", "0.0.0.0", "::"), options.stream())
                .toArray(String[]::new);
        try (Child server = store.start(command)) {
            machine.awaitPort(store, 6379);
            final String address = HostStack.ipv6(store.address());
            assertEquals(
                    "OK",
                    client.check(LIMIT, "redis-cli", "-h", address, "set", "a", "b")
                            .strip());
            assertEquals(
                    "b",
                    machine.checkInKernel(LIMIT, "redis-cli", "-h", address, "get", "a")
                            .strip());
            final String[] benchmark = {"redis-benchmark", "-h", address, "-q", "-n", "20000", "-c", "20", "-t", "get"};
            machine.checkInKernel(LIMIT, benchmark);
            client.check(LIMIT, benchmark);
            assertTrue(server.isAlive());
        }
    }

    /** The JDK's server, Jetty and Tomcat, for java.net.http in a guest and on the kernel, and on the kernel for a guest. */
    @ParameterizedTest
    @MethodSource("io.virtuoso.integration.Jdk#all")
    void shouldServeAndFetchInJvms(final Jdk jdk) {
        final Guest web = machine.guest("jvm-web");
        final String[] here = JvmHttpE2eTest.eachServer("[" + HostStack.ipv6(web.address()) + "]");
        final String[] there = JvmHttpE2eTest.eachServer("[" + KERNEL + "]");
        try (Child servers = new JavaProgram(jdk, "HttpServers").start(web, "8001");
                Child kernels = new JavaProgram(jdk, "HttpServers").startInKernel(machine, "8001")) {
            servers.awaitLine("serving", LIMIT);
            kernels.awaitLine("serving", LIMIT);
            final JavaProgram checks = new JavaProgram(jdk, "HttpChecks");
            checks.check(machine.guest("jvm-client"), LIMIT, here);
            checks.checkInKernel(machine, LIMIT, here);
            checks.check(machine.guest("jvm-client"), LIMIT, there);
            JavaProgram.assertNoCrash(servers);
        }
    }

    @Test
    void shouldSayWhereNobodyListens() {
        final String address = HostStack.ipv6(client.address());
        try (Child peer = client.start(Repository.program("conformance"), "--peer")) {
            peer.awaitLine("peer ready", LIMIT);
            final Shell.Result refused =
                    Shell.run(LIMIT, machine.inKernel(List.of("curl", "-6", "-sS", "http://[" + address + "]:81/")));
            assertEquals(7, refused.status(), refused.output()); // which curl says of a refused connect
        }
    }

    @Test
    void shouldKnowGuestsByNameInBothFamilies() {
        final Guest web = machine.guest("named");
        final String address = HostStack.ipv6(web.address());
        assertEquals(address, firstWord(client.check(LIMIT, "getent", "ahostsv6", "named")));
        final String all = client.check(LIMIT, "getent", "ahosts", "named");
        assertEquals(web.address(), firstWord(all));
        assertTrue(all.contains(address), all);
        final String guests = machine.ask("guests");
        assertTrue(guests.contains(web.address() + " " + address), guests);
    }

    private static String firstWord(final String output) {
        return output.strip().split(" ", 2)[0];
    }
}
