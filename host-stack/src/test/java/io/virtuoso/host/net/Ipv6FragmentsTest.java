package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.FragmentHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fragments of IPv6 (RFC 8200 section 4.5), both ways. */
class Ipv6FragmentsTest {
    private static final int PORT = 53;
    private static final int PIECE = 1448;

    private final Ipv6Link link = new Ipv6Link();
    private final ByteBuffer buffer = link.buffer;
    private final List<byte[]> received = new ArrayList<>();

    @BeforeEach
    void receive() {
        link.path.datagrams(new DatagramSink() {
            @Override
            public boolean onDatagram(
                    int localAddress,
                    int localPort,
                    int remoteAddress,
                    int remotePort,
                    ByteBuffer from,
                    int at,
                    int length) {
                final byte[] payload = new byte[length];
                from.get(at, payload);
                received.add(payload);
                return true;
            }

            @Override
            public boolean onIcmpError(
                    int localAddress,
                    int localPort,
                    int remoteAddress,
                    int remotePort,
                    IcmpError error,
                    ByteBuffer from,
                    int at,
                    int length) {
                return localPort == PORT;
            }
        });
    }

    private static byte[] payload(final int length) {
        final byte[] payload = new byte[length];
        new SplittableRandom(length).nextBytes(payload);
        return payload;
    }

    /** @return UDP header and payload, as the data of a packet */
    private byte[] datagram(final byte[] payload) {
        final int length = UdpHeader.BYTES + payload.length;
        link.writeHeader(Ipv4Header.PROTOCOL_UDP, 0, 64, false);
        final ByteBuffer data = ByteBuffer.allocate(Ipv6Header.BYTES + length);
        data.put(0, buffer, Ipv6Link.AT - Ipv6Header.BYTES, Ipv6Header.BYTES);
        UdpHeader.write(data, Ipv6Header.BYTES, 4000, PORT, length);
        data.put(Ipv6Header.BYTES + UdpHeader.BYTES, payload);
        UdpHeader.writeChecksumIpv6(data, Ipv6Header.BYTES, length, 0);
        final byte[] packet = new byte[length];
        data.get(Ipv6Header.BYTES, packet);
        return packet;
    }

    private void send(final byte[] data, final int id, final int from, final int to) {
        send(data, id, from, to, to < data.length);
    }

    private void send(final byte[] data, final int id, final int from, final int to, final boolean more) {
        final int length = FragmentHeader.BYTES + to - from;
        link.writeHeader(FragmentHeader.PROTOCOL, length, 64, false);
        FragmentHeader.write(buffer, Ipv6Link.AT, Ipv4Header.PROTOCOL_UDP, from, more, id);
        buffer.put(Ipv6Link.AT + FragmentHeader.BYTES, data, from, to - from);
        link.send(length, false);
    }

    private void sendAll(final byte[] data, final int id) {
        for (int from = 0; from < data.length; from += PIECE) {
            send(data, id, from, Math.min(data.length, from + PIECE));
        }
    }

    private long dropped(final DropReason reason) {
        return link.path.counters().dropped(reason);
    }

