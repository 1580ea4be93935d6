package io.virtuoso.host.net;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;

/** Puts the Ethernet header on a frame, gives it to the port, and counts it, also for who pays at the moment. */
final class FrameSender {
    private final Port port;
    private final StackCounters counters;
    private final Ledger ledger;
    private CaptureTap tap;
    private String network;

    FrameSender(final Port port, final StackCounters counters, final Ledger ledger) {
        this.port = port;
        this.counters = counters;
        this.ledger = ledger;
    }

    /** Says who notes frames that go out, if not null, and the network's name for that. */
    void capture(final CaptureTap newTap, final String ofNetwork) {
        tap = newTap;
        network = ofNetwork;
    }

    /** @return false if the port had no room */
    boolean send(final Frame frame, final long destination, final int type) {
        EthernetHeader.write(frame.buffer(), frame.ethernetAt(), destination, port.mac(), type);
        if (!port.transmit(frame)) {
            counters.drop(DropReason.SEND_PORT_FULL);
            note(frame, DropReason.SEND_PORT_FULL);
            return false;
        }
        note(frame, null);
        counters.count(StackCounter.FRAMES_OUT);
        counters.add(StackCounter.BYTES_OUT, frame.length());
        ledger.payer().sent(frame.packets(), frame.length());
        return true;
    }

    private void note(final Frame frame, final DropReason reason) {
        if (tap != null) {
            tap.sent(frame, network, ledger.payer(), reason);
        }
    }

    long mac() {
        return port.mac();
    }
}
