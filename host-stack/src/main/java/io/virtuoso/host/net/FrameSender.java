package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;

/** Puts the Ethernet header on a frame, gives it to the port, and counts. */
final class FrameSender {
    private final Port port;
    private final StackCounters counters;

    FrameSender(final Port port, final StackCounters counters) {
        this.port = port;
        this.counters = counters;
    }

    /** @return false if the port had no room */
    boolean send(final Frame frame, final long destination, final int type) {
        EthernetHeader.write(frame.buffer(), frame.ethernetAt(), destination, port.mac(), type);
        if (!port.transmit(frame)) {
            counters.drop(DropReason.SEND_PORT_FULL);
            return false;
        }
        counters.count(StackCounter.FRAMES_OUT);
        counters.add(StackCounter.BYTES_OUT, frame.length());
        return true;
    }

    long mac() {
        return port.mac();
    }
}
