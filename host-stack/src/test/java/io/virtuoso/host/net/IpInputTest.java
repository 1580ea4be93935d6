package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.HairpinPort;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class IpInputTest {
    private final Link link = new Link();
    private final ByteBuffer buffer = link.frame.buffer();

    private void expectDrop(final DropReason reason) {
        assertEquals(1, link.path.counters().dropped(reason), reason.sentence());
        assertEquals(1, link.path.counters().dropped());
        assertFalse(link.received());
    }

    @Test
    void shouldAnswerArpForEveryGuest() {
        link.path.addAddress(Link.OTHER_GUEST);
        for (final int guest : new int[] {Link.GUEST, Link.OTHER_GUEST}) {
            link.sendArp(ArpPacket.REQUEST, Link.KERNEL, guest, EthernetHeader.BROADCAST);
            assertTrue(link.received());
            assertEquals(ArpPacket.REPLY, ArpPacket.operation(buffer, Frame.NETWORK_AT));
            assertEquals(link.near.mac(), ArpPacket.senderMac(buffer, Frame.NETWORK_AT));
            assertEquals(guest, ArpPacket.senderAddress(buffer, Frame.NETWORK_AT));
            assertEquals(link.far.mac(), EthernetHeader.destination(buffer, Frame.ETHERNET_AT));
        }
    }

    @Test
    void shouldNotAnswerArpForOthers() {
        link.sendArp(ArpPacket.REQUEST, Link.KERNEL, Link.OTHER_GUEST, EthernetHeader.BROADCAST);
        assertFalse(link.received());

        link.path.removeAddress(Link.GUEST);
        link.sendArp(ArpPacket.REQUEST, Link.KERNEL, Link.GUEST, EthernetHeader.BROADCAST);
        assertFalse(link.received());
    }

    @Test
    void shouldIgnoreArpThatClaimsAGuestsAddress() {
        link.sendArp(ArpPacket.REQUEST, Link.GUEST, Link.GUEST, EthernetHeader.BROADCAST);
        expectDrop(DropReason.IP_SOURCE);
    }

    @Test
    void shouldIgnoreArpOfStationsThatCannotBe() {
        final int[] senders = {0xf000_0000, 0xffff_ffff, 0xffff_fffe, 0xe000_0001, 0x7f00_0001};
        for (int i = 0; i < senders.length; i++) {
            for (final int operation : new int[] {ArpPacket.REQUEST, ArpPacket.REPLY}) {
                link.sendArp(operation, senders[i], Link.GUEST, EthernetHeader.BROADCAST);
            }
            assertEquals(2L * (i + 1), link.path.counters().dropped(DropReason.IP_SOURCE));
        }
        assertFalse(link.received());
        assertEquals(0, link.path.counters().get(StackCounter.ARP_IN));
    }

    @Test
    void shouldAnswerAProbeForAGuestsAddress() {
        link.sendArp(ArpPacket.REQUEST, 0, Link.GUEST, EthernetHeader.BROADCAST);
        assertTrue(link.received());
        assertEquals(ArpPacket.REPLY, ArpPacket.operation(buffer, Frame.NETWORK_AT));
    }

    @Test
    void shouldBelieveNoStrangerThatUsesOurAddressWhereOurOwnPacketsComeBack() {
        link.path.hairpins(new HairpinPort(link.near));
        link.sendIp(Ipv4Header.PROTOCOL_ICMP, Link.GUEST, Link.GUEST, writeEcho(8));
        expectDrop(DropReason.IP_SOURCE);
    }

    private int writeEcho(final int dataBytes) {
        for (int i = 0; i < dataBytes; i++) {
            buffer.put(Frame.TRANSPORT_AT + IcmpMessage.BYTES + i, (byte) i);
        }
        final int length = IcmpMessage.BYTES + dataBytes;
        Wire.put32(buffer, Frame.TRANSPORT_AT, IcmpMessage.ECHO_REQUEST << 24);
        Wire.put32(buffer, Frame.TRANSPORT_AT + 4, 0x1234_0001);
        Wire.put16(
                buffer,
                Frame.TRANSPORT_AT + 2,
                Checksum.complete(Checksum.partial(buffer, Frame.TRANSPORT_AT, length, 0)));
        return length;
    }

    @Test
    void shouldAnswerPing() {
        link.introduce();
        final int length = writeEcho(57);
        link.sendIp(Ipv4Header.PROTOCOL_ICMP, Link.KERNEL, Link.GUEST, length);

        assertTrue(link.received());
        assertNull(Ipv4Header.check(buffer, Frame.NETWORK_AT, Ipv4Header.BYTES + length));
        assertEquals(Link.GUEST, Ipv4Header.source(buffer, Frame.NETWORK_AT));
        assertEquals(Link.KERNEL, Ipv4Header.destination(buffer, Frame.NETWORK_AT));
        assertNull(IcmpMessage.check(buffer, Frame.TRANSPORT_AT, length));
        assertEquals(IcmpMessage.ECHO_REPLY, IcmpMessage.type(buffer, Frame.TRANSPORT_AT));
        assertEquals(0x1234_0001, Wire.i32(buffer, Frame.TRANSPORT_AT + 4));
        assertEquals(56, buffer.get(Frame.TRANSPORT_AT + IcmpMessage.BYTES + 56));
    }

    @Test
    void shouldDropPingWithWrongChecksum() {
        link.introduce();
        final int length = writeEcho(8);
        buffer.put(Frame.TRANSPORT_AT + 9, (byte) 99);
        link.sendIp(Ipv4Header.PROTOCOL_ICMP, Link.KERNEL, Link.GUEST, length);
        expectDrop(DropReason.ICMP_CHECKSUM);
    }

    @Test
    void shouldNotForward() {
        link.sendIp(Ipv4Header.PROTOCOL_ICMP, Link.KERNEL, Link.OTHER_GUEST, writeEcho(8));
        expectDrop(DropReason.IP_NOT_OURS);
    }

    @Test
    void shouldDropPacketsThatPretendToComeFromAGuest() {
        link.path.addAddress(Link.OTHER_GUEST);
        link.sendIp(Ipv4Header.PROTOCOL_ICMP, Link.OTHER_GUEST, Link.GUEST, writeEcho(8));
        expectDrop(DropReason.IP_SOURCE);
    }

    @Test
    void shouldDropOtherProtocols() {
        link.sendIp(132, Link.KERNEL, Link.GUEST, 8);
        expectDrop(DropReason.IP_PROTOCOL);
    }

    @Test
    void shouldDropFramesForOtherStations() {
        final int length = writeEcho(8);
        Ipv4Header.write(buffer, Frame.NETWORK_AT, 20 + length, 1, 1, Link.KERNEL, Link.GUEST);
        link.send(EthernetHeader.TYPE_IPV4, 0x0200_0000_0099L, 20 + length);
        expectDrop(DropReason.FRAME_DESTINATION);
    }

    @Test
    void shouldDropOtherFrameTypes() {
        link.send(EthernetHeader.TYPE_IPV6, link.near.mac(), 40);
        expectDrop(DropReason.FRAME_TYPE);
    }

    private int writeTcp(final int flags, final int payload) {
        TcpHeader.write(buffer, Frame.TRANSPORT_AT, 40_000 << 16 | 80, 1000, 2000, 20, flags, 100);
        TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, 20 + payload, Link.KERNEL, Link.GUEST);
        return 20 + payload;
    }

    @Test
    void shouldResetSegmentsToClosedPorts() {
        link.introduce();
        link.sendIp(Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST, writeTcp(TcpHeader.SYN, 0));
        assertTrue(link.received());
        assertEquals(TcpHeader.RST | TcpHeader.ACK, TcpHeader.flags(buffer, Frame.TRANSPORT_AT));
        assertEquals(0, TcpHeader.sequence(buffer, Frame.TRANSPORT_AT));
        assertEquals(1001, TcpHeader.acknowledgment(buffer, Frame.TRANSPORT_AT));
        assertEquals(80, TcpHeader.sourcePort(buffer, Frame.TRANSPORT_AT));

        link.sendIp(Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST, writeTcp(TcpHeader.ACK, 7));
        assertTrue(link.received());
        assertEquals(TcpHeader.RST, TcpHeader.flags(buffer, Frame.TRANSPORT_AT));
        assertEquals(2000, TcpHeader.sequence(buffer, Frame.TRANSPORT_AT));

        link.sendIp(Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST, writeTcp(TcpHeader.RST, 0));
        assertFalse(link.received());
        assertEquals(3, link.path.counters().dropped(DropReason.TCP_NO_FLOW));
        assertEquals(2, link.path.counters().get(StackCounter.RESETS_OUT));
    }

    @Test
    void shouldDropSegmentsWithWrongChecksum() {
        link.introduce();
        final int length = writeTcp(TcpHeader.SYN, 0);
        buffer.put(Frame.TRANSPORT_AT + 15, (byte) 99);
        link.sendIp(Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST, length);
        expectDrop(DropReason.TCP_CHECKSUM);
    }

    @Test
    void shouldTakeSegmentsWhosePortVouchesForTheChecksum() {
        link.introduce();
        final int length = writeTcp(TcpHeader.SYN, 0);
        buffer.put(Frame.TRANSPORT_AT + 15, (byte) 99);
        Ipv4Header.write(buffer, Frame.NETWORK_AT, 20 + length, 1, 6, Link.KERNEL, Link.GUEST);
        VirtioNetHeader.writeNeedsChecksum(buffer, Frame.VIRTIO_AT, 34, 16);
        link.sendAsIs(EthernetHeader.TYPE_IPV4, link.near.mac(), 20 + length);
        assertTrue(link.received());
        assertEquals(0, link.path.counters().dropped(DropReason.TCP_CHECKSUM));
    }
}
