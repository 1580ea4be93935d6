package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.VirtioNetHeader;

/** Frames of anything, their offload headers, too. */
final class EthernetTarget extends WireTarget {
    @Override
    int write() {
        ethernet(in.oneOf(EthernetHeader.TYPE_IPV4, EthernetHeader.TYPE_IPV6, EthernetHeader.TYPE_ARP, in.u16()));
        if (in.oneIn(4)) {
            in.copyTo(buffer, Frame.VIRTIO_AT, VirtioNetHeader.BYTES);
        }
        if (in.oneIn(8)) {
            in.copyTo(buffer, Frame.ETHERNET_AT, 6);
        }
        final int length = in.below(120);
        in.copyTo(buffer, Frame.NETWORK_AT, length);
        return in.oneIn(8) ? in.below(EthernetHeader.BYTES) : EthernetHeader.BYTES + length;
    }
}
