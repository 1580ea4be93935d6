package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.TapPort;
import io.virtuoso.host.port.TapSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TapInteroperabilityTest extends KernelInteroperability {
    private static final TapSettings SETTINGS = new TapSettings("vtest0", Link.KERNEL, 16, 1500);

    @Override
    Port openPort() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "skipped: /dev/net/tun is not writable");
        return TapPort.open(SETTINGS);
    }

    @Override
    void checkEcho(final StackCounters counters, final long bytes) {
        assertRetransmissionsAreRare(counters);
        assertTrue(counters.get(StackCounter.SEGMENTS_OUT) < bytes / 1448, "large segments were used");
        assertTrue(counters.get(StackCounter.SEGMENTS_IN) < bytes / 1448, "large segments were received");
    }

    @Test
    void shouldSayThatTheNameIsTaken() throws Exception {
        withStack(NO_LOSS, stack -> {
            final IOException e = assertThrows(IOException.class, () -> TapPort.open(SETTINGS));
            assertTrue(e.getMessage().contains("vtest0"), e.getMessage());
            assertFalse(e.getMessage().isBlank());
        });
    }
}
