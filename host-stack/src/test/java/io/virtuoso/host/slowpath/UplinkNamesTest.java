package io.virtuoso.host.slowpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.guest.GuestRegistry;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestTurns;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UplinkNamesTest {
    private final HostConfig config = config();
    private final NodeTable nodes = new NodeTable(new GuestTurns(Ledger.unread()));
    private final UplinkNames names =
            new UplinkNames(config.uplink().orElseThrow(), PublishedPorts.of(config), nodes, new SplittableRandom(1));
    private final GuestNode greedy = node(0);
    private final GuestNode modest = node(1);

    private static HostConfig config() {
        try {
            return ConfigReader.parse("c.yaml", """
                    uplink: {port: {kind: packet, interface: eth1}, address: 192.0.2.10/24}
                    networks:
                      - {name: red, vni: 1, subnet: 10.1.0.0/24, routes: [{to: 0.0.0.0/0, via: uplink}]}
                      - {name: blue, vni: 2, subnet: 10.1.0.0/24, routes: [{to: 0.0.0.0/0, via: uplink}]}
                    guests:
                      - {name: greedy, network: red, address: 10.1.0.2}
                      - {name: modest, network: blue, address: 10.1.0.2}
                    """);
        } catch (final ConfigException e) {
            throw new AssertionError(e);
        }
    }

    private GuestNode node(final int index) {
        return nodes.node(GuestRegistry.guest(config.guests().get(index), config));
    }

    @Test
    void shouldLeavePortsToOthersHoweverManyAGuestAsksFor() {
        int taken = 0;
        for (int port = 1; port <= 0xffff; port++) {
            taken += names.datagramPort(greedy, port) == 0 ? 0 : 1;
        }
        assertEquals(UplinkPorts.COUNT / 2, taken);
        for (int port = 1; port <= 10_000; port++) {
            assertNotEquals(0, names.datagramPort(modest, port), "no port left");
        }
        assertEquals(0, names.datagramPort(greedy, 0xffff));
        final int known = names.datagramPort(greedy, 1);
        assertTrue(known >= UplinkPorts.FIRST, "port " + known + " of a port that has one");
    }
}
