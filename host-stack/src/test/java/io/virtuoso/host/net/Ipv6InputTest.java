package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class Ipv6InputTest {
    private static final int AT = Ipv6Link.AT;

    private final Ipv6Link link = new Ipv6Link();
    private final ByteBuffer buffer = link.buffer;

    private void expectDrop(final DropReason reason) {
        assertEquals(1, link.path.counters().dropped(reason), reason.sentence());
        assertEquals(1, link.path.counters().dropped());
        assertFalse(link.received());
    }

    private void expectIcmp(final int type) {
        assertTrue(link.received());
        final int length = Ipv6Header.payloadLength(buffer, Frame.NETWORK_AT);
        assertEquals(EthernetHeader.TYPE_IPV6, EthernetHeader.type(buffer, Frame.ETHERNET_AT));
        assertNull(Ipv6Header.check(buffer, Frame.NETWORK_AT, Ipv6Header.BYTES + length));
        assertEquals(Ipv6Link.GUEST, Ipv6Header.sourceLow(buffer, Frame.NETWORK_AT));
        assertNull(Icmpv6Message.check(buffer, Frame.NETWORK_AT, AT, length));
        assertEquals(type, Icmpv6Message.type(buffer, AT));
    }

    private void expectAdvertisement(final int flags) {
        expectIcmp(NdMessage.ADVERTISEMENT);
        assertEquals(flags, NdMessage.flags(buffer, AT));
        assertEquals(Ipv6Link.GUEST, NdMessage.targetLow(buffer, AT));
        assertEquals(NdMessage.HOP_LIMIT, Ipv6Header.hopLimit(buffer, Frame.NETWORK_AT));
        assertEquals(link.near.mac(), NdMessage.mac(buffer, AT, NdMessage.BYTES_WITH_MAC, NdMessage.TARGET_MAC));
    }

    @Test
    void shouldAnswerSolicitations() {
        link.solicit(Ipv6Link.GUEST, true, true);
        expectAdvertisement(NdMessage.SOLICITED | NdMessage.OVERRIDE);
        assertEquals(Ipv6Link.KERNEL, Ipv6Header.destinationLow(buffer, Frame.NETWORK_AT));
        assertEquals(link.far.mac(), EthernetHeader.destination(buffer, Frame.ETHERNET_AT));

        link.solicit(Ipv6Link.GUEST, false, false); // a probe by who knows us
        expectAdvertisement(NdMessage.SOLICITED | NdMessage.OVERRIDE);
        link.sourceHigh = 0xfe80_0000_0000_0000L;
        link.solicit(Ipv6Link.GUEST, true, true);
        expectAdvertisement(NdMessage.SOLICITED | NdMessage.OVERRIDE);
        assertEquals(0xfe80_0000_0000_0000L, Ipv6Header.destinationHigh(buffer, Frame.NETWORK_AT));
    }

    @Test
    void shouldDefendItsAddress() {
        link.sourceHigh = 0;
        link.sourceLow = 0;
        link.solicit(Ipv6Link.GUEST, true, false);
        expectAdvertisement(NdMessage.OVERRIDE);
        assertEquals(0x3333_0000_0001L, EthernetHeader.destination(buffer, Frame.ETHERNET_AT));
        assertEquals(0, link.numbers.find(0, 0));
    }

    @Test
    void shouldNotAnswerForOthers() {
        link.solicit(9, true, true);
        expectDrop(DropReason.IP_NOT_OURS);
    }

    @Test
    void shouldDropSolicitationsFromBeyondTheLink() {
        link.writeHeader(Ipv6Header.PROTOCOL_ICMP, NdMessage.BYTES_WITH_MAC, 254, true);
        NdMessage.write(buffer, AT, NdMessage.SOLICITATION, 0, Ipv6Link.HIGH, Ipv6Link.GUEST, link.far.mac());
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, NdMessage.BYTES_WITH_MAC);
        link.send(NdMessage.BYTES_WITH_MAC, true);
        expectDrop(DropReason.ND_MALFORMED);
    }

    @Test
    void shouldAskBeforeItAnswersAStrangersPing() {
        link.ping(57);
        expectIcmp(NdMessage.SOLICITATION);
        assertEquals(Ipv6Link.KERNEL, NdMessage.targetLow(buffer, AT));
        assertEquals(0x3333_ff00_0001L, EthernetHeader.destination(buffer, Frame.ETHERNET_AT));
        assertEquals(link.near.mac(), NdMessage.mac(buffer, AT, NdMessage.BYTES_WITH_MAC, NdMessage.SOURCE_MAC));
        assertFalse(link.received());

        link.advertise(Ipv6Link.KERNEL, link.far.mac(), NdMessage.SOLICITED);
        expectIcmp(Icmpv6Message.ECHO_REPLY);
        assertEquals(0x1234_0001, Wire.i32(buffer, AT + 4));
        assertEquals(56, buffer.get(AT + Icmpv6Message.BYTES + 56));
        link.ping(1);
        expectIcmp(Icmpv6Message.ECHO_REPLY);
        assertFalse(link.received());
    }

    @Test
    void shouldVerifyWhatASolicitationTaught() {
        link.solicit(Ipv6Link.GUEST, true, true);
        link.forgetReceived();
        link.ping(1);
        expectIcmp(NdMessage.SOLICITATION);
        assertEquals(link.far.mac(), EthernetHeader.destination(buffer, Frame.ETHERNET_AT));
        expectIcmp(Icmpv6Message.ECHO_REPLY);
    }

    @Test
    void shouldKeepToAKnownMacUnlessToldToOverride() {
        link.introduce();
        link.advertise(Ipv6Link.KERNEL, 0x0200_0000_0099L, NdMessage.SOLICITED);
        link.ping(1);
        expectIcmp(NdMessage.SOLICITATION); // it looks whether the known one still holds
        expectIcmp(Icmpv6Message.ECHO_REPLY);
        assertEquals(link.far.mac(), EthernetHeader.destination(buffer, Frame.ETHERNET_AT));

        link.advertise(Ipv6Link.KERNEL, 0x0200_0000_0099L, NdMessage.SOLICITED | NdMessage.OVERRIDE);
        link.ping(1);
        expectIcmp(Icmpv6Message.ECHO_REPLY);
        assertEquals(0x0200_0000_0099L, EthernetHeader.destination(buffer, Frame.ETHERNET_AT));
    }

    @Test
    void shouldNotLearnFromAdvertisementsThatNobodyAskedFor() {
        link.advertise(77, link.far.mac(), NdMessage.OVERRIDE);
        assertEquals(Ipv6Numbers.NONE, link.numbers.find(Ipv6Link.HIGH, 77));
    }

    @Test
    void shouldKeepNeighboursWithinBoundsWhenStrangersAsk() {
        link.introduce();
        for (int i = 100; i < 100 + 2 * NeighbourTable.MAX_NEIGHBOURS; i++) {
            link.sourceLow = i;
            link.solicit(Ipv6Link.GUEST, true, true);
            link.forgetReceived();
        }
        assertTrue(link.numbers.size() <= 2 * NeighbourTable.MAX_NEIGHBOURS, "" + link.numbers.size());
        link.sourceLow = Ipv6Link.KERNEL;
        link.ping(1);
        expectIcmp(Icmpv6Message.ECHO_REPLY); // who was known still is
    }

    @Test
    void shouldResetSegmentsForNobodyWithoutGivingTheirSourceANumber() {
        link.introduce();
        link.segment(81, TcpHeader.SYN);
        assertTrue(link.received());
        assertEquals(TcpHeader.RST | TcpHeader.ACK, TcpHeader.flags(buffer, AT));
        final long pseudo = Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, TcpHeader.BYTES);
        TcpHeader.writeChecksum(buffer, AT, TcpHeader.BYTES, pseudo);
        assertTrue(TcpHeader.checksumValid(buffer, AT, TcpHeader.BYTES, pseudo));

        link.sourceHigh = 0x2001_0db8_0000_0000L;
        link.segment(81, TcpHeader.SYN);
        assertEquals(Ipv6Numbers.NONE, link.numbers.find(0x2001_0db8_0000_0000L, Ipv6Link.KERNEL));
        assertTrue(link.received()); // by the gateway
        assertEquals(0x2001_0db8_0000_0000L, Ipv6Header.destinationHigh(buffer, Frame.NETWORK_AT));
        assertEquals(link.far.mac(), EthernetHeader.destination(buffer, Frame.ETHERNET_AT));
    }

    @Test
    void shouldSayThatNobodyHasAUdpPort() {
        link.introduce();
        link.datagram(53);
        expectIcmp(Icmpv6Message.UNREACHABLE);
        assertEquals(Icmpv6Message.CODE_PORT, Icmpv6Message.code(buffer, AT));
        assertEquals(Ipv6Link.KERNEL, Ipv6Header.sourceLow(buffer, AT + Icmpv6Message.BYTES));
    }

    @Test
    void shouldPassOverHarmlessExtensionHeaders() {
        link.introduce();
        final int length = 8 + TcpHeader.BYTES;
        link.writeHeader(60, length, 64, false);
        Wire.put64(buffer, AT, (long) Ipv4Header.PROTOCOL_TCP << 56 | 0x01_04L << 32);
        TcpHeader.write(buffer, AT + 8, 40_000 << 16 | 81, 1, 2, TcpHeader.BYTES, TcpHeader.SYN, 100);
        final long pseudo = Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, TcpHeader.BYTES);
        TcpHeader.writeChecksum(buffer, AT + 8, TcpHeader.BYTES, pseudo);
        link.send(length, false);
        assertTrue(link.received());
        assertEquals(TcpHeader.RST | TcpHeader.ACK, TcpHeader.flags(buffer, AT));
    }

    @Test
    void shouldDropSourcesThatNobodyCanHave() {
        final long[][] sources = {{0, 1}, {0xff02_0000_0000_0000L, 1}, {Ipv6Link.HIGH, Ipv6Link.GUEST}, {0, 0}};
        for (int i = 0; i < sources.length; i++) {
            link.sourceHigh = sources[i][0];
            link.sourceLow = sources[i][1];
            link.segment(80, TcpHeader.SYN);
            assertEquals(i + 1, link.path.counters().dropped(DropReason.IP_SOURCE));
        }
        assertFalse(link.received());
    }

    @Test
    void shouldNotTakeAnIpv4AddressForANumber() {
        final int number = link.numbers.find(Ipv6Link.HIGH, Ipv6Link.GUEST);
        Ipv4Header.write(buffer, Frame.NETWORK_AT, 20, 1, Ipv4Header.PROTOCOL_TCP, Link.KERNEL, number);
        EthernetHeader.write(buffer, Frame.ETHERNET_AT, link.near.mac(), link.far.mac(), EthernetHeader.TYPE_IPV4);
        link.frame.length(EthernetHeader.BYTES + 20);
        link.far.transmit(link.frame);
        link.path.poll(link.now, 1);
        expectDrop(DropReason.IP_NOT_OURS);
    }

    private StreamSocket connected() {
        link.introduce();
        final StreamSocket socket = new StreamSocket(1 << 16, false, 100_000);
        final int from = link.numbers.find(Ipv6Link.HIGH, Ipv6Link.GUEST);
        final int to = link.numbers.take(Ipv6Link.HIGH, Ipv6Link.KERNEL);
        socket.connection(link.path.connect(from, 5000, to, 80, socket, link.now));
        assertTrue(link.received());
        return socket;
    }

    /** Sends an ICMPv6 error about the packet in the frame. */
    private void fail(final int type, final int code, final int mtu) {
        final int quoted = Math.min(100, Ipv6Header.BYTES + Ipv6Header.payloadLength(buffer, Frame.NETWORK_AT));
        final byte[] packet = new byte[quoted];
        buffer.get(Frame.NETWORK_AT, packet);
        final int length = Icmpv6Message.BYTES + quoted;
        buffer.put(AT + Icmpv6Message.BYTES, packet);
        Icmpv6Message.writeHeader(buffer, AT, type, code);
        Wire.put32(buffer, AT + 4, mtu);
        link.writeHeader(Ipv6Header.PROTOCOL_ICMP, length, 64, false);
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, length);
        link.send(length, false);
    }

    @Test
    void shouldTellConnectsOfErrors() {
        final int[][] expected = {
            {Icmpv6Message.UNREACHABLE, 0, TcpErrno.ENETUNREACH},
            {Icmpv6Message.UNREACHABLE, 3, TcpErrno.EHOSTUNREACH},
            {Icmpv6Message.UNREACHABLE, 4, TcpErrno.ECONNREFUSED},
            {Icmpv6Message.UNREACHABLE, 7, TcpErrno.EPROTO},
            {Icmpv6Message.TIME_EXCEEDED, 0, TcpErrno.EHOSTUNREACH},
        };
        for (final int[] error : expected) {
            final StreamSocket socket = connected();
            fail(error[0], error[1], 0);
            assertEquals(error[2], socket.errno);
        }
        assertEquals(5, link.path.counters().get(StackCounter.ICMP_ERRORS_IN));
    }

    @Test
    void shouldIgnoreErrorsAboutWhatItDidNotSend() {
        final StreamSocket socket = connected();
        Wire.put16(buffer, AT, 5001);
        fail(Icmpv6Message.UNREACHABLE, 0, 0);
        assertEquals(0, socket.errno);
        assertEquals(1, link.path.counters().dropped(DropReason.ICMP_NO_FLOW));
    }

    @Test
    void shouldMakeSegmentsThatFitThePath() {
        final StreamSocket socket = connected();
        final int sequence = TcpHeader.sequence(buffer, AT);
        link.writeHeader(Ipv4Header.PROTOCOL_TCP, 24, 64, false);
        TcpHeader.write(buffer, AT, 80 << 16 | 5000, 9, sequence + 1, 24, TcpHeader.SYN | TcpHeader.ACK, 60_000);
        Wire.put32(buffer, AT + 20, 2 << 24 | 4 << 16 | 1440);
        TcpHeader.writeChecksum(
                buffer, AT, 24, Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, 24));
        link.send(24, false);
        link.forgetReceived();
        socket.step(link.now);
        assertEquals(1440, socket.connection().tcp().info().mss());
        assertTrue(link.received());
        fail(Icmpv6Message.PACKET_TOO_BIG, 0, 1400);
        assertEquals(1340, socket.connection().tcp().info().mss());
        link.received();
        fail(Icmpv6Message.PACKET_TOO_BIG, 0, 600);
        assertEquals(1220, socket.connection().tcp().info().mss()); // RFC 8201: never below 1,280 bytes
    }

    /** RFC 9293 section 3.7.1: 1,220 bytes, not the 536 of IPv4. */
    @Test
    void shouldTakeAPeerWithoutTheOptionForOneOfSegmentsThatEachLinkCarries() {
        final StreamSocket socket = connected();
        final int sequence = TcpHeader.sequence(buffer, AT);
        link.writeHeader(Ipv4Header.PROTOCOL_TCP, 20, 64, false);
        TcpHeader.write(buffer, AT, 80 << 16 | 5000, 9, sequence + 1, 20, TcpHeader.SYN | TcpHeader.ACK, 60_000);
        TcpHeader.writeChecksum(
                buffer, AT, 20, Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, 20));
        link.send(20, false);
        assertEquals(1220, socket.connection().tcp().info().mss());
    }

    /** RFC 2464 section 6: what is longer holds no address of Ethernet. */
    @Test
    void shouldDropSolicitationsWithAnAddressOfAnotherLength() {
        final int length = NdMessage.BYTES_WITH_MAC + 8;
        link.writeHeader(Ipv6Header.PROTOCOL_ICMP, length, NdMessage.HOP_LIMIT, true);
        NdMessage.write(buffer, AT, NdMessage.SOLICITATION, 0, Ipv6Link.HIGH, Ipv6Link.GUEST, link.far.mac());
        Wire.put8(buffer, AT + NdMessage.BYTES + 1, 2);
        Wire.put64(buffer, AT + NdMessage.BYTES_WITH_MAC, 0);
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, length);
        link.send(length, true);
        expectDrop(DropReason.ND_MALFORMED);
    }
}
