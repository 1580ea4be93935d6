package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * Walks over the extension headers of an IPv6 packet (RFC 8200 section 4) to what they are in front of. Options are
 * passed over if their kind permits it; nothing in them is acted on. Reused.
 *
 * <pre>
 *   0             1                        2
 *   | next header | length in 8 bytes, - 1 | options, or what the kind of header says
 * </pre>
 */
public final class ExtensionHeaders {
    /** More in one packet are nobody's honest wish. */
    public static final int MAX_HEADERS = 8;

    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int DESTINATION = 60;
    private static final int UNIT = 8;
    private static final int PAD_1 = 0;
    private static final int SEGMENTS_LEFT = 3;
    private static final int OFFSET_OR_MORE = 0xfff9;

    private int protocol;
    private int position;

    /**
     * @param ipAt position of the IPv6 header, which has been checked
     * @return null if {@link #protocol} and {@link #position} may be used, else why the packet is dropped
     */
    public DropReason walk(final ByteBuffer buffer, final int ipAt) {
        protocol = Ipv6Header.nextHeader(buffer, ipAt);
        position = ipAt + Ipv6Header.BYTES;
        final int end = position + Ipv6Header.payloadLength(buffer, ipAt);
        for (int seen = 0; isExtension(protocol); seen++) {
            if (seen == MAX_HEADERS || position + UNIT > end) {
                return DropReason.IP_EXTENSION;
            }
            final int length = protocol == FRAGMENT ? UNIT : (Wire.u8(buffer, position + 1) + 1) * UNIT;
            if (position + length > end || protocol == HOP_BY_HOP && seen > 0) {
                return DropReason.IP_EXTENSION;
            }
            final DropReason reason = look(buffer, length);
            if (reason != null) {
                return reason;
            }
            protocol = Wire.u8(buffer, position);
            position += length;
        }
        return null;
    }

    private static boolean isExtension(final int protocol) {
        return protocol == HOP_BY_HOP || protocol == ROUTING || protocol == FRAGMENT || protocol == DESTINATION;
    }

    private DropReason look(final ByteBuffer buffer, final int length) {
        return switch (protocol) {
            case FRAGMENT -> // one that is the whole packet is none (RFC 6946)
                (Wire.u16(buffer, position + 2) & OFFSET_OR_MORE) == 0 ? null : DropReason.IP_FRAGMENT_IPV6;
            case ROUTING -> Wire.u8(buffer, position + SEGMENTS_LEFT) == 0 ? null : DropReason.IP_EXTENSION;
            default -> options(buffer, position + 2, position + length);
        };
    }

    /** The two highest bits of an option's kind say whether who does not know it may pass it over. */
    private static DropReason options(final ByteBuffer buffer, final int from, final int end) {
        int at = from;
        while (at < end) {
            final int kind = Wire.u8(buffer, at);
            if (kind == PAD_1) {
                at++;
                continue;
            }
            if (at + 1 >= end || kind >>> 6 != 0) {
                return DropReason.IP_EXTENSION;
            }
            at += 2 + Wire.u8(buffer, at + 1);
        }
        return at == end ? null : DropReason.IP_EXTENSION;
    }

    /** @return what the last header announces */
    public int protocol() {
        return protocol;
    }

    /** @return where that begins */
    public int position() {
        return position;
    }
}
