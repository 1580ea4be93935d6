package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.Wire;

/** ICMP messages: echo requests, and errors about connections and datagrams. */
final class IcmpTarget extends WireTarget {
    private static final int AT = Frame.TRANSPORT_AT;
    private static final int QUOTED = AT + IcmpMessage.BYTES;

    @Override
    int write() {
        final int type = in.oneIn(16)
                ? in.u8()
                : in.oneOf(
                        IcmpMessage.UNREACHABLE,
                        IcmpMessage.ECHO_REQUEST,
                        IcmpMessage.TIME_EXCEEDED,
                        IcmpMessage.PARAMETER_PROBLEM);
        final int data = in.below(80);
        in.copyTo(buffer, AT, IcmpMessage.BYTES);
        in.copyTo(buffer, QUOTED, data);
        Wire.put8(buffer, AT, type);
        Wire.put8(buffer, AT + 1, in.below(16));
        if (data >= Ipv4Header.BYTES + 8 && !in.oneIn(8)) {
            quote(data);
        }
        final int length = in.oneIn(16) ? in.below(IcmpMessage.BYTES) : IcmpMessage.BYTES + data;
        patch(AT, length);
        if (length >= IcmpMessage.BYTES && !in.oneIn(16)) {
            Wire.put16(buffer, AT + 2, 0);
            Wire.put16(buffer, AT + 2, Checksum.complete(Checksum.partial(buffer, AT, length, 0)));
        }
        return ipv4(Ipv4Header.PROTOCOL_ICMP, length);
    }

    /** A packet that the guest may have sent. */
    private void quote(final int data) {
        final Dialogues.Dialogue about = dialogues.get(in.u8());
        final int protocol = in.oneOf(Ipv4Header.PROTOCOL_TCP, Ipv4Header.PROTOCOL_UDP);
        Ipv4Header.write(buffer, QUOTED, in.oneIn(8) ? in.u16() : data, 1, protocol, Link.GUEST, Link.KERNEL);
        final int transport = QUOTED + Ipv4Header.BYTES;
        if (protocol == Ipv4Header.PROTOCOL_TCP) {
            Wire.put32(buffer, transport, about.localPort << 16 | about.remotePort);
            Wire.put32(buffer, transport + 4, about.ack - 1 + in.near());
        } else {
            Wire.put16(buffer, transport, in.oneIn(8) ? TcpHeader.BYTES : BOUND);
        }
    }
}
