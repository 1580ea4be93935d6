package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Linux in QEMU, with its own TCP and its own driver of network cards, is a station like any other of a virtual network. */
@Tag("slow")
class VmNetE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final String ALPHA = "10.88.1.1";
    private static final String BETA = "10.88.1.2";
    private static final String SIZE = "8000000";
    private static final String GUESTS = """
            guests:
              - {name: alpha, network: test, address: 10.88.1.1, vm: net}
              - {name: beta, network: test, address: 10.88.1.2, vm: net, labels: [friend]}
              - {name: server, network: test, address: 10.88.0.20}
              - {name: client, network: test, address: 10.88.0.21}
            """;
    private static final String SERVE = "dd if=/dev/urandom of=/tmp/random bs=1000 count=8000 2>/dev/null; "
            + "httpd -h /tmp; echo serving $(sha256sum /tmp/random | cut -c1-64) now";

    private final HostStack host = HostStack.start(GUESTS);

    @BeforeEach
    void shouldServeBefore() {
        assertTrue(host.isAlive());
    }

    @AfterEach
    void shouldServeAfterwards() {
        assertTrue(host.isAlive(), () -> host.log());
        host.close();
    }

    private VirtualMachine alpha(final String options) {
        return VirtualMachine.startWithCard(host.cardSocket("alpha"), host.folder("vm"), ALPHA, options);
    }

    private VirtualMachine beta() {
        return VirtualMachine.startWithCard(host.cardSocket("beta"), host.folder("vm"), BETA, "");
    }

    private static String digest(final String file) {
        try {
            final byte[] bytes = Files.readAllBytes(Path.of(file));
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (final IOException | NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static void fetch(final VirtualMachine machine, final String url, final String digest, final int times) {
        machine.say("echo got $(wget -q -O - " + url + " | sha256sum)", "got " + digest, times);
    }

    /** @return digest of what the machine serves from now on */
    private static String serve(final VirtualMachine machine) {
        final String said = machine.say(SERVE, " now", 2); // once in what is typed
        return said.substring(said.indexOf("serving ") + "serving ".length(), said.indexOf(" now"));
    }

    private void fetchAsClient(final String address, final String digest) {
        final String[] command = {"bash", "-c", "curl -sf --max-time 200 http://" + address + "/random | sha256sum"};
        assertEquals(digest, host.guest("client").check(LIMIT, command).substring(0, 64));
    }

    /** With and without what the card can do: whole large frames both ways, or one packet for each segment. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                ",packed=on",
                ",mrg_rxbuf=off,event_idx=off",
                ",indirect_desc=off,guest_csum=off,csum=off,guest_tso4=off,host_tso4=off",
            })
    void shouldFetchFromAGuestServeAGuestAndPing(final String options) {
        final Guest server = host.guest("server");
        try (Nginx nginx = Nginx.start(host, server, false, SIZE);
                VirtualMachine alpha = alpha(options)) {
            fetch(alpha, "http://" + server.address() + "/" + SIZE, digest(nginx.file(SIZE)), 1);
            fetchAsClient(ALPHA, serve(alpha));
            alpha.say("ping -c 3 -i 0.2 " + server.address(), "3 packets received", 1);
            alpha.say("ping -c 3 -i 0.2 10.88.0.1", "3 packets received", 2);
        }
    }

    /** The machine's files are copies of the guest's, so that every byte is checked. */
    @Test
    void shouldServeAJvmThatIsAGuest() {
        final Guest server = host.guest("server");
        final String[] sizes = {"0", "1", "612", "16383", "65537", "300000", "3000000"};
        try (Nginx nginx = Nginx.start(host, server, false, sizes);
                VirtualMachine alpha = alpha("")) {
            alpha.say(
                    "cd /tmp; for size in " + String.join(" ", sizes) + "; do wget -q http://" + server.address()
                            + "/$size; done; httpd -h /tmp; echo files are there",
                    "files are there",
                    2);
            fetch(alpha, "http://" + ALPHA + "/65537", digest(nginx.file("65537")), 1);
            new JavaProgram(Jdk.newest(), "HttpChecks")
                    .check(host.guest("client"), LIMIT, "HTTP_1_1", "HTTP_1_1", "files", "http://" + ALPHA);
        }
    }

    @Test
    void shouldTalkToTheKernelAndAnotherMachineAndOnlyInItsOwnName() {
        try (VirtualMachine alpha = alpha("");
                VirtualMachine beta = beta()) {
            final String digest = serve(beta);
            final String[] command = {"bash", "-c", "curl -sf --max-time 200 http://" + BETA + "/random | sha256sum"};
            assertEquals(digest, host.checkInKernel(LIMIT, command).substring(0, 64));
            host.checkInKernel(LIMIT, "busybox", "ping", "-c", "3", "-i", "0.2", ALPHA);
            fetch(alpha, "http://" + BETA + "/random", digest, 1);
            alpha.say("ping -c 3 -i 0.2 " + BETA, "3 packets received", 1);
            alpha.say("ip addr add 10.88.1.9/16 dev eth0", "", 1);
            alpha.say("ping -c 1 -W 1 -I 10.88.1.9 " + BETA, "0 packets received", 1);
            awaitRefusedAddress();
        }
    }

    private void awaitRefusedAddress() {
        final long end = System.nanoTime() + LIMIT.toNanos();
        while (host.ask("stats").lines().noneMatch(line -> line.matches("switch.drop.machine_address +[1-9].*"))) {
            assertTrue(System.nanoTime() < end, () -> host.ask("stats"));
            Child.pause(20);
        }
    }

    @Test
    void shouldForgetAMachineThatIsKilledAndServeItsSuccessor() {
        final Guest server = host.guest("server");
        try (Nginx nginx = Nginx.start(host, server, false, SIZE)) {
            try (VirtualMachine alpha = alpha("")) {
                alpha.say(
                        "(while true; do wget -q -O /dev/null http://" + server.address() + "/" + SIZE + "; done) &",
                        "",
                        1);
                alpha.kill();
                host.awaitCounter("vms.gone", 1);
            }
            try (VirtualMachine again = alpha("")) {
                fetch(again, "http://" + server.address() + "/" + SIZE, digest(nginx.file(SIZE)), 1);
                again.reboot();
                fetch(again, "http://" + server.address() + "/" + SIZE, digest(nginx.file(SIZE)), 2);
            }
        }
    }

    @Test
    void shouldServeAMachineAfterItWasRestartedItself() {
        final Guest server = host.guest("server");
        try (VirtualMachine alpha = alpha("")) {
            alpha.say("ping -c 3 -i 0.2 10.88.0.1", "3 packets received", 1);
            host.kill();
            host.up();
            try (Nginx nginx = Nginx.start(host, server, false, SIZE)) {
                alpha.say("until ping -c 1 -W 1 10.88.0.1; do sleep 0.2; done; echo is back", "is back", 2);
                fetch(alpha, "http://" + server.address() + "/" + SIZE, digest(nginx.file(SIZE)), 1);
                fetchAsClient(ALPHA, serve(alpha));
            }
        }
    }
}
