package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.PacketPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.VethPair;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

/** Over a packet socket on one end of a veth pair, whose other end is the kernel's. */
class PacketInteroperabilityTest extends KernelInteroperability {
    @Override
    Port openPort() throws Exception {
        VethPair.create();
        return PacketPort.open(VethPair.STACK_END, 1500, false);
    }

    @Override
    void checkEcho(final StackCounters counters, final long bytes) {
        assertTrue(counters.get(StackCounter.SEGMENTS_OUT) < bytes / 1448, "large segments were used");
        assertTrue(counters.get(StackCounter.SEGMENTS_IN) < bytes / 1448, "large segments were received");
    }

    /** The kernel speaks IPv6 on a new interface, too. */
    @Test
    void shouldReceiveOnlyWhatIsForIt() throws Exception {
        inNamespace(() -> {
            try (Port port = openPort()) {
                assertFalse(InetAddress.getByName("10.88.0.2").isReachable(1_000));
                final Frame frame = new Frame();
                int frames = 0;
                while (port.receive(frame) == Port.RECEIVED) {
                    assertEquals(EthernetHeader.TYPE_ARP, EthernetHeader.type(frame.buffer(), Frame.ETHERNET_AT));
                    assertEquals(EthernetHeader.BYTES + ArpPacket.BYTES, frame.length());
                    frames++;
                }
                assertTrue(frames > 0);
            }
        });
    }

    @Test
    void shouldNotWakeForEverWhenTheInterfaceGoesDown() throws Exception {
        inNamespace(() -> {
            try (Port port = openPort()) {
                VethPair.require("ip link set " + VethPair.STACK_END + " down");
                final Frame frame = new Frame();
                int errors = 0;
                for (int i = 0; i < 1_000; i++) {
                    errors += port.receive(frame) == -Errno.ENETDOWN ? 1 : 0;
                }
                assertEquals(1, errors);
                frame.length(60);
                assertFalse(port.transmit(frame));
            }
        });
    }

    @Test
    void shouldNameTheInterfaceThatIsMissing() {
        final IOException e = assertThrows(IOException.class, () -> PacketPort.open("vt-nowhere", 1500, false));
        assertEquals("there is no interface vt-nowhere", e.getMessage());
    }
}
