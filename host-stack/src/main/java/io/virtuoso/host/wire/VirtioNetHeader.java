package io.virtuoso.host.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header that TAP and vhost put before each frame (virtio 1.2 section 5.1.6), little-endian. The number of
 * buffers matters to receive queues of virtual machines only; else it is written as 0.
 *
 * <pre>
 *   0       1          2         4          6            8             10            12
 *   | flags | GSO type | hdr_len | gso_size | csum_start | csum_offset | num_buffers | Ethernet frame
 * </pre>
 */
public final class VirtioNetHeader {
    public static final int BYTES = 12;
    /** The transport checksum covers the pseudo header only: sender and receiver share a machine. */
    public static final int NEEDS_CHECKSUM = 1;
    /** Somebody checked the transport checksum already. */
    public static final int DATA_VALID = 2;

    public static final int GSO_NONE = 0;
    public static final int GSO_TCPV4 = 1;
    public static final int GSO_TCPV6 = 4;
    /** May be or-ed to a GSO type: the segments carry ECN's CWR. */
    public static final int GSO_ECN = 0x80;

    private static final VarHandle SHORT =
            MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int GSO_TYPE = 1;
    private static final int HEADER_LENGTH = 2;
    private static final int GSO_SIZE = 4;
    private static final int CHECKSUM_START = 6;
    private static final int CHECKSUM_OFFSET = 8;
    private static final int BUFFERS = 10;

    private VirtioNetHeader() {}

    public static int flags(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at);
    }

    /** @return GSO_NONE, GSO_TCPV4 ...; without the ECN bit */
    public static int gsoType(final ByteBuffer buffer, final int at) {
        return Wire.u8(buffer, at + GSO_TYPE) & ~GSO_ECN;
    }

    /** @return payload bytes of each segment that the frame stands for */
    public static int gsoSize(final ByteBuffer buffer, final int at) {
        return (short) SHORT.get(buffer, at + GSO_SIZE) & 0xffff;
    }

    /** @return from the Ethernet frame's first byte to where the checksum begins */
    public static int checksumStart(final ByteBuffer buffer, final int at) {
        return (short) SHORT.get(buffer, at + CHECKSUM_START) & 0xffff;
    }

    /** @return from the checksum's begin to its field */
    public static int checksumOffset(final ByteBuffer buffer, final int at) {
        return (short) SHORT.get(buffer, at + CHECKSUM_OFFSET) & 0xffff;
    }

    /** Writes over how many buffers of a receive queue the frame is spread; the rest stays. */
    public static void putBuffers(final ByteBuffer buffer, final int at, final int count) {
        SHORT.set(buffer, at + BUFFERS, (short) count);
    }

    /** Writes: nothing is left to do for the other side. */
    public static void writeNone(final ByteBuffer buffer, final int at) {
        writeShorts(buffer, at, 0, 0, 0, 0, 0);
    }

    /** Writes: the other side completes the checksum. */
    public static void writeNeedsChecksum(
            final ByteBuffer buffer, final int at, final int checksumStart, final int checksumOffset) {
        writeShorts(buffer, at, NEEDS_CHECKSUM, 0, 0, checksumStart, checksumOffset);
    }

    /**
     * Writes: the other side cuts the frame into TCP segments and completes their checksums.
     *
     * @param gsoType GSO_TCPV4 or GSO_TCPV6
     * @param headerLength Ethernet, IP and TCP headers, in bytes
     * @param segmentBytes payload of each segment but the last
     * @param checksumStart from the frame's first byte to the TCP header
     */
    public static void writeTcpSegmentation(
            final ByteBuffer buffer,
            final int at,
            final int gsoType,
            final int headerLength,
            final int segmentBytes,
            final int checksumStart,
            final int checksumOffset) {
        writeShorts(
                buffer, at, NEEDS_CHECKSUM | gsoType << 8, headerLength, segmentBytes, checksumStart, checksumOffset);
    }

    private static void writeShorts(
            final ByteBuffer buffer,
            final int at,
            final int flagsAndType,
            final int headerLength,
            final int gsoSize,
            final int checksumStart,
            final int checksumOffset) {
        SHORT.set(buffer, at, (short) flagsAndType);
        SHORT.set(buffer, at + HEADER_LENGTH, (short) headerLength);
        SHORT.set(buffer, at + GSO_SIZE, (short) gsoSize);
        SHORT.set(buffer, at + CHECKSUM_START, (short) checksumStart);
        SHORT.set(buffer, at + CHECKSUM_OFFSET, (short) checksumOffset);
        SHORT.set(buffer, at + BUFFERS, (short) 0);
    }
}
