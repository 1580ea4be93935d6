package io.virtuoso.integration;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Guests and the kernel over a TAP that loses every fiftieth packet in each direction. Packets carry up to 64 KiB here,
 * so that a lost one leaves a large hole.
 */
@Tag("slow")
class LossyWireE2eTest {
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final List<String> CASES =
            List.of("cross.ten_megabytes", "cross.half_close", "cross.hundred", "cross.eight", "cross.echo");

    private static HostStack host;
    private static Guest guest;
    private static Child guestPeer;
    private static Child kernelPeer;

    @BeforeAll
    static void shouldLosePackets() {
        host = HostStack.start();
        guest = host.guest("guest");
        guestPeer = guest.start(Repository.program("conformance"), "--peer");
        kernelPeer = host.startInKernel(Repository.program("conformance"), "--peer");
        guestPeer.awaitLine("peer ready", SOON);
        kernelPeer.awaitLine("peer ready", SOON);
        host.checkInKernel(SOON, "nft", """
                table inet lossy {
                  chain incoming {
                    type filter hook prerouting priority 0;
                    iifname "vtap0" numgen random mod 50 == 0 drop
                  }
                  chain outgoing {
                    type filter hook postrouting priority 0;
                    oifname "vtap0" numgen random mod 50 == 0 drop
                  }
                }
                """);
    }

    @AfterAll
    static void shouldStop() {
        guestPeer.close();
        kernelPeer.close();
        host.close();
    }

    @TestFactory
    Stream<DynamicTest> shouldLoseNoByteFromTheGuest() {
        return CASES.stream()
                .flatMap(prefix ->
                        Conformance.tests(prefix, List.of("CONF_PEER=" + Machine.KERNEL_ADDRESS), guest::commandLine));
    }

    @TestFactory
    Stream<DynamicTest> shouldLoseNoByteFromTheKernel() {
        return CASES.stream()
                .flatMap(prefix -> Conformance.tests(prefix, List.of("CONF_PEER=" + guest.address()), host::inKernel));
    }
}
