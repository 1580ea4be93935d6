package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.FragmentHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Echo requests of IPv6 longer than the port's packets. */
class FragmentedEchoIpv6Test {
    private static final int PIECE = 1448;
    private static final int IP_AT = Ipv6Link.AT - Ipv6Header.BYTES;

    private final Ipv6Link link = new Ipv6Link();
    private final ByteBuffer buffer = link.buffer;
    private int trafficClass;

    @BeforeEach
    void introduce() {
        link.introduce();
    }

    private byte[] request(final int dataBytes) {
        final byte[] message = new byte[Icmpv6Message.BYTES + dataBytes];
        new SplittableRandom(dataBytes).nextBytes(message);
        link.writeHeader(Ipv6Header.PROTOCOL_ICMP, 0, 64, false);
        final ByteBuffer packet = ByteBuffer.allocate(Ipv6Header.BYTES + message.length);
        packet.put(0, buffer, IP_AT, Ipv6Header.BYTES).put(Ipv6Header.BYTES, message);
        Wire.put16(packet, Ipv6Header.BYTES, Icmpv6Message.ECHO_REQUEST << Byte.SIZE);
        Icmpv6Message.writeChecksum(packet, 0, Ipv6Header.BYTES, message.length);
        packet.get(Ipv6Header.BYTES, message);
        return message;
    }

    private void send(final byte[] message, final int id) {
        for (int from = 0; from < message.length; from += PIECE) {
            final int length = Math.min(PIECE, message.length - from);
            link.writeHeader(FragmentHeader.PROTOCOL, FragmentHeader.BYTES + length, 64, false);
            Wire.put8(buffer, IP_AT, 6 << 4 | trafficClass >>> 4);
            Wire.put8(buffer, IP_AT + 1, (trafficClass & 0xf) << 4);
            final boolean more = from + length < message.length;
            FragmentHeader.write(buffer, Ipv6Link.AT, Ipv6Header.PROTOCOL_ICMP, from, more, id);
            buffer.put(Ipv6Link.AT + FragmentHeader.BYTES, message, from, length);
            link.send(FragmentHeader.BYTES + length, false);
        }
    }

    /** @return the reply, put together of fragments with so many bytes each */
    private byte[] reply(final int length, final int most) {
        final byte[] message = new byte[length];
        int id = 0;
        for (int from = 0; from < length; from += most) {
            final int piece = Math.min(most, length - from);
            assertTrue(link.received());
            assertNull(Ipv6Header.check(buffer, IP_AT, link.frame.length()));
            assertEquals(FragmentHeader.PROTOCOL, Ipv6Header.nextHeader(buffer, IP_AT));
            assertEquals(trafficClass, Ipv6Header.trafficClass(buffer, IP_AT));
            assertEquals(FragmentHeader.BYTES + piece, Ipv6Header.payloadLength(buffer, IP_AT));
            assertEquals(Ipv6Link.GUEST, Ipv6Header.sourceLow(buffer, IP_AT));
            assertEquals(link.sourceHigh, Ipv6Header.destinationHigh(buffer, IP_AT));
            assertEquals(link.sourceLow, Ipv6Header.destinationLow(buffer, IP_AT));
            assertEquals(Ipv6Header.PROTOCOL_ICMP, FragmentHeader.nextHeader(buffer, Ipv6Link.AT));
            assertEquals(from, FragmentHeader.offset(buffer, Ipv6Link.AT));
            assertEquals(from + piece < length, FragmentHeader.more(buffer, Ipv6Link.AT));
            id = from == 0 ? FragmentHeader.identification(buffer, Ipv6Link.AT) : id;
            assertEquals(id, FragmentHeader.identification(buffer, Ipv6Link.AT));
            buffer.get(Ipv6Link.AT + FragmentHeader.BYTES, message, from, piece);
        }
        assertFalse(link.received());
        return message;
    }

    private void assertAnswers(final byte[] request, final byte[] reply) {
        final ByteBuffer packet = ByteBuffer.allocate(Ipv6Header.BYTES + reply.length);
        packet.put(0, buffer, IP_AT, Ipv6Header.BYTES).put(Ipv6Header.BYTES, reply);
        assertNull(Icmpv6Message.check(packet, 0, Ipv6Header.BYTES, reply.length));
        assertEquals(Icmpv6Message.ECHO_REPLY, Wire.u8(packet, Ipv6Header.BYTES));
        assertArrayEquals(Arrays.copyOfRange(request, 4, request.length), Arrays.copyOfRange(reply, 4, reply.length));
    }

    @Test
    void shouldAnswerInFragments() {
        for (final int dataBytes : new int[] {1453, 3000, 2 * PIECE - 8, 65_527}) {
            final byte[] request = request(dataBytes);
            send(request, dataBytes);
            assertAnswers(request, reply(request.length, PIECE));
        }
        assertEquals(5, link.path.counters().get(StackCounter.ECHO_REPLIES)); // the first one was the introduction's
        assertEquals(0, link.path.counters().dropped());
    }

