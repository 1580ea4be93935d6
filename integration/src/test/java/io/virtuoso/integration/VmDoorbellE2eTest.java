package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A virtual machine whose doorbells are vectors of an ivshmem-doorbell device that VFIO holds; every byte is checked. */
@Tag("slow")
class VmDoorbellE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int CACHE_PORT = 11211;
    private static final int ECHO_PORT = 7000;
    /** Rings that a few thousand requests cannot do without. */
    private static final long SOME = 50;

    private static final int MOST_ROUNDS = 20;

    private final HostStack host = HostStack.start();
    private final String nginx =
            Nginx.prepare(host, "doorbell", "0", "612", "65537", "300000").toString();
    private GuestMachine server = startServer();
    private int seed;

    /** Several processes, one of them another user's. */
    private GuestMachine startServer() {
        final String cache = "su -s /bin/sh -p nobody -c 'exec memcached -I 2m -t 2'";
        final String script = cache + " & nginx -p " + nginx + "/ -c nginx.conf & exec sleep 3000";
        final List<String> options =
                List.of("--doorbell", "--add", "/usr/bin/memcached", "--add", "/usr/sbin/nginx", "--add", nginx);
        return GuestMachine.start(host, "server", options, script).awaitPorts(CACHE_PORT, Nginx.PORT);
    }

    @BeforeEach
    void shouldServe() {
        verify();
    }

    @AfterEach
    void shouldServeAfterwards() {
        assertTrue(host.isAlive(), host::log);
        server.close();
        host.close();
    }

    private void verify() {
        final String address = server.guest().address();
        final Guest client = host.guest("client");
        client.check(LIMIT, Repository.program("mcverify"), address, "" + CACHE_PORT, "16", "5", "" + ++seed);
        final String files = Repository.program("httpverify");
        client.check(LIMIT, files, address, "" + Nginx.PORT, "2", "2", "1", "0", "612", "65537", "300000");
        client.check(LIMIT, files, address, "" + Nginx.PORT, "2", "2", "0", "0", "612", "65537");
    }

    private long counter(final String name) {
        final Matcher matcher =
                Pattern.compile("(?m)^\\s*vms\\." + name + "\\s+(\\d+)$").matcher(host.ask("stats"));
        assertTrue(matcher.find(), name);
        return Long.parseLong(matcher.group(1));
    }

    @Test
    void shouldRingByVectorsBothWays() {
        final long toHost = counter("doorbells.to_host");
        final long toMachines = counter("doorbells.to_machines");
        host.checkInKernel(
                LIMIT, Repository.program("mcverify"), server.guest().address(), "" + CACHE_PORT, "8", "3", "90");
        for (int i = 0; i < MOST_ROUNDS && !rangMoreThan(toHost + SOME, toMachines + SOME); i++) {
            verify(); // a slow machine has few requests in its time, and may find them waiting
        }
        assertTrue(rangMoreThan(toHost + SOME, toMachines + SOME), () -> host.ask("stats"));
        assertEquals(0, counter("doorbells.gone"));
    }

    private boolean rangMoreThan(final long toHost, final long toMachines) {
        return counter("doorbells.to_host") > toHost && counter("doorbells.to_machines") > toMachines;
    }

    /** It uses the same memory, and rings by vsock, beside programs that ring by vectors. */
    @Test
    void shouldServeFromAJvm() {
        final Path runtime = JavaRuntime.of(Jdk.newest());
        final Path classes = Repository.ROOT.resolve("integration/apps/target/classes");
        final List<String> options =
                List.of("--doorbell", "--memory", "512M", "--add", runtime.toString(), "--add", classes.toString());
        final String script = runtime.resolve("bin/java") + " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx64m -cp "
                + classes + " io.virtuoso.apps.EchoServer " + ECHO_PORT;
        try (GuestMachine machine = GuestMachine.start(host, "java", options, script)) {
            machine.awaitPorts(ECHO_PORT);
            final Guest client = host.guest("client");
            client.check(LIMIT, Repository.program("pump"), machine.guest().address(), "" + ECHO_PORT, "1");
        }
        verify();
    }

    @Test
    void shouldServeAgainWhenQemuWasKilled() {
        server.kill();
        host.awaitCounter("vms.doorbells.gone", 1);
        server.close();
        server = startServer();
        verify();
        host.awaitCounter("vms.doorbells.connected", 2);
    }

    /** The device of the machine is another connection's and stays. */
    @Test
    void shouldCutOffWhoSpeaksToTheServer() throws IOException {
        final Path socket = host.runFolder().resolve("ivshmem").resolve("server.sock");
        for (int i = 0; i < 3; i++) {
            try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                channel.write(ByteBuffer.wrap(new byte[1 + i]));
                host.awaitCounter("vms.ended.ivshmem", 1 + i);
            }
        }
        host.awaitCounter("vms.doorbells.gone", 3);
        verify();
    }
}
