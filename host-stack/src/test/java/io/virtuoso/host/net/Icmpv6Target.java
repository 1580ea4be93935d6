package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.Wire;

/** ICMPv6 messages: Neighbour Discovery, echo requests, errors about connections. */
final class Icmpv6Target extends WireTarget {
    private static final int AT = Frame.TRANSPORT_AT_IPV6;
    private static final int QUOTED = AT + Icmpv6Message.BYTES;

    @Override
    int write() {
        final int data = in.below(100);
        in.copyTo(buffer, AT, Icmpv6Message.BYTES);
        in.copyTo(buffer, QUOTED, data);
        Wire.put8(buffer, AT, type());
        Wire.put8(buffer, AT + 1, in.oneIn(4) ? in.below(8) : 0);
        int length = Icmpv6Message.BYTES + data;
        switch (in.below(4)) {
            case 0 -> length = discovery();
            case 1 -> quote(data);
            default -> {}
        }
        length = in.oneIn(16) ? in.below(length) : length;
        patch(AT, length);
        final int frameLength = ipv6(Ipv6Header.PROTOCOL_ICMP, length, in.oneIn(8) ? in.u8() : NdMessage.HOP_LIMIT);
        if (length >= Icmpv6Message.BYTES && !in.oneIn(16)) {
            Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, length);
        }
        return frameLength;
    }

    private int type() {
        return in.oneIn(16)
                ? in.u8()
                : in.oneOf(
                        Icmpv6Message.UNREACHABLE,
                        Icmpv6Message.PACKET_TOO_BIG,
                        Icmpv6Message.TIME_EXCEEDED,
                        Icmpv6Message.PARAMETER_PROBLEM,
                        Icmpv6Message.ECHO_REQUEST,
                        NdMessage.SOLICITATION,
                        NdMessage.ADVERTISEMENT);
    }

    /** @return length of the message */
    private int discovery() {
        NdMessage.write(
                buffer,
                AT,
                in.oneOf(NdMessage.SOLICITATION, NdMessage.ADVERTISEMENT),
                in.i32(),
                high(),
                in.oneIn(4) ? in.u8() : Link.GUEST & 0xffff,
                in.oneIn(8) ? in.i32() : peerMac());
        return in.oneIn(4) ? NdMessage.BYTES : NdMessage.BYTES_WITH_MAC;
    }

    /** A packet that the guest may have sent, if it has room. */
    private void quote(final int data) {
        if (data >= Ipv6Header.BYTES + 8) {
            final Dialogues.Dialogue about = dialogues.get(in.oneIn(4) ? in.u8() : 1);
            Ipv6Header.write(buffer, QUOTED, 0, data, Ipv4Header.PROTOCOL_TCP, 64);
            Ipv6Header.putSource(buffer, QUOTED, Link.PREFIX6, Link.GUEST & 0xffff);
            Ipv6Header.putDestination(buffer, QUOTED, Link.PREFIX6, Link.KERNEL & 0xffff);
            final int segment = QUOTED + Ipv6Header.BYTES;
            Wire.put32(buffer, segment, about.localPort << 16 | about.remotePort);
            Wire.put32(buffer, segment + 4, about.ack - 1 + in.near());
        }
    }
}