    @Test
    void shouldPutFragmentsTogetherInAnyOrder() {
        final byte[] payload = payload(4000);
        final byte[] data = datagram(payload);
        final int[][] orders = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {2, 0, 1}};
        for (int round = 0; round < orders.length; round++) {
            for (final int piece : orders[round]) {
                send(data, round, piece * PIECE, Math.min(data.length, (piece + 1) * PIECE));
            }
            assertEquals(round + 1, received.size());
            assertArrayEquals(payload, received.get(round));
        }
        assertEquals(0, link.path.counters().dropped());
        assertEquals(8, link.path.counters().get(StackCounter.FRAGMENTS_IN));
    }

    @Test
    void shouldTakeTheLargestPacket() {
        final byte[] payload = payload(65_527);
        sendAll(datagram(payload), 1);
        assertArrayEquals(payload, received.getFirst());
    }

    @Test
    void shouldKeepPacketsApartAndTakeDuplicates() {
        final byte[] one = datagram(payload(2000));
        final byte[] other = datagram(payload(2100));
        send(one, 1, 0, PIECE);
        send(other, 2, 0, PIECE);
        send(one, 1, 0, PIECE);
        send(other, 2, PIECE, other.length);
        send(one, 1, PIECE, one.length);
        assertArrayEquals(payload(2100), received.get(0));
        assertArrayEquals(payload(2000), received.get(1));
    }

    /** RFC 5722. */
    @Test
    void shouldGiveUpAPacketWhoseFragmentsOverlap() {
        final byte[] data = datagram(payload(3000));
        send(data, 1, 0, PIECE);
        send(data, 1, PIECE - 8, 2 * PIECE);
        assertEquals(1, dropped(DropReason.IP_FRAGMENT));
        send(data, 1, PIECE, data.length);
        assertTrue(received.isEmpty());
    }

    /** RFC 6946: it is no part of anything, whatever has the same identification. */
    @Test
    void shouldTakeAnAtomicFragmentByItself() {
        final byte[] parts = datagram(payload(2000));
        final byte[] whole = datagram(payload(100));
        send(parts, 7, 0, PIECE);
        send(whole, 7, 0, whole.length);
        assertArrayEquals(payload(100), received.getFirst());
        send(parts, 7, PIECE, parts.length);
        assertArrayEquals(payload(2000), received.getLast());
    }

    @Test
    void shouldDropWhatCannotBeAPart() {
        final byte[] data = datagram(payload(65_527));
        send(data, 1, 0, PIECE + 1); // no multiple of eight
        send(data, 2, 8, 8); // nothing
        send(data, 3, 65_528, 65_535); // fits just
        assertEquals(2, dropped(DropReason.IP_FRAGMENT));
        final byte[] beyond = new byte[65_536];
        send(beyond, 4, 65_528, 65_536);
        assertEquals(3, dropped(DropReason.IP_FRAGMENT));
    }

    @Test
    void shouldForgetAfterSomeTime() {
        final byte[] data = datagram(payload(2000));
        send(data, 1, 0, PIECE);
        link.now += Reassembly.TIMEOUT_NANOS;
        send(data, 1, PIECE, data.length);
        assertTrue(received.isEmpty());
        assertEquals(1, link.path.counters().get(StackCounter.REASSEMBLIES_FAILED));
    }

    /** RFC 6980. */
    @Test
    void shouldNotTakeNeighbourDiscoveryInFragments() {
        final int length = FragmentHeader.BYTES + NdMessage.BYTES_WITH_MAC;
        final int at = Ipv6Link.AT + FragmentHeader.BYTES;
        link.writeHeader(FragmentHeader.PROTOCOL, length, NdMessage.HOP_LIMIT, true);
        FragmentHeader.write(buffer, Ipv6Link.AT, Ipv6Header.PROTOCOL_ICMP, 0, false, 1);
        NdMessage.write(buffer, at, NdMessage.SOLICITATION, 0, Ipv6Link.HIGH, Ipv6Link.GUEST, link.far.mac());
        Icmpv6Message.writeChecksum(buffer, Ipv6Link.AT - Ipv6Header.BYTES, at, NdMessage.BYTES_WITH_MAC);
        link.send(length, true);
        assertEquals(1, dropped(DropReason.ND_MALFORMED));
        assertFalse(link.received());
    }

    @Test
    void shouldSendWhatExceedsTheMtuInFragments() {
        link.introduce();
        final byte[] payload = payload(4000);
        final int guest = link.numbers.find(Ipv6Link.HIGH, Ipv6Link.GUEST);
        final int kernel = link.numbers.find(Ipv6Link.HIGH, Ipv6Link.KERNEL);
        final DatagramWriter writer = link.path.datagramWriter();
        writer.buffer().put(DatagramWriter.payloadAt(kernel), payload);
        assertTrue(writer.send(guest, PORT, kernel, 4000, payload.length, link.now));
        final byte[] whole = new byte[UdpHeader.BYTES + payload.length];
        int id = 0;
        for (int from = 0; from < whole.length; from += PIECE) {
            final int piece = Math.min(PIECE, whole.length - from);
            assertTrue(link.received());
            assertEquals(FragmentHeader.PROTOCOL, Ipv6Header.nextHeader(buffer, Ipv6Link.AT - Ipv6Header.BYTES));
            assertEquals(from, FragmentHeader.offset(buffer, Ipv6Link.AT));
            assertEquals(from + piece < whole.length, FragmentHeader.more(buffer, Ipv6Link.AT));
            assertEquals(Ipv4Header.PROTOCOL_UDP, FragmentHeader.nextHeader(buffer, Ipv6Link.AT));
            id = from == 0 ? FragmentHeader.identification(buffer, Ipv6Link.AT) : id;
            assertEquals(id, FragmentHeader.identification(buffer, Ipv6Link.AT));
            buffer.get(Ipv6Link.AT + FragmentHeader.BYTES, whole, from, piece);
        }
        assertFalse(link.received());
        assertEquals(PORT, Wire.u16(ByteBuffer.wrap(whole), 0));
        assertArrayEquals(payload, java.util.Arrays.copyOfRange(whole, UdpHeader.BYTES, whole.length));
        final ByteBuffer packet = ByteBuffer.allocate(Ipv6Header.BYTES + whole.length);
        packet.put(0, buffer, Ipv6Link.AT - Ipv6Header.BYTES, Ipv6Header.BYTES).put(Ipv6Header.BYTES, whole);
        assertTrue(UdpHeader.checksumValidIpv6(packet, Ipv6Header.BYTES, 0));
    }

    /** A router says that the datagram in the frame, which comes from this port, is larger than this. */
    private void tellTooBig(final int port, final int mtu) {
        final byte[] quoted = new byte[Ipv6Header.BYTES + 100];
        buffer.get(Ipv6Link.AT - Ipv6Header.BYTES, quoted);
        final int transport = Wire.u8(ByteBuffer.wrap(quoted), 6) == FragmentHeader.PROTOCOL ? FragmentHeader.BYTES : 0;
        Wire.put16(ByteBuffer.wrap(quoted), Ipv6Header.BYTES + transport, port);
        final int length = Icmpv6Message.BYTES + quoted.length;
        link.writeHeader(Ipv6Header.PROTOCOL_ICMP, length, 64, false);
        Icmpv6Message.writeHeader(buffer, Ipv6Link.AT, Icmpv6Message.PACKET_TOO_BIG, 0);
        Wire.put32(buffer, Ipv6Link.AT + 4, mtu);
        buffer.put(Ipv6Link.AT + Icmpv6Message.BYTES, quoted);
        Icmpv6Message.writeChecksum(buffer, Ipv6Link.AT - Ipv6Header.BYTES, Ipv6Link.AT, length);
        link.send(length, false);
    }

    /** Sends a datagram of the guest's. @return the largest of the packets that it takes */
    private int largestPacket(final int payloadBytes) {
        final int guest = link.numbers.find(Ipv6Link.HIGH, Ipv6Link.GUEST);
        final int kernel = link.numbers.find(Ipv6Link.HIGH, Ipv6Link.KERNEL);
        link.forgetReceived();
        assertTrue(link.path.datagramWriter().send(guest, PORT, kernel, 4000, payloadBytes, link.now));
        int largest = 0;
        while (link.received()) {
            largest = Math.max(
                    largest, Ipv6Header.BYTES + Ipv6Header.payloadLength(buffer, Ipv6Link.AT - Ipv6Header.BYTES));
        }
        return largest;
    }

    /** RFC 8201: nobody on the way cuts packets of IPv6, so what is too large would be lost again and again. */
    @Test
    void shouldSendNoMoreThanTheWayCarries() {
        link.introduce();
        assertEquals(1500, largestPacket(1452));
        tellTooBig(4711, 1400); // about what was not sent
        assertEquals(1500, largestPacket(1452));
        tellTooBig(PORT, 1400);
        assertEquals(1400, largestPacket(1452));
        assertEquals(1400, largestPacket(4000));
        assertEquals(1200, largestPacket(1152));
        tellTooBig(PORT, 68);
        assertEquals(Ipv6Header.MIN_MTU, largestPacket(1452));
        link.now += PathMtus.AGE_NANOS;
        link.introduce();
        assertEquals(1500, largestPacket(1452));
    }

    @Test
    void shouldSendSmallDatagramsWhole() {
        link.introduce();
        final int guest = link.numbers.find(Ipv6Link.HIGH, Ipv6Link.GUEST);
        final int kernel = link.numbers.find(Ipv6Link.HIGH, Ipv6Link.KERNEL);
        assertTrue(link.path.datagramWriter().send(guest, PORT, kernel, 4000, 1452, link.now));
        assertTrue(link.received());
        assertEquals(Ipv4Header.PROTOCOL_UDP, Ipv6Header.nextHeader(buffer, Ipv6Link.AT - Ipv6Header.BYTES));
        assertEquals(UdpHeader.BYTES + 1452, Ipv6Header.payloadLength(buffer, Ipv6Link.AT - Ipv6Header.BYTES));
        assertEquals(4000, UdpHeader.destinationPort(buffer, Ipv6Link.AT));
    }
}
