package io.virtuoso.host.slowpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestTurns;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PortSharesTest {
    private static final int PEER = 192 << 24 | 2;

    private final NodeTable nodes = new NodeTable(new GuestTurns(Ledger.unread()));
    private final PortShares shares = new PortShares();
    private final GuestNode greedy = node(2);
    private final GuestNode modest = node(3);

    private GuestNode node(final int number) {
        return nodes.node(new Guest(
                "g" + number,
                HostConfig.embeddedDefault().defaultNetwork(),
                10 << 24 | 88 << 16 | number,
                1,
                CongestionAlgorithm.CUBIC,
                Map.of(),
                GuestLimits.NONE,
                GuestQuotas.NONE));
    }

    /** @return what gives back all ports that a guest gets towards a peer */
    private List<Runnable> takeAll(final GuestNode node, final int port) {
        final List<Runnable> taken = new ArrayList<>();
        while (shares.mayHaveMore(node, PEER, port)) {
            taken.add(shares.take(node, PEER, port));
        }
        return taken;
    }

    @Test
    void shouldLeavePortsToOthersHoweverManyAGuestTakes() {
        final List<Runnable> greedys = takeAll(greedy, 80);
        assertEquals(UplinkPorts.COUNT / 2, greedys.size());
        assertEquals(UplinkPorts.COUNT / 4, takeAll(modest, 80).size());
        assertEquals(UplinkPorts.COUNT / 2, takeAll(greedy, 81).size(), "towards another peer");
        greedys.getFirst().run();
        assertFalse(shares.mayHaveMore(greedy, PEER, 80), "others have some now");
        assertTrue(shares.mayHaveMore(modest, PEER, 80));
    }

    @Test
    void shouldForgetPeersTowardsWhichNobodyHasAPort() {
        final List<Runnable> all = takeAll(greedy, 80);
        all.addAll(takeAll(modest, 80));
        all.addAll(takeAll(greedy, 81));
        assertEquals(2, shares.peers());
        all.forEach(Runnable::run);
        assertEquals(0, shares.peers());
        assertEquals(UplinkPorts.COUNT / 2, takeAll(greedy, 80).size());
    }
}
