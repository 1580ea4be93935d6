package io.virtuoso.host.tunnel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.VxlanHeader;
import io.virtuoso.host.wire.Wire;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes in and out of tunnels, frame by frame. */
class TunnelPortTest {
    private static final int VNI = 0x0012_3456;
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

    @Test
    void shouldWriteTheHeadersOfVxlan() {
        final TunnelPort tunnel = vxlan(VNI, false, UnderlayLink.PEER);
        link.introduce();
        link.inner(STATION, tunnel.mac(), 100);
        final byte[] inner = link.bytes();
        assertTrue(tunnel.transmit(link.frame));
        assertArrayEquals(inner, link.bytes(), "the frame is as it was");
        assertTrue(link.received());
        final byte[] sent = link.bytes();
        assertEquals(50 + inner.length, sent.length);
        assertEquals(link.far.mac(), EthernetHeader.destination(link.buffer, Frame.ETHERNET_AT));
        assertEquals(link.near.mac(), EthernetHeader.source(link.buffer, Frame.ETHERNET_AT));
        // Type; version, DSCP and ECN, length 150; id 0, do not fragment; TTL 64, UDP.
        assertEquals("0800" + "45000096" + "00004000" + "4011", HexFormat.of().formatHex(sent, 12, 24));
        assertEquals("c0000201" + "c0000202", HexFormat.of().formatHex(sent, 26, 34));
        assertEquals(null, Ipv4Header.check(link.buffer, Frame.NETWORK_AT, sent.length - 14));
        assertTrue(UdpHeader.sourcePort(link.buffer, Frame.TRANSPORT_AT) >= 49_152);
        // Destination port 4789, length 130, no checksum; the I flag; VNI.
        assertEquals(
                "12b5" + "0082" + "0000" + "08000000" + "12345600",
                HexFormat.of().formatHex(sent, 36, 50));
        assertArrayEquals(inner, Arrays.copyOfRange(sent, 50, sent.length));
    }

    @Test
    void shouldWriteTheHeadersOfGre() {
        final TunnelPort tunnel = link.tunnel(TunnelKind.GRE, VNI, false);
        tunnel.addPeer(UnderlayLink.PEER);
        link.introduce();
        link.inner(STATION, tunnel.mac(), 100);
        final byte[] inner = link.bytes();
        tunnel.transmit(link.frame);
        assertTrue(link.received());
        final byte[] sent = link.bytes();
        assertEquals("4500008e" + "00004000" + "402f", HexFormat.of().formatHex(sent, 14, 24));
        // K flag, version 0, transparent Ethernet bridging; key.
        assertEquals("20006558" + "00123456", HexFormat.of().formatHex(sent, 34, 42));
        assertArrayEquals(inner, Arrays.copyOfRange(sent, 42, sent.length));
    }

    @ParameterizedTest
    @CsvSource({"VXLAN, false, 1450", "VXLAN, true, 1430", "GRE, false, 1458", "GRE, true, 1438"})
    void shouldLeaveRoomForTheOuterHeaders(final TunnelKind kind, final boolean ipv6, final int mtu) {
        assertEquals(mtu, new UnderlayLink(ipv6).tunnel(kind, 1, false).mtu());
    }

    @ParameterizedTest
    @CsvSource({"VXLAN", "GRE"})
    void shouldBringFramesToTheNetworkOfTheirNumberOnly(final TunnelKind kind) {
        final TunnelPort red = link.tunnel(kind, 1, false);
        final TunnelPort blue = link.tunnel(kind, 2, false);
        red.addPeer(UnderlayLink.PEER);
        blue.addPeer(UnderlayLink.PEER);
        for (final int number : new int[] {1, 2, 3}) {
            link.inner(STATION, UnderlayLink.STATION, 100 + number);
            if (kind == TunnelKind.VXLAN) {
                link.wrapVxlan(number, VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER);
            } else {
                link.wrapGre(number, UnderlayLink.PEER);
            }
            link.send();
        }
        assertEquals(2, link.delivered.size());
        assertSame(red, link.receivers.get(0));
        assertSame(blue, link.receivers.get(1));
        assertEquals(14 + 102, link.delivered.get(1).length);
        assertEquals(1, dropped(DropReason.TUNNEL_NETWORK));
    }

