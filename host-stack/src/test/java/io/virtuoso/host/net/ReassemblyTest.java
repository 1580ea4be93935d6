package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.UdpHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fragments of datagrams from the wire. */
class ReassemblyTest {
    private static final int PORT = 53;

    private final Link link = new Link();
    private final ByteBuffer buffer = link.frame.buffer();
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
                return false;
            }
        });
    }

    private static byte[] payload(final int length) {
        final byte[] payload = new byte[length];
        new SplittableRandom(length).nextBytes(payload);
        return payload;
    }

    /** @return UDP header and payload, as the data of an IP packet */
    private static byte[] datagram(final byte[] payload) {
        final int length = UdpHeader.BYTES + payload.length;
        final ByteBuffer data = ByteBuffer.allocate(length);
        UdpHeader.write(data, 0, 4000, PORT, length);
        data.put(UdpHeader.BYTES, payload);
        UdpHeader.writeChecksum(data, 0, length, Link.KERNEL, Link.GUEST);
        return data.array();
    }

    private void send(final byte[] data, final int id, final int from, final int to) {
        final boolean more = to < data.length;
        final int total = Ipv4Header.BYTES + to - from;
        buffer.put(Frame.TRANSPORT_AT, data, from, to - from);
        Ipv4Header.writeFragment(
                buffer, Frame.NETWORK_AT, total, id, Ipv4Header.PROTOCOL_UDP, Link.KERNEL, Link.GUEST, from, more);
        link.send(EthernetHeader.TYPE_IPV4, link.near.mac(), total);
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
                send(data, round, piece * 1480, Math.min(data.length, (piece + 1) * 1480));
            }
            assertEquals(round + 1, received.size());
            assertArrayEquals(payload, received.get(round));
        }
        assertEquals(0, link.path.counters().dropped());
    }

    @Test
    void shouldTakeTheLargestPacket() {
        final byte[] payload = payload(65_507);
        final byte[] data = datagram(payload);
        for (int from = 0; from < data.length; from += 1480) {
            send(data, 1, from, Math.min(data.length, from + 1480));
        }
        assertArrayEquals(payload, received.getFirst());
    }

    @Test
    void shouldKeepPacketsApart() {
        final byte[] one = datagram(payload(2000));
        final byte[] other = datagram(payload(2100));
        send(one, 1, 0, 1480);
        send(other, 2, 0, 1480);
        send(other, 2, 1480, other.length);
        send(one, 1, 1480, one.length);
        assertEquals(List.of(2100, 2000), received.stream().map(p -> p.length).toList());
    }

    @Test
    void shouldIgnoreTheSameFragmentTwice() {
        final byte[] data = datagram(payload(2000));
        send(data, 1, 0, 1480);
        send(data, 1, 0, 1480);
        send(data, 1, 1480, data.length);
        assertEquals(1, received.size());
    }

    @Test
    void shouldGiveUpPacketsWhoseFragmentsOverlap() {
        final byte[] data = datagram(payload(3000));
        send(data, 1, 0, 1480);
        send(data, 1, 1472, 2960);
        assertEquals(1, dropped(DropReason.IP_FRAGMENT));
        send(data, 1, 2960, data.length);
        assertTrue(received.isEmpty());
    }

    @Test
    void shouldRefuseFragmentsThatFitNoPacket() {
        final byte[] data = datagram(payload(3000));
        send(data, 1, 0, 1483); // not a multiple of 8, and more follow
        send(data, 2, 1480, data.length);
        send(data, 2, 2960, 2960 + 16); // ends elsewhere
        assertEquals(1, dropped(DropReason.IP_FRAGMENT));
        final byte[] much = new byte[1480];
        Ipv4Header.writeFragment(
                buffer, Frame.NETWORK_AT, 1500, 3, Ipv4Header.PROTOCOL_UDP, Link.KERNEL, Link.GUEST, 65_528, true);
        buffer.put(Frame.TRANSPORT_AT, much);
        link.send(EthernetHeader.TYPE_IPV4, link.near.mac(), 1500);
        assertEquals(2, dropped(DropReason.IP_FRAGMENT));
        assertTrue(received.isEmpty());
    }

    @Test
    void shouldForgetWhatDoesNotComeInTime() {
        final byte[] data = datagram(payload(2000));
        send(data, 1, 0, 1480);
        link.now += Reassembly.TIMEOUT_NANOS;
        send(data, 1, 1480, data.length);
        assertTrue(received.isEmpty());
        assertEquals(1, link.path.counters().get(StackCounter.REASSEMBLIES_FAILED));
    }

    @Test
    void shouldGiveUpTheOldestWhenThereAreTooMany() {
        final byte[] data = datagram(payload(2000));
        for (int id = 0; id <= Reassembly.MAX_PACKETS; id++) {
            send(data, id, 0, 1480);
            link.now++;
        }
        assertEquals(1, link.path.counters().get(StackCounter.REASSEMBLIES_FAILED));
        send(data, 1, 1480, data.length);
        assertEquals(1, received.size());
        send(data, 0, 1480, data.length);
        assertEquals(1, received.size());
        assertFalse(link.received());
    }

    /** @return type of service of the packet whose fragments have these; -1 if it is dropped */
    private static int typeOfService(final int... ofFragments) {
        final Reassembly reassembly = new Reassembly(new StackCounters());
        final ByteBuffer fragment = ByteBuffer.allocate(Ipv4Header.BYTES + 8);
        Frame whole = null;
        for (int i = 0; i < ofFragments.length; i++) {
            final boolean more = i + 1 < ofFragments.length;
            Ipv4Header.writeFragment(
                    fragment, 0, fragment.capacity(), 7, Ipv4Header.PROTOCOL_UDP, Link.KERNEL, Link.GUEST, 8 * i, more);
            fragment.put(1, (byte) ofFragments[i]);
            whole = reassembly.add(fragment, 0, 0);
        }
        return whole == null ? -1 : Ipv4Header.typeOfService(whole.buffer(), Frame.NETWORK_AT);
    }

    @Test
    void shouldKeepAMarkOfAnyFragment() {
        assertEquals(0b1010_0010, typeOfService(0b1010_0010, 0b0000_0010, 0b0000_0010));
        assertEquals(0b1010_0011, typeOfService(0b1010_0010, 0b0000_0011, 0b0000_0010));
        assertEquals(0b0000_0011, typeOfService(0b0000_0001, 0b0000_0010, 0b0000_0011));
        assertEquals(0b0000_0000, typeOfService(0b0000_0000, 0b0000_0010));
    }

    @Test
    void shouldDropWhatWasMarkedAndIsNotCapableOfIt() {
        assertEquals(-1, typeOfService(0b0000_0011, 0b0000_0000));
    }
}
