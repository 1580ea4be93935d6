package io.virtuoso.host.net;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;

/** The receive stage, and who notes what comes and what becomes of it, while somebody captures. */
final class TappedInput {
    private final IpInput input;
    private final LocalAddresses addresses;
    private final Ledger ledger;
    private CaptureTap tap;
    private String network;

    TappedInput(final IpInput input, final LocalAddresses addresses, final Ledger ledger) {
        this.input = input;
        this.addresses = addresses;
        this.ledger = ledger;
    }

    /** Says who notes packets from now on, if not null, and the network's name for that. */
    void capture(final CaptureTap newTap, final String ofNetwork) {
        tap = newTap;
        network = ofNetwork;
    }

    /** Takes one frame. */
    void onFrame(final Frame frame, final long now) {
        if (tap == null) {
            input.onFrame(frame, now);
            return;
        }
        final long waiting = addresses.enqueued();
        tap.arrived(frame);
        final DropReason reason = input.onFrame(frame, now);
        if (addresses.enqueued() == waiting) {
            tap.judged(network, ledger.payer(), 0, reason);
        } else {
            tap.waits();
        }
    }

    /** Goes on with a frame that had to wait for its guest's turn. */
    void resume(final Frame frame, final long waitedNs, final long now) {
        if (tap == null) {
            input.resume(frame, now);
            return;
        }
        tap.arrived(frame);
        tap.judged(network, ledger.payer(), waitedNs, input.resume(frame, now));
    }
}
