package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NeighbourTableTest {
    private final Link link = new Link();
    private final StackCounters counters = new StackCounters();
    private final NeighbourTable table = new NeighbourTable(
            new FrameSender(link.near, counters, Ledger.unread()),
            Link.NETWORK,
            new Ipv6Numbers(1),
            counters,
            new LocalAddresses(Ledger.unread()));
    private final Frame packet = new Frame();
    private final List<Integer> unreachable = new ArrayList<>();

    private boolean send(final int destination) {
        VirtioNetHeader.writeNone(packet.buffer(), Frame.VIRTIO_AT);
        Ipv4Header.write(packet.buffer(), Frame.NETWORK_AT, 20, 0, 6, Link.GUEST, destination);
        packet.length(EthernetHeader.BYTES + 20);
        return table.send(packet, Link.GUEST, destination, link.now);
    }

    private void expectRequestFor(final int address) {
        assertTrue(link.received());
        assertEquals(EthernetHeader.TYPE_ARP, link.type());
        assertEquals(ArpPacket.REQUEST, ArpPacket.operation(link.frame.buffer(), Frame.NETWORK_AT));
        assertEquals(address, ArpPacket.targetAddress(link.frame.buffer(), Frame.NETWORK_AT));
        assertEquals(Link.GUEST, ArpPacket.senderAddress(link.frame.buffer(), Frame.NETWORK_AT));
    }

    private void expectPacketTo(final int destination) {
        assertTrue(link.received());
        assertEquals(EthernetHeader.TYPE_IPV4, link.type());
        assertEquals(destination, Ipv4Header.destination(link.frame.buffer(), Frame.NETWORK_AT));
        assertEquals(link.far.mac(), EthernetHeader.destination(link.frame.buffer(), Frame.ETHERNET_AT));
    }

    @Test
    void shouldKeepPacketsUntilTheAnswer() {
        assertTrue(send(Link.KERNEL));
        assertTrue(send(Link.KERNEL));
        expectRequestFor(Link.KERNEL);
        assertFalse(link.received());

        table.learn(Link.KERNEL, link.far.mac(), false, link.now);

        expectPacketTo(Link.KERNEL);
        expectPacketTo(Link.KERNEL);
        send(Link.KERNEL);
        expectPacketTo(Link.KERNEL);
        assertFalse(link.received());
    }

    @Test
    void shouldAskTheGatewayForAddressesBeyondTheSubnet() {
        send(0x0808_0808);
        expectRequestFor(Link.KERNEL);
        table.learn(Link.KERNEL, link.far.mac(), false, link.now);
        expectPacketTo(0x0808_0808);
    }

    @Test
    void shouldDropPacketsWithoutRoute() {
        final NetworkSettings isolated = new NetworkSettings(0x0a58_0000, 16, 0);
        final NeighbourTable lonely = new NeighbourTable(
                new FrameSender(link.near, counters, Ledger.unread()),
                isolated,
                new Ipv6Numbers(1),
                counters,
                new LocalAddresses(Ledger.unread()));
        VirtioNetHeader.writeNone(packet.buffer(), Frame.VIRTIO_AT);
        packet.length(60);

        assertFalse(lonely.send(packet, Link.GUEST, 0x0808_0808, link.now));
        assertEquals(1, counters.dropped(DropReason.SEND_NO_ROUTE));
    }

    @Test
    void shouldBoundTheQueueOfWaitingPackets() {
        for (int i = 0; i < NeighbourTable.MAX_PENDING; i++) {
            assertTrue(send(Link.KERNEL));
        }
        assertFalse(send(Link.KERNEL));
        assertEquals(1, counters.dropped(DropReason.SEND_PENDING_FULL));
    }

    @Test
    void shouldBoundWhatWaitsForAllNeighboursTogether() {
        for (int station = 0; station < NeighbourTable.MAX_WAITING; station++) {
            assertTrue(send(Link.KERNEL + 1 + station));
        }
        assertFalse(send(Link.KERNEL));
        assertEquals(NeighbourTable.MAX_WAITING, table.waiting());
        assertEquals(1, counters.dropped(DropReason.SEND_PENDING_FULL));

        table.learn(Link.KERNEL + 1, link.far.mac(), false, link.now);
        assertTrue(send(Link.KERNEL));
        for (int attempt = 0; attempt < NeighbourTable.MAX_ATTEMPTS; attempt++) {
            link.now += NeighbourTable.RETRY_NANOS;
            table.onTimers(link.now);
        }
        assertEquals(0, table.waiting());
        link.now += NeighbourTable.RETRY_NANOS;
        for (int i = 0; i < NeighbourTable.MAX_PENDING; i++) {
            assertTrue(send(Link.KERNEL));
        }
    }

    @Test
    void shouldGiveUpAfterThreeQuestionsAndTryAgainLater() {
        table.listener(unreachable::add);
        send(Link.KERNEL);
        for (int attempt = 0; attempt < NeighbourTable.MAX_ATTEMPTS; attempt++) {
            expectRequestFor(Link.KERNEL);
            assertEquals(link.now + NeighbourTable.RETRY_NANOS, table.nextDeadline());
            assertTrue(unreachable.isEmpty());
            link.now += NeighbourTable.RETRY_NANOS;
            table.onTimers(link.now);
        }
        assertEquals(List.of(Link.KERNEL), unreachable);
        assertEquals(1, counters.dropped(DropReason.SEND_NO_NEIGHBOUR));
        assertEquals(Long.MAX_VALUE, table.nextDeadline());
        assertFalse(link.received());

        assertFalse(send(Link.KERNEL));
        link.now += NeighbourTable.RETRY_NANOS;
        assertTrue(send(Link.KERNEL));
        expectRequestFor(Link.KERNEL);
    }

    @Test
    void shouldUseAnOldAddressWhileAskingForIt() {
        table.learn(Link.KERNEL, link.far.mac(), true, link.now);
        link.now += NeighbourTable.REACHABLE_NANOS;

        send(Link.KERNEL);
        assertTrue(link.received());
        assertEquals(link.far.mac(), EthernetHeader.destination(link.frame.buffer(), Frame.ETHERNET_AT));
        assertEquals(EthernetHeader.TYPE_ARP, link.type());
        expectPacketTo(Link.KERNEL);

        table.learn(Link.KERNEL, link.far.mac(), false, link.now);
        link.now += NeighbourTable.RETRY_NANOS;
        table.onTimers(link.now);
        assertFalse(link.received());
    }

    @Test
    void shouldNotLearnFromPacketsThatAreNotForUs() {
        table.learn(Link.KERNEL, link.far.mac(), false, link.now);
        table.learn(0x0808_0808, link.far.mac(), true, link.now);
        assertEquals(0, table.size());
    }

    @Test
    void shouldNotGrowWithoutBound() {
        for (int i = 2; i < NeighbourTable.MAX_NEIGHBOURS + 100; i++) {
            send(0x0a58_0000 + i);
            while (link.received()) {
                link.frame.length();
            }
        }
        assertEquals(NeighbourTable.MAX_NEIGHBOURS, table.size());
    }
}
