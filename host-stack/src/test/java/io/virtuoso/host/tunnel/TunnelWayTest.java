package io.virtuoso.host.tunnel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.net.PathMtus;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.VxlanHeader;
import io.virtuoso.host.wire.Wire;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What tunnels make of the ways that their frames take: sizes, marks of congestion, spreading over several ways. */
class TunnelWayTest {
    private static final long STATION = UnderlayLink.STATION;

    private final UnderlayLink link = new UnderlayLink(false);

    private TunnelPort vxlan(final int vni, final boolean learn, final int... peers) {
        final TunnelPort tunnel = link.tunnel(TunnelKind.VXLAN, vni, learn);
        for (final int peer : peers) {
            tunnel.addPeer(peer);
        }
        return tunnel;
    }

    private long dropped(final DropReason reason) {
        return link.underlay.counters().dropped(reason);
    }

    private int copies(final TunnelPort tunnel, final long destination) {
        link.inner(destination, tunnel.mac(), 60);
        tunnel.transmit(link.frame);
        int copies = 0;
        while (link.received()) {
            copies++;
        }
        return copies;
    }

    /** A router's message about the last frame sent, which is in the link's frame. */
    private void tooBig(final int mtu) {
        final byte[] quoted = Arrays.copyOfRange(link.bytes(), 14, 14 + 28);
        link.buffer.put(Frame.TRANSPORT_AT + IcmpMessage.BYTES, quoted);
        IcmpMessage.writeFragmentationNeeded(link.buffer, Frame.TRANSPORT_AT, mtu, 8 + 28);
        Ipv4Header.write(
                link.buffer, Frame.NETWORK_AT, 56, 1, Ipv4Header.PROTOCOL_ICMP, UnderlayLink.OTHER, UnderlayLink.US);
        EthernetHeader.write(link.buffer, Frame.ETHERNET_AT, link.near.mac(), link.far.mac(), EthernetHeader.TYPE_IPV4);
        VirtioNetHeader.writeNone(link.buffer, Frame.VIRTIO_AT);
        link.frame.length(14 + 56);
        link.send();
    }

    @Test
    void shouldFollowTheMtuOfTheWay() {
        final TunnelPort tunnel = vxlan(1, true, UnderlayLink.PEER);
        link.introduce();
        assertEquals(1, copies(tunnel, STATION));
        link.inner(STATION, tunnel.mac(), 1450);
        tunnel.transmit(link.frame);
        assertTrue(link.received());
        tooBig(1400);
        assertEquals(1350, tunnel.mtu());
        final Frame answer = new Frame();
        assertEquals(Port.NONE, tunnel.receive(answer));
        link.inner(STATION, tunnel.mac(), 1351);
        assertTrue(tunnel.transmit(link.frame));
        assertFalse(link.received());
        assertEquals(1, dropped(DropReason.TUNNEL_TOO_LARGE));
        assertEquals(link.now, link.underlay.nextDeadlineNs());
        assertEquals(Port.RECEIVED, tunnel.receive(answer));
        final var told = answer.buffer();
        assertEquals(tunnel.mac(), EthernetHeader.destination(told, Frame.ETHERNET_AT));
        assertEquals(null, Ipv4Header.check(told, Frame.NETWORK_AT, answer.length() - 14));
        assertEquals(0x0a01_0002, Ipv4Header.destination(told, Frame.NETWORK_AT));
        assertEquals(null, IcmpMessage.check(told, Frame.TRANSPORT_AT, answer.length() - 34));
        assertEquals(IcmpMessage.CODE_FRAGMENTATION_NEEDED, IcmpMessage.code(told, Frame.TRANSPORT_AT));
        assertEquals(1350, IcmpMessage.nextHopMtu(told, Frame.TRANSPORT_AT));
        assertEquals(0x0a01_0002, Ipv4Header.source(told, Frame.TRANSPORT_AT + IcmpMessage.BYTES));
        link.inner(STATION, tunnel.mac(), 1350);
        tunnel.transmit(link.frame);
        assertTrue(link.received());
        link.now += PathMtus.AGE_NANOS;
        link.poll();
        assertEquals(1450, tunnel.mtu(), "the way may have become wider");
    }

    @Test
    void shouldNotBelieveInMtusOfWaysThatItDoesNotUse() {
        final TunnelPort tunnel = vxlan(1, true, UnderlayLink.PEER);
        link.introduce();
        link.inner(STATION, tunnel.mac(), 1450);
        tunnel.transmit(link.frame);
        assertTrue(link.received());
        Wire.put32(link.buffer, Frame.NETWORK_AT + 16, UnderlayLink.US + 77);
        tooBig(1400);
        assertEquals(1450, tunnel.mtu());
        assertEquals(1, dropped(DropReason.ICMP_NO_FLOW));
    }

    @ParameterizedTest
    @CsvSource({
        // RFC 6040 figure 4: outer, inner, what the receiver sees
        "0, 0, 0", "0, 1, 1", "0, 2, 2", "0, 3, 3",
        "2, 0, 0", "2, 1, 1", "2, 2, 2", "2, 3, 3",
        "1, 0, 0", "1, 1, 1", "1, 2, 1", "1, 3, 3",
        "3, 0, -1", "3, 1, 3", "3, 2, 3", "3, 3, 3"
    })
    void shouldTakeOverMarksOfCongestion(final int outer, final int inner, final int seen) {
        vxlan(1, true);
        link.inner(STATION, STATION, 60);
        Ipv4Header.putTypeOfService(link.buffer, Frame.NETWORK_AT, inner);
        link.wrapVxlan(1, VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER);
        Ipv4Header.putTypeOfService(link.buffer, link.frame.ethernetAt() + 14, outer);
        link.send();
        assertEquals(seen < 0 ? 1 : 0, dropped(DropReason.TUNNEL_CONGESTION));
        if (seen >= 0) {
            final byte[] frame = link.delivered.getFirst();
            assertEquals(seen, frame[15] & 3);
            link.buffer.put(Frame.ETHERNET_AT, frame);
            assertEquals(null, Ipv4Header.check(link.buffer, Frame.NETWORK_AT, 60));
        }
    }

    @Test
    void shouldMarkTheOuterHeaderAsTheInnerOne() {
        final TunnelPort tunnel = vxlan(1, false, UnderlayLink.PEER);
        link.introduce();
        link.inner(STATION, STATION, 60);
        Ipv4Header.putTypeOfService(link.buffer, Frame.NETWORK_AT, 0xb8 | 2);
        tunnel.transmit(link.frame);
        assertTrue(link.received());
        assertEquals(2, Ipv4Header.typeOfService(link.buffer, Frame.NETWORK_AT));
    }

    @Test
    void shouldGiveAFlowOneSourcePortAndFlowsMany() {
        final TunnelPort tunnel = vxlan(1, false, UnderlayLink.PEER);
        link.introduce();
        final Set<Integer> ports = new HashSet<>();
        for (int flow = 0; flow < 200; flow++) {
            int first = 0;
            for (int length = 60; length < 62; length++) {
                link.inner(STATION, STATION, length);
                Wire.put32(link.buffer, Frame.TRANSPORT_AT, 40_000 + flow << 16 | 80);
                tunnel.transmit(link.frame);
                assertTrue(link.received());
                final int port = UdpHeader.sourcePort(link.buffer, link.outerPayload());
                assertTrue(port >= 49_152 && (length == 60 || port == first));
                first = port;
            }
            ports.add(first);
        }
        assertTrue(ports.size() > 190, "only " + ports.size() + " ports");
    }
}