    @Test
    void shouldTakeVxlanOnTheNetworksOwnPortOnly() {
        vxlan(1, true);
        final TunnelPort other = link.underlay.open(new TunnelSettings(TunnelKind.VXLAN, 2, 8472, 1500, true));
        other.deliverTo((frame, now) -> link.receivers.add(other));
        link.inner(STATION, STATION, 60);
        link.wrapVxlan(2, VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER);
        link.send();
        assertEquals(1, dropped(DropReason.TUNNEL_NETWORK));
        link.inner(STATION, STATION, 60);
        link.wrapVxlan(2, 8472, UnderlayLink.PEER);
        link.send();
        assertEquals(1, link.receivers.size());
        link.introduce();
        link.inner(STATION, STATION, 60);
        link.wrapVxlan(2, 4790, UnderlayLink.PEER);
        link.send();
        assertEquals(1, dropped(DropReason.UDP_NO_SOCKET));
        assertTrue(link.received());
        assertEquals(Ipv4Header.PROTOCOL_ICMP, Ipv4Header.protocol(link.buffer, Frame.NETWORK_AT));
    }

    @Test
    void shouldHaveOneTunnelForEachNumber() {
        vxlan(1, true);
        assertThrows(IllegalArgumentException.class, () -> vxlan(1, true));
        assertNotEquals(vxlan(2, true).mac(), vxlan(3, true).mac());
    }

    @ParameterizedTest
    @CsvSource({"VXLAN, false", "VXLAN, true", "GRE, false", "GRE, true"})
    void shouldBringBackWhatItWraps(final TunnelKind kind, final boolean ipv6) {
        final UnderlayLink left = new UnderlayLink(ipv6);
        final UnderlayLink right = new UnderlayLink(ipv6);
        final TunnelPort out = left.tunnel(kind, 9, false);
        final TunnelPort in = right.tunnel(kind, 9, true);
        out.addPeer(left.ipv6 ? left.underlay.number(UnderlayLink.HIGH6, 2) : UnderlayLink.PEER);
        for (int length = 40; length <= out.mtu(); length += 47) {
            left.inner(in.mac(), STATION, length);
            final byte[] inner = left.bytes();
            final OuterHeaders headers = headers(left, kind, ipv6);
            headers.write(left.frame, ipv6 ? left.underlay.number(UnderlayLink.HIGH6, 1) : UnderlayLink.US);
            // From the peer, for once.
            final int ipAt = left.frame.ethernetAt() + EthernetHeader.BYTES;
            EthernetHeader.write(
                    left.buffer,
                    left.frame.ethernetAt(),
                    right.near.mac(),
                    right.far.mac(),
                    ipv6 ? EthernetHeader.TYPE_IPV6 : EthernetHeader.TYPE_IPV4);
            assertTrue(ipv6 == Ipv6Header.isIpv6(left.buffer, ipAt));
            right.far.transmit(left.frame);
            headers.remove(left.frame);
            right.poll();
            assertEquals(1, right.delivered.size(), "length " + length);
            assertArrayEquals(inner, right.delivered.removeFirst());
        }
        assertEquals(0, right.underlay.counters().dropped());
    }

    private static OuterHeaders headers(final UnderlayLink link, final TunnelKind kind, final boolean ipv6) {
        final int port = kind == TunnelKind.VXLAN ? VxlanHeader.DEFAULT_PORT : 0;
        final TunnelSettings settings = new TunnelSettings(kind, 9, port, 1500, false);
        final int from = ipv6 ? link.underlay.number(UnderlayLink.HIGH6, 2) : UnderlayLink.PEER;
        return new OuterHeaders(settings, from, link.numbers, 77);
    }

