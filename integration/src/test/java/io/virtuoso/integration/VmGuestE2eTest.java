package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Virtual machines without a network card serve memcached and nginx, and use them; every byte is checked. */
@Tag("slow")
class VmGuestE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String[] SIZES = {"0", "1", "612", "16383", "65537", "300000", "3000000"};
    private static final String[] SMALLER = {"0", "1", "612", "65537", "300000"};
    private static final int CACHE_PORT = 11211;

    private static HostStack host;
    private static GuestMachine server;
    private static String nginx;

    @BeforeAll
    static void shouldServeFromAMachine() {
        host = HostStack.start();
        nginx = Nginx.prepare(host, "vm", SIZES).toString();
        server = startServer();
    }

    private static GuestMachine startServer() {
        final String script = "memcached -u root -I 2m -t 2 & nginx -p " + nginx + "/ -c nginx.conf & exec sleep 3000";
        final List<String> options = List.of("--add", "/usr/bin/memcached", "--add", "/usr/sbin/nginx", "--add", nginx);
        return GuestMachine.start(host, "server", options, script).awaitPorts(CACHE_PORT, Nginx.PORT);
    }

    @AfterAll
    static void shouldStop() {
        server.close();
        host.close();
    }

    @AfterEach
    void shouldServeAfterwards() {
        assertTrue(host.isAlive(), host::log);
    }

    /** Each has keys of its own. */
    private static String[] verifyCache(final int seed) {
        return new String[] {
            Repository.program("mcverify"), server.guest().address(), "" + CACHE_PORT, "16", "5", "" + seed
        };
    }

    private static String[] verifyFiles(final String keepAlive) {
        final String address = server.guest().address();
        final List<String> command =
                List.of(Repository.program("httpverify"), address, "" + Nginx.PORT, "2", "2", keepAlive);
        return Stream.concat(command.stream(), List.of(SMALLER).stream()).toArray(String[]::new);
    }

    @Test
    void shouldServeGuestsOfThisMachine() {
        final Traffic traffic = Traffic.since(host);
        final Guest client = host.guest("client");
        client.check(LIMIT, verifyCache(1));
        client.check(LIMIT, verifyFiles("1"));
        client.check(LIMIT, verifyFiles("0"));
        traffic.assertLocal(1_000_000);
    }

    @Test
    void shouldServeTheKernelOfThisMachine() {
        final Traffic traffic = Traffic.since(host);
        host.checkInKernel(LIMIT, verifyCache(2));
        host.checkInKernel(LIMIT, verifyFiles("1"));
        host.checkInKernel(LIMIT, verifyFiles("0"));
        traffic.assertKernel(1_000_000);
    }

    @Test
    void shouldServeAJvmThatIsAGuest() {
        final String address = "http://" + server.guest().address();
        new JavaProgram(Jdk.newest(), "HttpChecks")
                .check(host.guest("java"), LIMIT, "HTTP_1_1", "HTTP_1_1", "files", address);
    }

    @Test
    void shouldServeAnotherMachine() {
        final List<String> options =
                List.of("--add", Path.of(verifyCache(3)[0]).toString(), "--add", verifyFiles("1")[0]);
        final String script = String.join(" ", verifyCache(3)) + " && " + String.join(" ", verifyFiles("1"));
        final Traffic traffic = Traffic.since(host);
        try (GuestMachine client = GuestMachine.start(host, "another", options, script)) {
            client.awaitSuccess();
        }
        traffic.assertLocal(1_000_000);
    }
}
