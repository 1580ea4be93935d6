package io.virtuoso.host.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.socket.PortSpace.Sharing;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortSpaceTest {
    private static final int PEER = 0x0a00_0001;

    private final PortSpace ports = new PortSpace();
    private final Set<Integer> used = new HashSet<>();

    private void connectAll(final int count) {
        for (int i = 0; i < count; i++) {
            final int port = ports.connectEphemeral(PEER, 80);
            assertTrue(EphemeralPorts.inRange(port));
            assertTrue(used.add(port), () -> "twice " + port);
        }
    }

    @Test
    void shouldGiveOutEachPortOnceToAPeerAndThenNone() {
        connectAll(EphemeralPorts.COUNT);
        assertEquals(0, ports.connectEphemeral(PEER, 80));
        assertNotEquals(0, ports.connectEphemeral(PEER, 81));
        assertNotEquals(0, ports.connectEphemeral(PEER + 1, 80));
        assertFalse(ports.connectFrom(40_000, PEER, 80));
        ports.disconnect(40_000, PEER, 80);
        assertEquals(40_000, ports.connectEphemeral(PEER, 80));
        ports.disconnect(50_000, PEER, 80);
        assertTrue(ports.connectFrom(50_000, PEER, 80));
        assertEquals(0, ports.connectEphemeral(PEER, 80));
        assertEquals(EphemeralPorts.COUNT + 2, ports.held());
    }

    @Test
    void shouldForgetWhoWasCrowded() {
        connectAll(EphemeralPorts.COUNT);
        for (final int port : used) {
            ports.disconnect(port, PEER, 80);
        }
        assertEquals(0, ports.held());
        used.clear();
        connectAll(EphemeralPorts.COUNT);
        assertEquals(0, ports.connectEphemeral(PEER, 80));
    }

    @Test
    void shouldPassOverPortsThatAreBound() {
        final int bound = ports.bindEphemeral(Sharing.NONE, PortSpace.IPV4);
        assertTrue(ports.bind(bound + 1, Sharing.REUSE_ADDRESS, PortSpace.BOTH));
        assertEquals(bound + 2, ports.connectEphemeral(PEER, 80));
        connectAll(EphemeralPorts.COUNT - 3);
        assertEquals(0, ports.connectEphemeral(PEER, 80));
        ports.unbind(bound, Sharing.NONE, PortSpace.IPV4);
        assertEquals(bound, ports.connectEphemeral(PEER, 80));
        assertEquals(0, ports.connectEphemeral(PEER, 80));
        ports.unbind(bound + 1, Sharing.REUSE_ADDRESS, PortSpace.BOTH);
        assertEquals(bound + 1, ports.connectEphemeral(PEER, 80));
    }

    @Test
    void shouldBindEachPortOnceAndThenNone() {
        for (int i = 0; i < EphemeralPorts.COUNT; i++) {
            assertNotEquals(0, ports.bindEphemeral(Sharing.NONE, i % 2 == 0 ? PortSpace.IPV4 : PortSpace.BOTH));
        }
        assertEquals(0, ports.bindEphemeral(Sharing.NONE, PortSpace.IPV4));
        assertEquals(0, ports.connectEphemeral(PEER, 80));
        assertNotEquals(0, ports.bindEphemeral(Sharing.NONE, PortSpace.IPV6));
    }
}
