package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.VethPair;
import io.virtuoso.host.port.XdpPort;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Over AF_XDP on one end of a veth pair, whose other end is the kernel's. */
class XdpInteroperabilityTest extends KernelInteroperability {
    private static final XdpPort.Network NETWORK = new XdpPort.Network(Link.KERNEL & -1 << 16, 16, 1500, null);

    @Override
    Port openPort() throws Exception {
        VethPair.create();
        return XdpPort.open(VethPair.STACK_END, NETWORK);
    }

    @Override
    void checkEcho(final StackCounters counters, final long bytes) {
        assertTrue(counters.get(StackCounter.SEGMENTS_OUT) >= bytes / 1448, "segments are cut here");
    }

    @Test
    void shouldNameTheInterfaceThatIsMissing() {
        final IOException e = assertThrows(IOException.class, () -> XdpPort.open("vt-nowhere", NETWORK));
        assertEquals("there is no interface vt-nowhere", e.getMessage());
    }
}
