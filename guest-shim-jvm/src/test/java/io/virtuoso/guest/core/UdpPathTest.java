package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.Datagram;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Datagrams as they lie in the rings, of both families. */
class UdpPathTest {
    private static final int PORT = 53;
    private static final int RING = 256;

    private final Attachment attachment = FakeAttachment.of(16);
    private final SlotUse use = new SlotUse(attachment, 0, 1);
    private final SlotHost host = new SlotHost(
            attachment.region(),
            attachment.layout().slotOffset(0),
            attachment.layout().poolOffset());
    private final UdpPath path = new UdpPath(new Home());

    @BeforeEach
    void giveRings() {
        host.offer(RING);
        host.receiveRing(RING);
    }

    private void deliver(InetAddress from, int flags) {
        byte[] record = new byte[Datagram.BYTES];
        ByteBuffer header = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
        Datagram.write(header, 0, 0, Routing.high(from), Routing.low(from), PORT, flags);
        host.deliver(record);
    }

    private InetSocketAddress source() {
        assertEquals(0, path.next(use));
        InetSocketAddress source = path.source();
        path.take(use, 0);
        return source;
    }

    @ParameterizedTest
    @CsvSource({"10.88.0.7, 127.0.0.1", "fd00:88::7, ::1", "2001:db8::1, ::1"})
    void shouldNameSenders(String sender, String loopback) throws Exception {
        InetAddress address = InetAddress.getByName(sender);
        deliver(address, 0);
        deliver(address, Datagram.LOOPBACK);
        deliver(address, 0);
        InetSocketAddress first = source();
        assertEquals(new InetSocketAddress(address, PORT), first);
        assertEquals(new InetSocketAddress(InetAddress.getByName(loopback), PORT), source());
        assertEquals(first, source());
    }

    @Test
    void shouldNotTakeFamiliesForEachOther() throws Exception {
        InetAddress ipv6 = InetAddress.getByName("fd00:88::a58:7"); // ends with the other's bytes
        InetAddress ipv4 = InetAddress.getByName("10.88.0.7");
        deliver(ipv6, 0);
        deliver(ipv4, 0);
        deliver(ipv4, 0);
        assertEquals(ipv6, source().getAddress());
        InetSocketAddress other = source();
        assertEquals(ipv4, other.getAddress());
        assertSame(other, source());
    }

    @ParameterizedTest
    @CsvSource({"10.88.0.7, 0", "fd00:88::7, 0", "fd00:88::2, 1"})
    void shouldSayWhereToAsTheAbiDoes(String address, int flags) throws IOException {
        InetAddress to = InetAddress.getByName(address);
        Way way = new Way(new InetSocketAddress(to, PORT), attachment, to, flags);
        assertTrue(path.begin(use, way, 2, Errnos.Operation.CONTROL));
        UdpPath.add(use, 0, ByteBuffer.wrap(new byte[] {1, 2}));
        path.end(use, 2);
        ByteBuffer record = ByteBuffer.wrap(host.takeBytes()).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(Datagram.recordBytes(2), record.capacity());
        assertEquals(2, Datagram.payloadBytes(record, 0));
        assertEquals(to, Subnet6.address(Datagram.addressHigh(record, 0), Datagram.addressLow(record, 0)));
        assertEquals(PORT, Datagram.port(record, 0));
        assertEquals(flags, Datagram.flags(record, 0));
        assertEquals(2, record.get(Datagram.BYTES + 1));
    }

    @Test
    void shouldKnowNothingNextOfAnEmptyRing() {
        assertEquals(UdpSocket.NOT_NOW, path.next(use));
        assertFalse(use.attachment().isDead());
    }
}