    /** Once the inner checksum is complete the outer one must be right, though nobody read the payload for it. */
    @ParameterizedTest
    @ValueSource(ints = {20, 21, 999, 1400})
    void shouldSumUpOverIpv6WhatIsLeftToThePort(final int tcpLength) {
        final UnderlayLink six = new UnderlayLink(true);
        six.inner(STATION, STATION, Ipv4Header.BYTES + tcpLength);
        TcpHeader.write(six.buffer, Frame.TRANSPORT_AT, 80 << 16 | 81, 1, 2, 20, TcpHeader.SYN, 3);
        final long pseudo = Checksum.pseudoHeader(0x0a01_0002, 0x0a01_0003, Ipv4Header.PROTOCOL_TCP, tcpLength);
        TcpHeader.writePartialChecksum(six.buffer, Frame.TRANSPORT_AT, pseudo);
        VirtioNetHeader.writeNeedsChecksum(six.buffer, Frame.VIRTIO_AT, 34, TcpHeader.CHECKSUM);
        final OuterHeaders headers = headers(six, TunnelKind.VXLAN, true);
        headers.write(six.frame, six.peer());
        final Frame sent = new Frame();
        sent.copyFrom(six.frame);
        headers.remove(six.frame);
        assertEquals(34, VirtioNetHeader.checksumStart(six.buffer, Frame.VIRTIO_AT), "as it was");
        assertEquals(34 + 70, VirtioNetHeader.checksumStart(sent.buffer(), Frame.VIRTIO_AT));
        final int udpAt = Frame.TRANSPORT_AT_IPV6;
        assertFalse(UdpHeader.checksumValidIpv6(sent.buffer(), udpAt, Frame.NETWORK_AT));
        UnderlayLink.completeChecksum(sent);
        assertTrue(UdpHeader.checksumValidIpv6(sent.buffer(), udpAt, Frame.NETWORK_AT));
    }

    @Test
    void shouldTakeOverWhatIsSaidAboutTheInnerChecksum() {
        final TunnelPort tunnel = vxlan(1, true);
        final int[] seen = new int[5];
        tunnel.deliverTo((inner, now) -> {
            seen[0] = VirtioNetHeader.flags(inner.buffer(), Frame.VIRTIO_AT);
            seen[1] = VirtioNetHeader.checksumStart(inner.buffer(), Frame.VIRTIO_AT);
            seen[2] = VirtioNetHeader.checksumOffset(inner.buffer(), Frame.VIRTIO_AT);
            seen[3] = VirtioNetHeader.gsoType(inner.buffer(), Frame.VIRTIO_AT);
            seen[4] = VirtioNetHeader.gsoSize(inner.buffer(), Frame.VIRTIO_AT);
        });
        link.inner(STATION, STATION, 30_000);
        link.wrapVxlan(1, VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER);
        VirtioNetHeader.writeTcpSegmentation(
                link.buffer, link.frame.virtioAt(), VirtioNetHeader.GSO_TCPV4, 104, 1398, 84, 16);
        link.send();
        assertArrayEquals(new int[] {VirtioNetHeader.NEEDS_CHECKSUM, 34, 16, VirtioNetHeader.GSO_TCPV4, 1398}, seen);
        link.inner(STATION, STATION, 100);
        link.wrapVxlan(1, VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER);
        VirtioNetHeader.writeNeedsChecksum(link.buffer, link.frame.virtioAt(), 34, UdpHeader.CHECKSUM);
        link.send();
        assertArrayEquals(new int[] {0, 0, 0, 0, 0}, seen, "the outer checksum says nothing about the inner one");
    }

    @Test
    void shouldDropWhatItDoesNotUnderstand() {
        vxlan(1, true);
        link.inner(STATION, STATION, 60);
        EthernetHeader.write(link.buffer, Frame.ETHERNET_AT, STATION, STATION, EthernetHeader.TYPE_VLAN);
        link.sendVxlan(1, UnderlayLink.PEER);
        assertEquals(1, dropped(DropReason.TUNNEL_VLAN));
        link.inner(STATION, EthernetHeader.BROADCAST, 60);
        link.sendVxlan(1, UnderlayLink.PEER);
        assertEquals(1, dropped(DropReason.TUNNEL_SOURCE));
        link.inner(STATION, STATION, 60);
        link.frame.length(13);
        link.sendVxlan(1, UnderlayLink.PEER);
        assertEquals(1, dropped(DropReason.TUNNEL_MALFORMED));
        link.inner(STATION, STATION, 60);
        link.wrapVxlan(1, VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER);
        Wire.put8(link.buffer, Frame.ETHERNET_AT - VxlanHeader.BYTES, 0);
        link.send();
        assertEquals(2, dropped(DropReason.TUNNEL_MALFORMED));
        assertTrue(link.delivered.isEmpty());
    }

