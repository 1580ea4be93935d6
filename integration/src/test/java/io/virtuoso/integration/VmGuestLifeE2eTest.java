package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Virtual machines whose programs are guests are killed, paused, and left by their host stack. */
@Tag("slow")
class VmGuestLifeE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int PORT = 11211;

    private final HostStack host = HostStack.start();
    private final Path monitor = host.folder("vm").resolve("monitor");
    private GuestMachine server = startServer();
    private int seed;

    private GuestMachine startServer() {
        final List<String> options = List.of(
                "--add",
                "/usr/bin/memcached",
                "--qemu",
                "-monitor",
                "--qemu",
                "unix:" + monitor + ",server=on,wait=off");
        return GuestMachine.start(host, "server", options, "exec memcached -u root -I 2m")
                .awaitPorts(PORT);
    }

    @BeforeEach
    void shouldServe() {
        verify(host.guest("client"));
    }

    @AfterEach
    void shouldServeAfterwards() {
        assertTrue(host.isAlive(), host::log);
        server.close();
        host.close();
    }

    private void verify(final Guest client) {
        client.check(LIMIT, Repository.program("mcverify"), server.guest().address(), "" + PORT, "8", "3", "" + ++seed);
    }

    /** @return a guest's program with a connection, which says when it is over */
    private Child hold(final String guest) {
        final String program = """
                import socket
                connection = socket.create_connection(("%s", %d))
                print("held", flush=True)
                try:
                    print("over", connection.recv(1), flush=True)
                except OSError as error:
                    print("over", error, flush=True)
                """.formatted(server.guest().address(), PORT);
        final Child holder = host.guest(guest).start("python3", "-c", program);
        holder.awaitLine("held", LIMIT);
        return holder;
    }

    /** Its peers hear of it, nothing is left, and it is replaced. */
    @Test
    void shouldForgetAMachineThatIsKilled() {
        try (Child holder = hold("holder")) {
            server.kill();
            holder.awaitLine("over", LIMIT);
        }
        final long end = System.nanoTime() + LIMIT.toNanos();
        while (host.ask("ss").lines().anyMatch(line -> line.contains("server/"))) {
            assertTrue(System.nanoTime() < end, () -> host.ask("ss"));
            Child.pause(20);
        }
        server = startServer();
        verify(host.guest("client"));
    }

    /** Others are served meanwhile, and it goes on afterwards. */
    @Test
    void shouldGoOnWithAMachineThatWasPaused() {
        GuestMachine.tell(monitor, "stop");
        final Guest other = host.guest("other");
        try (Child cache = other.start("memcached", "-u", "root", "-I", "2m")) {
            host.awaitPort(other, PORT);
            host.guest("client")
                    .check(LIMIT, Repository.program("mcverify"), other.address(), "" + PORT, "8", "3", "1");
            assertTrue(cache.isAlive(), cache::output);
        }
        GuestMachine.tell(monitor, "cont");
        verify(host.guest("client"));
    }

    /** Once the machine's device is there again, its listeners are, too. */
    @Test
    void shouldComeBackAfterTheHostStackWasKilled() {
        host.kill();
        host.up();
        VirtualMachine.replug(monitor, "vsock0", host.machineSocket("server"));
        server.awaitPorts(PORT);
        verify(host.guest("client"));
    }
}
