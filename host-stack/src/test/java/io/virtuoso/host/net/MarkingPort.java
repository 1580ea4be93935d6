package io.virtuoso.host.net;

import io.virtuoso.host.port.ForwardingPort;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.Wire;

/** A port that marks every so many ECN-capable frames, in both directions, as a congested router would. */
final class MarkingPort extends ForwardingPort {
    private static final int MARKED = 3;
    private static final int IPV6_MARK = MARKED << 20;

    private final int oneIn;
    private int capable;

    MarkingPort(final Port port, final int oneIn) {
        super(port);
        this.oneIn = oneIn;
    }

    @Override
    public int receive(final Frame frame) {
        final int result = super.receive(frame);
        if (result == Port.RECEIVED) {
            mark(frame);
        }
        return result;
    }

    @Override
    public boolean transmit(final Frame frame) {
        mark(frame);
        return super.transmit(frame);
    }

    private void mark(final Frame frame) {
        final int type = EthernetHeader.type(frame.buffer(), Frame.ETHERNET_AT);
        if (type == EthernetHeader.TYPE_IPV4) {
            final int service = Ipv4Header.typeOfService(frame.buffer(), Frame.NETWORK_AT);
            if (isChosen(service & Ipv4Header.ECN)) {
                Ipv4Header.putTypeOfService(frame.buffer(), Frame.NETWORK_AT, service | MARKED);
            }
        } else if (type == EthernetHeader.TYPE_IPV6) {
            final int trafficClass = Ipv6Header.trafficClass(frame.buffer(), Frame.NETWORK_AT);
            if (isChosen(trafficClass & Ipv6Header.ECN)) {
                final int word = Wire.i32(frame.buffer(), Frame.NETWORK_AT);
                Wire.put32(frame.buffer(), Frame.NETWORK_AT, word | IPV6_MARK);
            }
        }
    }

    private boolean isChosen(final int codepoint) {
        return codepoint != 0 && ++capable % oneIn == 0;
    }
}