    /** As Linux does. */
    @Test
    void shouldAnswerInTheRequestsClass() {
        trafficClass = 0xba;
        final byte[] request = request(3000);
        send(request, 1);
        assertAnswers(request, reply(request.length, PIECE));
        send(request(100), 2);
        assertTrue(link.received());
        assertEquals(trafficClass, Ipv6Header.trafficClass(buffer, IP_AT));
    }

    @Test
    void shouldAnswerWholeWhatFits() {
        send(request(1452), 1);
        assertTrue(link.received());
        assertEquals(Icmpv6Message.BYTES + 1452, Ipv6Header.payloadLength(buffer, IP_AT));
        assertFalse(link.received());
    }

    /** Whatever headers a request has, the reply has none between IPv6's own and ICMP's. */
    @Test
    void shouldAnswerBehindExtensionHeaders() {
        final byte[] request = request(100);
        send(request, 1); // an atomic fragment
        assertRepliesWhole(request);
        final int options = 16;
        final int length = options + request.length;
        link.writeHeader(60, length, 64, false);
        buffer.put(Ipv6Link.AT, HexFormat.of().parseHex("3a01010c000000000000000000000000"));
        buffer.put(Ipv6Link.AT + options, request);
        link.send(length, false);
        assertRepliesWhole(request);
    }

    private void assertRepliesWhole(final byte[] request) {
        assertTrue(link.received());
        assertEquals(Ipv6Header.PROTOCOL_ICMP, Ipv6Header.nextHeader(buffer, IP_AT));
        assertEquals(request.length, Ipv6Header.payloadLength(buffer, IP_AT));
        final byte[] reply = new byte[request.length];
        buffer.get(Ipv6Link.AT, reply);
        assertAnswers(request, reply);
        assertFalse(link.received());
    }

    /** Who is not known yet gets the whole reply as soon as it says where it is. */
    @Test
    void shouldKeepAllFragmentsWhileItAsksForTheirReceiver() {
        final long before = link.path.counters().get(StackCounter.ND_OUT);
        link.sourceLow = 77;
        final byte[] request = request(3000);
        send(request, 1);
        assertTrue(link.received());
        assertEquals(NdMessage.SOLICITATION, Icmpv6Message.type(buffer, Ipv6Link.AT));
        assertFalse(link.received());
        link.advertise(77, link.far.mac(), NdMessage.SOLICITED | NdMessage.OVERRIDE);
        assertAnswers(request, reply(request.length, PIECE));
        assertEquals(before + 1, link.path.counters().get(StackCounter.ND_OUT));
    }

    /** A router says that the packet in the frame is larger than this. */
    private void tellTooBig(final int mtu) {
        final byte[] quoted = new byte[1000];
        buffer.get(IP_AT, quoted);
        final int length = Icmpv6Message.BYTES + quoted.length;
        link.writeHeader(Ipv6Header.PROTOCOL_ICMP, length, 64, false);
        Icmpv6Message.writePacketTooBig(buffer, Ipv6Link.AT, mtu);
        buffer.put(Ipv6Link.AT + Icmpv6Message.BYTES, quoted);
        Icmpv6Message.writeChecksum(buffer, IP_AT, Ipv6Link.AT, length);
        link.send(length, false);
    }

    /** RFC 8201. The sender of the requests need not be on the link. */
    @Test
    void shouldSendNoMoreThanTheWayCarries() {
        link.sourceHigh = 0x2001_0db8_0000_0000L;
        final byte[] request = request(3000);
        send(request, 1);
        assertTrue(link.received()); // the first fragment
        link.sourceHigh = Ipv6Link.HIGH;
        tellTooBig(1400);
        link.forgetReceived();
        assertEquals(1, link.path.counters().get(StackCounter.ICMP_ERRORS_IN));
        link.sourceHigh = 0x2001_0db8_0000_0000L;
        send(request, 2);
        assertAnswers(request, reply(request.length, 1400 - Ipv6Header.BYTES - FragmentHeader.BYTES));
    }

    @Test
    void shouldHeedARouterAboutEchoRepliesOnly() {
        link.ping(1400);
        assertTrue(link.received());
        Wire.put8(buffer, Ipv6Link.AT, Icmpv6Message.ECHO_REQUEST); // guests send none
        tellTooBig(1400);
        assertEquals(1, link.path.counters().dropped(DropReason.ICMP_NO_FLOW));
        link.ping(1400);
        assertTrue(link.received());
        assertEquals(Icmpv6Message.BYTES + 1400, Ipv6Header.payloadLength(buffer, IP_AT));
    }
}
