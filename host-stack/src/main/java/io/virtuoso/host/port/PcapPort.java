package io.virtuoso.host.port;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongSupplier;

/**
 * A port that writes every frame, in both directions, to a capture file that tcpdump and Wireshark read (classic pcap
 * with nanoseconds). Frames whose checksum was left to the other side are written as they are.
 *
 * <p>A file that cannot be written any further ends the capture, not the traffic: {@link #failed}.
 */
public final class PcapPort extends ForwardingPort {
    private static final int MAGIC_NANOSECONDS = 0xa1b2_3c4d;
    private static final short VERSION_MAJOR = 2;
    private static final short VERSION_MINOR = 4;
    private static final int LINK_TYPE_ETHERNET = 1;
    private static final int RECORD_HEADER_BYTES = 16;
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final FileChannel file;
    private final LongSupplier epochNanos;
    private final int snapLength;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private boolean failed;

    /**
     * Creates or overwrites a capture file.
     *
     * @param epochNanos wall clock for the time stamps, in nanoseconds since 1970
     * @param snapLength bytes kept of each frame, 14 to {@link Frame#MAX_LENGTH}
     */
    public PcapPort(final Port port, final Path path, final LongSupplier epochNanos, final int snapLength)
            throws IOException {
        super(port);
        if (snapLength < 14 || snapLength > Frame.MAX_LENGTH) {
            throw new IllegalArgumentException("snap length is between 14 and " + Frame.MAX_LENGTH);
        }
        this.epochNanos = epochNanos;
        this.snapLength = snapLength;
        this.file = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        buffer.putInt(MAGIC_NANOSECONDS).putShort(VERSION_MAJOR).putShort(VERSION_MINOR);
        buffer.putInt(0).putInt(0).putInt(snapLength).putInt(LINK_TYPE_ETHERNET);
    }

    @Override
    public int receive(final Frame frame) {
        final int result = port.receive(frame);
        if (result == RECEIVED) {
            write(frame);
        } else {
            writeOut();
        }
        return result;
    }

    @Override
    public boolean transmit(final Frame frame) {
        write(frame);
        return port.transmit(frame);
    }

    private void write(final Frame frame) {
        if (failed) {
            return;
        }
        final int captured = Math.min(frame.length(), snapLength);
        if (buffer.remaining() < RECORD_HEADER_BYTES + captured) {
            writeOut();
        }
        final long now = epochNanos.getAsLong();
        buffer.putInt((int) (now / NANOS_PER_SECOND)).putInt((int) (now % NANOS_PER_SECOND));
        buffer.putInt(captured).putInt(frame.length());
        buffer.put(buffer.position(), frame.buffer(), frame.ethernetAt(), captured);
        buffer.position(buffer.position() + captured);
    }

    private void writeOut() {
        if (buffer.position() == 0) {
            return;
        }
        buffer.flip();
        try {
            while (buffer.hasRemaining() && !failed) {
                file.write(buffer);
            }
        } catch (final IOException e) {
            failed = true;
        }
        buffer.clear();
    }

    /** @return true if the file could not be written, and capture has ended */
    public boolean failed() {
        return failed;
    }

    @Override
    public void close() {
        writeOut();
        try {
            file.close();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            port.close();
        }
    }
}
