package io.virtuoso.host.wire;

import java.nio.ByteBuffer;

/**
 * Walks over the extension headers of an IPv6 packet (RFC 8200 section 4) to what they are in front of, which may be a part
 * of a fragmented packet. Options are passed over if their kind permits it; nothing in them is acted on. Reused.
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
    private static final int DESTINATION = 60;
    private static final int UNIT = 8;
    private static final int PAD_1 = 0;
    private static final int SEGMENTS_LEFT = 3;

    private int protocol;
    private boolean fragment;
    private int position;

    /**
     * @param ipAt position of the IPv6 header, which has been checked
     * @return null if {@link #protocol} and {@link #position} may be used, else why the packet is dropped
     */
    public DropReason walk(final ByteBuffer buffer, final int ipAt) {
        fragment = false;
        protocol = Ipv6Header.nextHeader(buffer, ipAt);
        position = ipAt + Ipv6Header.BYTES;
        final int end = position + Ipv6Header.payloadLength(buffer, ipAt);
        for (int seen = 0; isExtension(protocol); seen++) {
            if (seen == MAX_HEADERS || position + UNIT > end) {
                return DropReason.IP_EXTENSION;
            }
            fragment |= protocol == FragmentHeader.PROTOCOL;
            if (isPart(buffer)) {
                return null;
            }
            final int length = protocol == FragmentHeader.PROTOCOL ? UNIT : (Wire.u8(buffer, position + 1) + 1) * UNIT;
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
        return protocol == HOP_BY_HOP
                || protocol == ROUTING
                || protocol == DESTINATION
                || protocol == FragmentHeader.PROTOCOL;
    }

    /** One that is the whole packet is no part of one (RFC 6946). */
    private boolean isPart(final ByteBuffer buffer) {
        return protocol == FragmentHeader.PROTOCOL
                && (FragmentHeader.more(buffer, position) || FragmentHeader.offset(buffer, position) != 0);
    }

    private DropReason look(final ByteBuffer buffer, final int length) {
        return switch (protocol) {
            case FragmentHeader.PROTOCOL -> null;
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

    /** @return there is a fragment header */
    public boolean hasFragmentHeader() {
        return fragment;
    }

    /** @return what the last header announces; {@link FragmentHeader#PROTOCOL}: a part of a packet is at the position */
    public int protocol() {
        return protocol;
    }

    /** @return where that begins */
    public int position() {
        return position;
    }
}
