package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.Wire;

/** IPv6 headers and chains of extension headers, fragments among them. */
final class Ipv6Target extends WireTarget {
    private static final int[] EXTENSIONS = {0, 43, 44, 60, 51};

    @Override
    int write() {
        int at = Frame.TRANSPORT_AT_IPV6;
        final int first = protocol();
        int announced = first;
        for (int seen = 0; seen < 10 && isExtension(announced); seen++) {
            announced = protocol();
            at = extension(at, announced);
        }
        final int length = in.below(80);
        in.copyTo(buffer, at, length);
        final int payload = at - Frame.TRANSPORT_AT_IPV6 + length;
        final int frameLength = ipv6(first, in.oneIn(16) ? in.u16() : payload, in.oneIn(4) ? in.u8() : 255);
        patch(Frame.NETWORK_AT, Ipv6Header.BYTES + payload);
        return Math.min(frameLength, EthernetHeader.BYTES + Ipv6Header.BYTES + payload);
    }

    private static boolean isExtension(final int protocol) {
        for (final int extension : EXTENSIONS) {
            if (protocol == extension) {
                return true;
            }
        }
        return false;
    }

    private int protocol() {
        return switch (in.below(4)) {
            case 0 -> Ipv4Header.PROTOCOL_TCP;
            case 1 -> in.oneOf(Ipv6Header.PROTOCOL_ICMP, Ipv4Header.PROTOCOL_UDP, in.u8());
            default -> in.oneOf(EXTENSIONS);
        };
    }

    /** @return position behind it */
    private int extension(final int at, final int next) {
        final int units = in.oneIn(4) ? in.below(4) : 0;
        in.copyTo(buffer, at, 8 * (units + 1));
        Wire.put8(buffer, at, next);
        if (!in.oneIn(16)) {
            Wire.put8(buffer, at + 1, units);
        }
        return at + 8 * (units + 1);
    }
}
