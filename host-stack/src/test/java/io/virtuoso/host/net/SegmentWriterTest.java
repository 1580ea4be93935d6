package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.ForwardingPort;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.SendBuffer;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.TcpOptions;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class SegmentWriterTest {
    private static final int MSS = 1448;

    private final OutgoingSegment segment = new OutgoingSegment();
    private final Frame frame = new Frame();
    private WirePort far;

    /** Byte n of the stream is a function of n. */
    private static byte streamByte(final long position) {
        return (byte) (position * 31 + (position >>> 8));
    }

    private static final SendBuffer STREAM = new SendBuffer() {
        @Override
        public long tail() {
            return Long.MAX_VALUE;
        }

        @Override
        public void copyTo(final long cursor, final int length, final ByteBuffer target, final int targetOffset) {
            for (int i = 0; i < length; i++) {
                target.put(targetOffset + i, streamByte(cursor + i));
            }
        }

        @Override
        public void release(final long cursor) {}
    };

    private SegmentWriter writer(final boolean offloads) {
        final WirePort near = WirePort.create(new WirePort.Traits(1500, 0, 64, offloads), () -> 0);
        far = near.peer();
        return writer(near);
    }

    private SegmentWriter writer(final Port near) {
        final StackCounters counters = new StackCounters();
        final Ipv6Numbers numbers = new Ipv6Numbers(1);
        final NeighbourTable neighbours = new NeighbourTable(
                new FrameSender(near, counters, Ledger.unread()),
                Link.NETWORK,
                numbers,
                counters,
                new LocalAddresses(Ledger.unread()));
        neighbours.learn(Link.KERNEL, far.mac(), true, 0);
        return new SegmentWriter(neighbours, counters, near, numbers);
    }

    private void fillLarge(final int payloadLength) {
        segment.clear();
        segment.seq = -1000;
        segment.ack = 77;
        segment.flags = TcpHeader.ACK | TcpHeader.PSH | TcpHeader.FIN;
        segment.window = 500;
        segment.hasTimestamps = true;
        segment.tsVal = 5;
        segment.tsEcr = 6;
        segment.payloadPosition = 12_345;
        segment.payloadLength = payloadLength;
        segment.segmentSize = MSS;
    }

    private boolean send(final SegmentWriter writer) {
        return writer.send(Link.GUEST, 80, Link.KERNEL, 40_000, segment, STREAM, 0);
    }

    @Test
    void shouldLeaveCuttingAndChecksumsToThePortThatOffersIt() {
        fillLarge(60_000);
        assertTrue(send(writer(true)));

        assertEquals(Port.RECEIVED, far.receive(frame));
        final ByteBuffer buffer = frame.buffer();
        assertEquals(VirtioNetHeader.GSO_TCPV4, VirtioNetHeader.gsoType(buffer, Frame.VIRTIO_AT));
        assertEquals(MSS, VirtioNetHeader.gsoSize(buffer, Frame.VIRTIO_AT));
        assertEquals(VirtioNetHeader.NEEDS_CHECKSUM, VirtioNetHeader.flags(buffer, Frame.VIRTIO_AT));
        assertEquals(14 + 20 + 32 + 60_000, frame.length());
        assertNull(Ipv4Header.check(buffer, Frame.NETWORK_AT, frame.length() - 14));
        assertPayload(12_345, 60_000);
        assertEquals(Port.NONE, far.receive(frame));
    }

    @Test
    void shouldCutAndSumForAPortThatDoesNot() {
        fillLarge(10 * MSS + 5);
        assertTrue(send(writer(false)));

        for (int piece = 0; piece <= 10; piece++) {
            assertEquals(Port.RECEIVED, far.receive(frame));
            final ByteBuffer buffer = frame.buffer();
            final int payload = piece < 10 ? MSS : 5;
            assertEquals(0, VirtioNetHeader.flags(buffer, Frame.VIRTIO_AT));
            assertEquals(14 + 20 + 32 + payload, frame.length());
            assertNull(Ipv4Header.check(buffer, Frame.NETWORK_AT, frame.length() - 14));
            assertEquals(piece, Ipv4Header.identification(buffer, Frame.NETWORK_AT));
            assertTrue(TcpHeader.checksumValid(buffer, Frame.TRANSPORT_AT, 32 + payload, Link.GUEST, Link.KERNEL));
            assertEquals(-1000 + piece * MSS, TcpHeader.sequence(buffer, Frame.TRANSPORT_AT));
            assertEquals(
                    piece < 10 ? TcpHeader.ACK : TcpHeader.ACK | TcpHeader.PSH | TcpHeader.FIN,
                    TcpHeader.flags(buffer, Frame.TRANSPORT_AT));
            assertPayload(12_345 + piece * MSS, payload);
        }
        assertEquals(Port.NONE, far.receive(frame));
    }

    @Test
    void shouldWriteTheCodepointOfEveryPiece() {
        fillLarge(3 * MSS);
        segment.ecn = 2;
        assertTrue(send(writer(false)));
        for (int piece = 0; piece < 3; piece++) {
            assertEquals(Port.RECEIVED, far.receive(frame));
            assertEquals(2, Ipv4Header.typeOfService(frame.buffer(), Frame.NETWORK_AT));
            assertNull(Ipv4Header.check(frame.buffer(), Frame.NETWORK_AT, frame.length() - 14));
        }
    }

    private void assertPayload(final long position, final int length) {
        for (int i = 0; i < length; i++) {
            assertEquals(streamByte(position + i), frame.buffer().get(Frame.TRANSPORT_AT + 32 + i));
        }
    }

    @Test
    void shouldWriteASynWithItsOptions() {
        segment.clear();
        segment.seq = 1;
        segment.flags = TcpHeader.SYN;
        segment.mss = 1460;
        segment.windowScale = 7;
        segment.sackPermitted = true;
        segment.hasTimestamps = true;
        segment.tsVal = 9;
        assertTrue(send(writer(false)));

        assertEquals(Port.RECEIVED, far.receive(frame));
        final TcpOptions options = new TcpOptions();
        options.parse(frame.buffer(), Frame.TRANSPORT_AT);
        assertEquals(1460, options.mss());
        assertEquals(7, options.windowScale());
        assertTrue(options.sackPermitted());
        assertEquals(9, options.timestampValue());
        assertEquals(14 + 20 + 44, frame.length());
    }

    @Test
    void shouldWriteSackBlocks() {
        fillLarge(0);
        segment.sackCount = 3;
        System.arraycopy(new int[] {1, 2, 3, 4, 5, 6}, 0, segment.sackEdges, 0, 6);
        assertTrue(send(writer(true)));

        assertEquals(Port.RECEIVED, far.receive(frame));
        final TcpOptions options = new TcpOptions();
        options.parse(frame.buffer(), Frame.TRANSPORT_AT);
        assertEquals(3, options.sackBlocks());
        assertEquals(6, options.sackRight(2));
    }

    @Test
    void shouldSayWhenAFrameWasDropped() {
        final SegmentWriter writer = writer(true);
        fillLarge(1);
        int sent = 0;
        while (send(writer)) {
            sent++;
        }
        assertEquals(64, sent);
        assertFalse(send(writer));
    }

    /** A port that takes frames in pieces, and loses them. */
    private static final class GatheringPort extends ForwardingPort {
        private int transmitted;

        GatheringPort(final WirePort port) {
            super(port);
        }

        @Override
        public boolean gathers() {
            return true;
        }

        @Override
        public boolean transmit(final Frame sent) {
            transmitted = sent.length();
            return true;
        }
    }

    /** A stream of which nothing is copied. */
    private static final class LocatedStream implements SendBuffer {
        private int located;

        @Override
        public long tail() {
            return Long.MAX_VALUE;
        }

        @Override
        public void copyTo(final long cursor, final int length, final ByteBuffer target, final int targetOffset) {
            located = -length;
        }

        @Override
        public boolean locate(final long cursor, final int length, final Places places) {
            assertEquals(12_345, cursor);
            located = length;
            places.add(4096, length - 1);
            places.add(8192, 1);
            return true;
        }

        @Override
        public void release(final long cursor) {}
    }

    @Test
    void shouldLeaveLongPayloadsWhereTheyAreIfThePortGathers() {
        final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), () -> 0);
        far = wire.peer();
        final GatheringPort port = new GatheringPort(wire);
        final SegmentWriter writer = writer(port);
        final LocatedStream stream = new LocatedStream();
        fillLarge(SegmentWriter.GATHERED_BYTES);
        assertTrue(writer.send(Link.GUEST, 80, Link.KERNEL, 40_000, segment, stream, 0));
        assertEquals(SegmentWriter.GATHERED_BYTES, stream.located);
        assertEquals(14 + 20 + 32 + SegmentWriter.GATHERED_BYTES, port.transmitted);
        fillLarge(SegmentWriter.GATHERED_BYTES - 1);
        assertTrue(writer.send(Link.GUEST, 80, Link.KERNEL, 40_000, segment, stream, 0));
        assertEquals(1 - SegmentWriter.GATHERED_BYTES, stream.located);
        assertEquals(14 + 20 + 32 + SegmentWriter.GATHERED_BYTES - 1, port.transmitted);
    }

    @Test
    void shouldCopyLongPayloadsForOtherPorts() {
        final LocatedStream stream = new LocatedStream();
        fillLarge(60_000);
        assertTrue(writer(true).send(Link.GUEST, 80, Link.KERNEL, 40_000, segment, stream, 0));
        assertEquals(-60_000, stream.located);
    }
}
