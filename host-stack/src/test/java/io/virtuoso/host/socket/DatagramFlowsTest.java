package io.virtuoso.host.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatagramFlowsTest {
    private static final int PEER = 0x8a58_0002;

    private final DatagramFlows flows = new DatagramFlows();

    @Test
    void shouldKnowAPeerUnderTheVersionThatAllowedIt() {
        assertFalse(flows.knows(PEER, 53, 1));
        flows.note(PEER, 53, 1, true);
        assertTrue(flows.knows(PEER, 53, 1));
        assertFalse(flows.knows(PEER, 53, 2));
        assertFalse(flows.knows(PEER, 54, 1));
        assertFalse(flows.knows(PEER + 1, 53, 1));
    }

    @Test
    void shouldRememberWhoBegan() {
        flows.note(PEER, 53, 1, true);
        flows.note(PEER, 54, 1, false);
        assertTrue(flows.began(PEER, 53, true));
        assertFalse(flows.began(PEER, 53, false));
        assertTrue(flows.began(PEER, 54, false));
        assertFalse(flows.began(PEER, 55, false));
        flows.note(PEER, 54, 2, true);
        assertTrue(flows.began(PEER, 54, true));
        assertTrue(flows.knows(PEER, 54, 2));
    }

    @Test
    void shouldForgetSomeRatherThanGrowWithoutEnd() {
        int known = 0;
        for (int port = 1; port <= 60_000; port++) {
            flows.note(PEER, port, 3, false);
            assertTrue(flows.knows(PEER, port, 3));
        }
        for (int port = 1; port <= 60_000; port++) {
            known += flows.knows(PEER, port, 3) ? 1 : 0;
        }
        assertTrue(known > DatagramFlows.MAX / 2 && known <= DatagramFlows.MAX, "known: " + known);
        final List<Integer> addresses = new ArrayList<>();
        flows.forEachAddress(addresses::add);
        assertEquals(known, addresses.size());
        assertTrue(addresses.stream().allMatch(address -> address == PEER));
    }
}