    @Test
    void shouldDropAWrongOuterChecksum() {
        vxlan(1, true);
        for (final boolean right : new boolean[] {true, false}) {
            link.inner(STATION, STATION, 60);
            link.wrapVxlan(1, VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER);
            final int udpAt = link.frame.ethernetAt() + 34;
            UdpHeader.writeChecksum(
                    link.buffer, udpAt, link.frame.end() - udpAt, UnderlayLink.PEER, right ? UnderlayLink.US : 1);
            link.send();
        }
        assertEquals(1, link.delivered.size());
        assertEquals(1, dropped(DropReason.UDP_CHECKSUM));
    }

    @Test
    void shouldTakeFramesFromItsPeersOnlyUnlessItLearns() {
        vxlan(1, false, UnderlayLink.PEER);
        link.inner(STATION, STATION, 60);
        link.sendVxlan(1, UnderlayLink.OTHER);
        assertEquals(1, dropped(DropReason.TUNNEL_PEER));
        vxlan(2, true, UnderlayLink.PEER);
        link.inner(STATION, STATION, 60);
        link.sendVxlan(2, UnderlayLink.OTHER);
        assertEquals(1, link.delivered.size());
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

    @Test
    void shouldSendToAllPeersUntilItHasHeardTheStation() {
        final TunnelPort tunnel = vxlan(1, true, UnderlayLink.PEER, UnderlayLink.OTHER);
        link.introduce();
        assertEquals(2, copies(tunnel, STATION));
        link.inner(tunnel.mac(), STATION, 60);
        link.sendVxlan(1, UnderlayLink.OTHER);
        link.inner(STATION, tunnel.mac(), 60);
        tunnel.transmit(link.frame);
        assertTrue(link.received());
        assertEquals(UnderlayLink.OTHER, Ipv4Header.destination(link.buffer, Frame.NETWORK_AT));
        assertFalse(link.received());
        assertEquals(2, copies(tunnel, EthernetHeader.BROADCAST));
        link.now += MacTable.AGE_NANOS;
        link.introduce();
        assertEquals(2, copies(tunnel, STATION), "it was not heard of for too long");
    }

    @Test
    void shouldSendEverythingToAllPeersIfItDoesNotLearn() {
        final TunnelPort tunnel = vxlan(1, false, UnderlayLink.PEER, UnderlayLink.OTHER);
        link.introduce();
        link.inner(tunnel.mac(), STATION, 60);
        link.sendVxlan(1, UnderlayLink.OTHER);
        assertEquals(2, copies(tunnel, STATION));
    }

    @Test
    void shouldDropWhatIsForNobody() {
        final TunnelPort tunnel = vxlan(1, true);
        assertEquals(0, copies(tunnel, STATION));
        assertEquals(1, dropped(DropReason.TUNNEL_NO_PEER));
    }

    @Test
    void shouldMoveInnerFramesThatLieElsewhere() {
        vxlan(1, true);
        link.tunnel(TunnelKind.GRE, 7, true);
        link.inner(STATION, STATION, 200);
        final byte[] inner = link.bytes();
        link.wrapGre(7, UnderlayLink.PEER);
        link.send();
        assertArrayEquals(inner, link.delivered.getFirst());
    }

    @Test
    void shouldTakeGreWithChecksumAndSequenceNumber() {
        link.tunnel(TunnelKind.GRE, 7, true);
        link.inner(STATION, STATION, 200);
        final byte[] inner = link.bytes();
        link.frame.prepend(16);
        final int at = link.frame.ethernetAt();
        Wire.put32(link.buffer, at, 0xb000_6558);
        Wire.put32(link.buffer, at + 4, 0);
        Wire.put32(link.buffer, at + 8, 7);
        Wire.put32(link.buffer, at + 12, 1234);
        final int sum = Checksum.complete(Checksum.partial(link.buffer, at, link.frame.length(), 0));
        Wire.put16(link.buffer, at + 4, sum);
        link.wrapIpv4(Ipv4Header.PROTOCOL_GRE, UnderlayLink.PEER);
        final Frame again = new Frame();
        again.copyFrom(link.frame);
        link.send();
        assertArrayEquals(inner, link.delivered.getFirst());
        link.frame.copyFrom(again);
        Wire.put8(link.buffer, link.frame.end() - 1, 0xee);
        link.send();
        assertEquals(1, dropped(DropReason.TUNNEL_MALFORMED));
    }

    @Test
    void shouldPutOuterFragmentsTogether() {
        vxlan(1, true);
        link.inner(STATION, STATION, 200);
        final byte[] inner = link.bytes();
        link.wrapVxlan(1, VxlanHeader.DEFAULT_PORT, UnderlayLink.PEER);
        final Frame whole = new Frame();
        whole.copyFrom(link.frame);
        link.frame.expectOuter(0);
        final int length = whole.length() - EthernetHeader.BYTES - Ipv4Header.BYTES;
        for (int done = 0; done < length; done += 64) {
            final int piece = Math.min(64, length - done);
            link.buffer.put(Frame.TRANSPORT_AT, whole.buffer(), Frame.TRANSPORT_AT + done, piece);
            Ipv4Header.writeFragment(
                    link.buffer,
                    Frame.NETWORK_AT,
                    Ipv4Header.BYTES + piece,
                    5,
                    Ipv4Header.PROTOCOL_UDP,
                    UnderlayLink.PEER,
                    UnderlayLink.US,
                    done,
                    done + piece < length);
            EthernetHeader.write(
                    link.buffer, Frame.ETHERNET_AT, link.near.mac(), link.far.mac(), EthernetHeader.TYPE_IPV4);
            VirtioNetHeader.writeNone(link.buffer, Frame.VIRTIO_AT);
            link.frame.length(EthernetHeader.BYTES + Ipv4Header.BYTES + piece);
            link.send();
        }
        assertArrayEquals(inner, link.delivered.getFirst());
    }

    @Test
    void shouldAnswerPings() {
        vxlan(1, true);
        link.introduce();
        Wire.put32(link.buffer, Frame.TRANSPORT_AT, IcmpMessage.ECHO_REQUEST << 24);
        Wire.put32(link.buffer, Frame.TRANSPORT_AT + 4, 0x0001_0001);
        final int sum = Checksum.complete(Checksum.partial(link.buffer, Frame.TRANSPORT_AT, 8, 0));
        Wire.put16(link.buffer, Frame.TRANSPORT_AT + 2, sum);
        Ipv4Header.write(
                link.buffer, Frame.NETWORK_AT, 28, 1, Ipv4Header.PROTOCOL_ICMP, UnderlayLink.PEER, UnderlayLink.US);
        link.sendIpv4(28);
        assertTrue(link.received());
        assertEquals(IcmpMessage.ECHO_REPLY, IcmpMessage.type(link.buffer, Frame.TRANSPORT_AT));
    }

    /** As guests do. */
    @Test
    void shouldTellWhichByteOfAnOptionMakesNoSense() {
        vxlan(1, true);
        link.introduce();
        final int headerLength = Ipv4Header.BYTES + 4;
        Ipv4Header.write(
                link.buffer, Frame.NETWORK_AT, 60, 1, Ipv4Header.PROTOCOL_UDP, UnderlayLink.PEER, UnderlayLink.US);
        Wire.put32(link.buffer, Frame.NETWORK_AT + Ipv4Header.BYTES, 0x0101_0107); // a route without a length
        Wire.put8(link.buffer, Frame.NETWORK_AT, 4 << 4 | headerLength >> 2);
        Wire.put16(link.buffer, Frame.NETWORK_AT + 10, 0);
        final int sum = Checksum.complete(Checksum.partial(link.buffer, Frame.NETWORK_AT, headerLength, 0));
        Wire.put16(link.buffer, Frame.NETWORK_AT + 10, sum);
        link.sendIpv4(60);
        assertTrue(link.received());
        assertEquals(UnderlayLink.US, Ipv4Header.source(link.buffer, Frame.NETWORK_AT));
        assertEquals(UnderlayLink.PEER, Ipv4Header.destination(link.buffer, Frame.NETWORK_AT));
        assertEquals(IcmpMessage.PARAMETER_PROBLEM, IcmpMessage.type(link.buffer, Frame.TRANSPORT_AT));
        assertEquals(23, Wire.u8(link.buffer, Frame.TRANSPORT_AT + 4));
        assertEquals(1, link.underlay.counters().dropped(DropReason.IP_OPTION));
    }
}
