package io.virtuoso.host.tunnel;

import io.virtuoso.host.account.Arrivals;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.FrameLink;
import io.virtuoso.host.port.Port;

/**
 * The underlay's side of a tunnel whose network is served by another thread (docs/adr/0030): what that puts into the link
 * is sent through the tunnel, and what comes through the tunnel is put into the link. Each frame is paid for by the guest
 * whose it is. One thread, the underlay's; allocates nothing per frame.
 */
final class TunnelRelay {
    /** A network's turn ends after so many bytes, so that large frames do not keep others waiting. */
    private static final int MAX_BURST_BYTES = 64 * 1024;

    private final Underlay underlay;
    private final TunnelPort tunnel;
    private final FrameLink link;
    private final Payers payers = new Payers();
    private final Frame frame = new Frame();

    TunnelRelay(final Underlay underlay, final TunnelPort tunnel, final FrameLink link) {
        this.underlay = underlay;
        this.tunnel = tunnel;
        this.link = link;
        tunnel.deliverTo(this::fromPeer);
    }

    private void fromPeer(final Frame inner, final long now) {
        payers.become(link.payers(), underlay.ledger());
        underlay.ledger().charge(payers.receiver(inner, underlay.ledger()));
        link.in().offer(inner);
    }

    /**
     * Sends what the network has.
     *
     * @param limit at most so many frames
     * @return how many
     */
    int poll(final Arrivals departures, final int limit) {
        payers.become(link.payers(), underlay.ledger());
        int taken = 0;
        int bytes = 0;
        while (taken < limit && bytes < MAX_BURST_BYTES) {
            departures.beforeFrame();
            if (!link.out().take(frame)) {
                break;
            }
            taken++;
            bytes += frame.length();
            underlay.ledger().charge(payers.sender(frame, underlay.ledger()));
            tunnel.transmit(frame);
            departures.afterFrame();
        }
        while (tunnel.hasAnswers() && tunnel.receive(frame) == Port.RECEIVED) {
            link.in().offer(frame);
        }
        return taken;
    }

    boolean fallAsleep() {
        return link.out().fallAsleep();
    }

    void wokeUp() {
        link.out().wakeUp();
    }

    /** Wakes the network's thread if there is something for it. */
    void flush() {
        link.in().announce();
    }
}
