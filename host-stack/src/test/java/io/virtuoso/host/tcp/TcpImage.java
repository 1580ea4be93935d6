package io.virtuoso.host.tcp;

import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.TcpOptions;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;

/** Segments as bytes: header, options and payload, with their checksum. */
public final class TcpImage {
    private TcpImage() {}

    /** The bytes of a segment from one address to another; ports as in the header, the source's in the upper half. */
    public static ByteBuffer of(Sent segment, int source, int destination, int ports) {
        ByteBuffer image = ByteBuffer.allocate(TcpHeader.MAX_BYTES + segment.length());
        int headerLength = writeOptions(segment, image);
        TcpHeader.write(image, 0, ports, segment.seq(), segment.ack(), headerLength, segment.flags(), segment.window());
        image.put(headerLength, segment.payload(), 0, segment.length());
        image.limit(headerLength + segment.length());
        TcpHeader.writeChecksum(image, 0, image.limit(), source, destination);
        return image;
    }

    private static int writeOptions(Sent segment, ByteBuffer image) {
        int at = TcpHeader.BYTES;
        if (segment.mss() != 0) {
            at = TcpOptions.writeMss(image, at, segment.mss());
        }
        if (segment.sackPermitted()) {
            at = TcpOptions.writeSackPermitted(image, at);
        }
        if (segment.hasTimestamps()) {
            at = TcpOptions.writeTimestamps(image, at, segment.tsVal(), segment.tsEcr());
        }
        if (segment.windowScale() != TcpSegment.NO_WINDOW_SCALE) {
            at = TcpOptions.writeWindowScale(image, at, segment.windowScale());
        }
        int edges = segment.sackEdges().capacity() / 4;
        if (edges > 0) {
            int[] values = new int[2 * TcpSegment.MAX_SACK_BLOCKS];
            for (int i = 0; i < edges; i++) {
                values[i] = segment.sackEdges().getInt(4 * i);
            }
            at = TcpOptions.writeSack(image, at, values, edges / 2);
        }
        if (!segment.ecnCounters().isEmpty()) {
            int[] counters =
                    segment.ecnCounters().stream().mapToInt(counter -> counter).toArray();
            at = TcpOptions.writeEcnCounters(image, at, counters, counters.length);
        }
        return at;
    }

    /** The segment that these bytes are, up to the limit; null if a receiver must drop them. */
    public static Sent read(ByteBuffer image, int source, int destination) {
        int length = image.limit();
        if (TcpHeader.check(image, 0, length) != null
                || !TcpHeader.checksumValid(image, 0, length, source, destination)) {
            return null;
        }
        TcpOptions options = new TcpOptions();
        options.parse(image, 0);
        ByteBuffer edges = ByteBuffer.allocate(8 * options.sackBlocks());
        for (int block = 0; block < options.sackBlocks(); block++) {
            edges.putInt(8 * block, options.sackLeft(block)).putInt(8 * block + 4, options.sackRight(block));
        }
        int headerLength = TcpHeader.headerLength(image, 0);
        ByteBuffer payload = ByteBuffer.allocate(length - headerLength);
        payload.put(0, image, headerLength, length - headerLength);
        return new Sent(
                TcpHeader.sequence(image, 0),
                TcpHeader.acknowledgment(image, 0),
                TcpHeader.flags(image, 0),
                0,
                TcpHeader.window(image, 0),
                options.mss(),
                options.windowScale(),
                options.sackPermitted(),
                options.hasTimestamps(),
                options.timestampValue(),
                options.timestampEcho(),
                edges,
                payload,
                payload.capacity(),
                IntStream.range(0, 3)
                        .map(options::ecnCounter)
                        .filter(counter -> counter >= 0)
                        .boxed()
                        .toList());
    }
}
