package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.Wire;

/** UDP datagrams of both families. */
final class UdpTarget extends WireTarget {
    @Override
    int write() {
        final boolean ipv6 = in.flag();
        final int at = ipv6 ? Frame.TRANSPORT_AT_IPV6 : Frame.TRANSPORT_AT;
        final int data = in.below(100);
        final int length = UdpHeader.BYTES + data;
        in.copyTo(buffer, at + UdpHeader.BYTES, data);
        UdpHeader.write(buffer, at, in.u16(), in.oneIn(4) ? in.u16() : BOUND, in.oneIn(8) ? in.below(200) : length);
        Wire.put16(buffer, at + UdpHeader.CHECKSUM, in.oneIn(8) ? in.u16() : 0);
        patch(at, UdpHeader.BYTES);
        final int frameLength =
                ipv6 ? ipv6(Ipv4Header.PROTOCOL_UDP, length, 64) : ipv4(Ipv4Header.PROTOCOL_UDP, length);
        if (in.oneIn(2)) {
            repair(ipv6, at, Math.min(UdpHeader.length(buffer, at), length));
        }
        return in.oneIn(16) ? in.below(frameLength) : frameLength;
    }

    private void repair(final boolean ipv6, final int at, final int length) {
        final int ipAt = Frame.NETWORK_AT;
        final long pseudo = ipv6
                ? Ipv6Header.pseudoHeader(buffer, ipAt, Ipv4Header.PROTOCOL_UDP, length)
                : Checksum.pseudoHeader(
                        Ipv4Header.source(buffer, ipAt),
                        Ipv4Header.destination(buffer, ipAt),
                        Ipv4Header.PROTOCOL_UDP,
                        length);
        Wire.put16(buffer, at + UdpHeader.CHECKSUM, 0);
        Wire.put16(buffer, at + UdpHeader.CHECKSUM, Checksum.complete(Checksum.partial(buffer, at, length, pseudo)));
    }
}
