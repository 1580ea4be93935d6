package io.virtuoso.host.port;

import io.virtuoso.host.account.Account;

/** A port in front of another one, which does everything that a subclass does not do itself. */
public abstract class ForwardingPort implements Port {
    protected final Port port;

    protected ForwardingPort(final Port port) {
        this.port = port;
    }

    @Override
    public int receive(final Frame frame) {
        return port.receive(frame);
    }

    @Override
    public boolean transmit(final Frame frame) {
        return port.transmit(frame);
    }

    @Override
    public void flush() {
        port.flush();
    }

    @Override
    public void deliverTo(final Receiver receiver) {
        port.deliverTo(receiver);
    }

    @Override
    public boolean leavesChecksums() {
        return port.leavesChecksums();
    }

    @Override
    public boolean join(final long group) {
        return port.join(group);
    }

    @Override
    public boolean isShared() {
        return port.isShared();
    }

    @Override
    public boolean wantsGroupReports() {
        return port.wantsGroupReports();
    }

    @Override
    public boolean hearsGroupQueries() {
        return port.hearsGroupQueries();
    }

    @Override
    public boolean fallAsleep() {
        return port.fallAsleep();
    }

    @Override
    public void wokeUp() {
        port.wokeUp();
    }

    @Override
    public void payer(final long high, final long low, final Account account) {
        port.payer(high, low, account);
    }

    @Override
    public void nobodyPays(final long high, final long low) {
        port.nobodyPays(high, low);
    }

    @Override
    public int fd() {
        return port.fd();
    }

    @Override
    public int mtu() {
        return port.mtu();
    }

    @Override
    public long mac() {
        return port.mac();
    }

    @Override
    public boolean checksumOffload() {
        return port.checksumOffload();
    }

    @Override
    public boolean segmentationOffload() {
        return port.segmentationOffload();
    }

    @Override
    public long missed() {
        return port.missed();
    }

    @Override
    public void close() {
        port.close();
    }
}
