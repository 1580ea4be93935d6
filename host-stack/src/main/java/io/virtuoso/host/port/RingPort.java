package io.virtuoso.host.port;

import io.virtuoso.host.account.Account;
import java.util.ArrayList;
import java.util.List;

/**
 * A network's side of a {@link FrameLink}: another thread carries its frames further, and brings those that come. What finds
 * no room in a ring is lost, like on a port: the network counts what it sent itself, and has what came counted as missed.
 */
public final class RingPort implements Port {
    private final FrameLink link;
    private final int mtu;
    private final long mac;
    private final boolean checksumOffload;
    private final boolean segmentationOffload;
    private final boolean shared;
    private final List<FrameLink.Payer> payers = new ArrayList<>();

    /** @param behind carries the frames; it is asked here what it can do, and never again: it is another thread's then */
    public RingPort(final FrameLink link, final Port behind) {
        this.link = link;
        this.mtu = behind.mtu();
        this.mac = behind.mac();
        this.checksumOffload = behind.checksumOffload();
        this.segmentationOffload = behind.segmentationOffload();
        this.shared = behind.isShared();
    }

    @Override
    public int receive(final Frame frame) {
        return link.in().take(frame) ? RECEIVED : NONE;
    }

    @Override
    public boolean transmit(final Frame frame) {
        return link.out().offer(frame);
    }

    @Override
    public void flush() {
        link.out().announce();
    }

    @Override
    public boolean fallAsleep() {
        return link.in().fallAsleep();
    }

    @Override
    public void wokeUp() {
        link.in().wakeUp();
    }

    @Override
    public void payer(final long high, final long low, final Account account) {
        payers.removeIf(known -> known.high() == high && known.low() == low);
        payers.add(new FrameLink.Payer(high, low, account.name(), account.weight()));
        link.payers(payers);
    }

    @Override
    public void nobodyPays(final long high, final long low) {
        if (payers.removeIf(known -> known.high() == high && known.low() == low)) {
            link.payers(payers);
        }
    }

    /** {@inheritDoc} Who brings frames rings, see {@link #fallAsleep}. */
    @Override
    public int fd() {
        return -1;
    }

    /** {@inheritDoc} As it was at the start: of ways that carry less the network is told by ICMP. */
    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public long mac() {
        return mac;
    }

    @Override
    public boolean checksumOffload() {
        return checksumOffload;
    }

    @Override
    public boolean segmentationOffload() {
        return segmentationOffload;
    }

    @Override
    public boolean isShared() {
        return shared;
    }

    @Override
    public long missed() {
        return link.in().lost();
    }

    /** {@inheritDoc} Frames that are under way stay so. */
    @Override
    public void close() {
        // The rings are nobody's own.
    }
}
