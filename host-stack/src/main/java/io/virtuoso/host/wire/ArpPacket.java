package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * ARP for IPv4 over Ethernet (RFC 826).
 *
 * <pre>
 *   0          2        4      5      6           8            14          18           24          28
 *   | hardware | protocol | hlen | plen | operation | sender MAC | sender IP | target MAC | target IP |
 * </pre>
 */
public final class ArpPacket {
    public static final int BYTES = 28;
    public static final int REQUEST = 1;
    public static final int REPLY = 2;

    private static final int FIXED_PART = 0x0001_0800;
    private static final int LENGTHS = 0x0604;
    private static final int OPERATION = 6;
    private static final int SENDER_MAC = 8;
    private static final int SENDER_ADDRESS = 14;
    private static final int TARGET_MAC = 18;
    private static final int TARGET_ADDRESS = 24;

    private ArpPacket() {}

    /**
     * Checks a received packet.
     *
     * @param available bytes from {@code at} to the frame's end
     * @return null if the packet may be read, else why it is dropped
     */
    public static DropReason check(final ByteBuffer buffer, final int at, final int available) {
        if (available < BYTES) {
            return DropReason.ARP_TRUNCATED;
        }
        if (Wire.i32(buffer, at) != FIXED_PART || Wire.u16(buffer, at + 4) != LENGTHS) {
            return DropReason.ARP_MALFORMED;
        }
        final int operation = operation(buffer, at);
        if (operation != REQUEST && operation != REPLY) {
            return DropReason.ARP_MALFORMED;
        }
        return EthernetHeader.isGroup(senderMac(buffer, at)) ? DropReason.ARP_MALFORMED : null;
    }

    public static int operation(final ByteBuffer buffer, final int at) {
        return Wire.u16(buffer, at + OPERATION);
    }

    public static long senderMac(final ByteBuffer buffer, final int at) {
        return Wire.mac(buffer, at + SENDER_MAC);
    }

    public static int senderAddress(final ByteBuffer buffer, final int at) {
        return Wire.i32(buffer, at + SENDER_ADDRESS);
    }

    public static int targetAddress(final ByteBuffer buffer, final int at) {
        return Wire.i32(buffer, at + TARGET_ADDRESS);
    }

    /** Writes the whole packet. */
    public static void write(
            final ByteBuffer buffer,
            final int at,
            final int operation,
            final long senderMac,
            final int senderAddress,
            final long targetMac,
            final int targetAddress) {
        Wire.put32(buffer, at, FIXED_PART);
        Wire.put16(buffer, at + 4, LENGTHS);
        Wire.put16(buffer, at + OPERATION, operation);
        Wire.putMac(buffer, at + SENDER_MAC, senderMac);
        Wire.put32(buffer, at + SENDER_ADDRESS, senderAddress);
        Wire.putMac(buffer, at + TARGET_MAC, targetMac);
        Wire.put32(buffer, at + TARGET_ADDRESS, targetAddress);
    }
}
