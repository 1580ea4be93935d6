package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Wire;

/** IPv4 headers, their options, and fragments. */
final class Ipv4Target extends WireTarget {
    private static final int CHECKSUM = 10;

    @Override
    int write() {
        return in.flag() ? fragment() : packet();
    }

    private int protocol() {
        return in.oneIn(16)
                ? in.u8()
                : in.oneOf(Ipv4Header.PROTOCOL_TCP, Ipv4Header.PROTOCOL_UDP, Ipv4Header.PROTOCOL_ICMP);
    }

    private int packet() {
        final int at = Frame.NETWORK_AT;
        final int words = in.oneIn(4) ? in.below(11) : 0;
        final int length = in.below(100);
        final int total = Ipv4Header.BYTES + 4 * words + length;
        final int frameLength = ipv4(protocol(), 4 * words + length);
        in.copyTo(buffer, Frame.TRANSPORT_AT, 4 * words + length);
        Wire.put8(buffer, at, 0x45 + words);
        patch(at, Ipv4Header.BYTES);
        if (!in.oneIn(16)) {
            final int headerBytes = Math.min((Wire.u8(buffer, at) & 0xf) * 4, total);
            Wire.put16(buffer, at + CHECKSUM, 0);
            Wire.put16(buffer, at + CHECKSUM, Checksum.complete(Checksum.partial(buffer, at, headerBytes, 0)));
        }
        return in.oneIn(16) ? in.below(frameLength) : frameLength;
    }

    private int fragment() {
        final boolean more = in.flag();
        final int length = more ? 8 * in.below(6) : in.below(48);
        ethernet(EthernetHeader.TYPE_IPV4);
        in.copyTo(buffer, Frame.TRANSPORT_AT, length);
        Ipv4Header.writeFragment(
                buffer,
                Frame.NETWORK_AT,
                Ipv4Header.BYTES + length,
                in.below(20),
                protocol(),
                Link.KERNEL,
                Link.GUEST,
                8 * (in.oneIn(16) ? in.below(8192) : in.below(6)),
                more);
        return EthernetHeader.BYTES + Ipv4Header.BYTES + length;
    }
}
