package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.EthernetHeader;

/** ARP packets, and what the cache makes of them. */
final class ArpTarget extends WireTarget {
    @Override
    int write() {
        final int operation = in.oneIn(16) ? in.u16() : in.oneOf(ArpPacket.REQUEST, ArpPacket.REPLY);
        final long mac = in.oneIn(8) ? in.i32() : peerMac();
        final int sender = address();
        final int target = in.oneIn(4) ? address() : Link.GUEST;
        ArpPacket.write(buffer, Frame.NETWORK_AT, operation, mac, sender, in.u8(), target);
        ethernet(EthernetHeader.TYPE_ARP);
        patch(Frame.NETWORK_AT, ArpPacket.BYTES);
        return EthernetHeader.BYTES + (in.oneIn(16) ? in.below(64) : ArpPacket.BYTES);
    }
}
