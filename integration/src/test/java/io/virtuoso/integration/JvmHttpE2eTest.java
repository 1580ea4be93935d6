package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** java.net.http.HttpClient, HTTP/1.1 and HTTP/2, against the JDK's server, Jetty, Tomcat and nginx, byte by byte. */
@Tag("slow")
@ParameterizedClass
@MethodSource("io.virtuoso.integration.Jdk#all")
class JvmHttpE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int PORT = 8001;
    private static final String[] SIZES = {"0", "1", "612", "16383", "65537", "300000", "3000000"};
    /** What one server's checks move at least. */
    private static final long BYTES = 6_000_000;

    private static Machine machine;

    @Parameter
    private Jdk jdk;

    @BeforeAll
    static void shouldStart() {
        machine = Machine.start();
    }

    @AfterAll
    static void shouldStop() {
        machine.close();
    }

    @Test
    void shouldFetchFromServersThatAreGuests() {
        final Guest web = machine.guest("web");
        try (Child servers = new JavaProgram(jdk, "HttpServers").start(web, "" + PORT)) {
            servers.awaitLine("serving", LIMIT);
            final Traffic traffic = Traffic.since(machine);
            final String[] all = all(web.address());
            new JavaProgram(jdk, "HttpChecks").check(machine.guest("client"), LIMIT, all);
            traffic.assertLocal(all.length / 4 * BYTES);
            final String[] some = eachServer(web.address());
            new JavaProgram(jdk, "HttpChecks").checkInKernel(machine, LIMIT, some);
            traffic.assertKernel(some.length / 4 * BYTES);
            JavaProgram.assertNoCrash(servers);
        }
    }

    @Test
    void shouldFetchFromServersOnTheKernel() {
        try (Child servers = new JavaProgram(jdk, "HttpServers").startInKernel(machine, "" + PORT)) {
            servers.awaitLine("serving", LIMIT);
            final Traffic traffic = Traffic.since(machine);
            final String[] some = eachServer(Machine.KERNEL_ADDRESS);
            new JavaProgram(jdk, "HttpChecks").check(machine.guest("client"), LIMIT, some);
            traffic.assertKernel(some.length / 4 * BYTES);
        }
    }

    @Test
    void shouldFetchFromNginxAsGuestAndOnTheKernel() {
        final Guest web = machine.guest("nginx");
        final Certificate certificate = Certificate.make(machine, jdk, web.address(), Machine.KERNEL_ADDRESS);
        try (Nginx near = Nginx.start(machine, web, certificate, SIZES);
                Nginx far = Nginx.startInKernel(machine, certificate, SIZES)) {
            final List<String> checks = new ArrayList<>();
            for (final String address : List.of(web.address(), Machine.KERNEL_ADDRESS)) {
                checks.addAll(List.of("HTTP_1_1", "HTTP_1_1", "files", "http://" + address));
                checks.addAll(List.of("HTTP_2", "HTTP_2", "files", "https://" + address));
            }
            final Traffic traffic = Traffic.since(machine);
            final JavaProgram client = new JavaProgram(jdk, "HttpChecks", certificate.options());
            client.check(machine.guest("client"), LIMIT, checks.toArray(String[]::new));
            assertTrue(near.process().isAlive() && far.process().isAlive());
            traffic.assertLocal(2 * BYTES);
            traffic.assertKernel(2 * BYTES);
        }
    }

    private static String[] all(final String address) {
        final List<String> checks = new ArrayList<>(List.of(eachServer(address)));
        add(checks, "HTTP_1_1", "HTTP_1_1", address, PORT + 1);
        add(checks, "HTTP_2", "HTTP_2", address, PORT + 2);
        add(checks, "HTTP_2", "HTTP_2", address, PORT + 3);
        return checks.toArray(String[]::new);
    }

    /** @return arguments of HttpChecks that try each server once */
    static String[] eachServer(final String address) {
        final List<String> checks = new ArrayList<>();
        add(checks, "HTTP_2", "HTTP_1_1", address, PORT); // the JDK's server knows the old one only
        add(checks, "HTTP_2", "HTTP_2", address, PORT + 1);
        add(checks, "HTTP_1_1", "HTTP_1_1", address, PORT + 2);
        add(checks, "HTTP_1_1", "HTTP_1_1", address, PORT + 3);
        return checks.toArray(String[]::new);
    }

    private static void add(
            final List<String> checks,
            final String asked,
            final String answered,
            final String address,
            final int port) {
        checks.addAll(List.of(asked, answered, "echo", "http://" + address + ":" + port));
    }
}
