package io.virtuoso.host.account;

/**
 * A guest as the {@link Scheduler} of one fast-path core sees it: whether it has work, and how much of the core it has
 * had. Its virtual time runs while it is served, by a guest of weight 2 half as fast as by one of weight 1; who is
 * furthest behind is served first. Stack thread only.
 */
public abstract class Turn {
    /** What of its share of time a guest that had nothing to do may use at once, when its time is limited or reserved. */
    private static final double CPU_BURST_NS = 1e6;
    /** What of its rate it may use at once. */
    private static final double RATE_BURST_NS = 2e6;

    private static final double MIN_BURST_BYTES = 1 << 17;

    /** Whoever has something left of its rate may move so much: bytes are not counted out in ever smaller pieces. */
    private static final long LEAST_BYTES = 1 << 14;

    private static final double MIN_BURST_PACKETS = 64;

    private final Account account;
    private GuestLimits bounds = GuestLimits.NONE;
    private TokenBucket reserved;
    private TokenBucket cpu;
    private TokenBucket bytesIn;
    private TokenBucket bytesOut;
    private TokenBucket packetsIn;
    private TokenBucket packetsOut;
    private double virtualNs;
    private long billedNs;
    private double key;
    private boolean waiting;
    private long sinceNs;
    private long resumeNs;
    private boolean limited;
    private boolean rated;

    /** @param account of the guest */
    protected Turn(final Account account) {
        this(account, GuestLimits.NONE);
    }

    /**
     * @param account of the guest, perhaps with what it used before it was removed
     * @param bounds  what it may use
     */
    protected Turn(final Account account, final GuestLimits bounds) {
        this.account = account;
        this.billedNs = account.elapsedNs();
        bound(bounds);
    }

    /** Fills all buckets. */
    private void bound(final GuestLimits newBounds) {
        bounds = newBounds;
        final long elapsedNs = account.elapsedNs();
        reserved = reserved(bounds.cpuReserved(), elapsedNs);
        cpu = cpu(bounds.cpuMax(), elapsedNs);
        bytesIn = bytes(bounds.inRate(), account.bytesIn());
        bytesOut = bytes(bounds.outRate(), account.bytesOut());
        packetsIn = packets(bounds.packetRate(), account.packetsIn());
        packetsOut = packets(bounds.packetRate(), account.packetsOut());
        rated = bounds.inRate() != 0 || bounds.outRate() != 0 || bounds.packetRate() != 0;
    }

    /** The guest's share and limits are others from now on; if it waits because of its limits, they are asked anew. */
    protected final void change(final int weight, final GuestLimits newBounds, final long nowNs) {
        virtualNs(); // what was used has been used with the former weight
        account.weight(weight);
        if (!newBounds.equals(bounds)) {
            bound(newBounds);
            limited = false;
            resumeNs = nowNs;
        }
    }

    /**
     * What the guest used that nobody else wanted is not held against it for longer than its burst lasts.
     *
     * @return null if nothing is reserved
     */
    private static TokenBucket reserved(final double part, final long used) {
        return part == 0 ? null : new TokenBucket(part, part * CPU_BURST_NS, part * CPU_BURST_NS, used);
    }

    /** Nobody can use more than all: to count that would only hold interruptions of the core against the guest. */
    private static TokenBucket cpu(final double part, final long used) {
        return part == 0 || part >= 1 ? TokenBucket.UNLIMITED : new TokenBucket(part, part * CPU_BURST_NS, used);
    }

    private static TokenBucket bytes(final long rate, final long used) {
        return rate == 0 ? TokenBucket.UNLIMITED : rate(rate, MIN_BURST_BYTES, used);
    }

    private static TokenBucket packets(final long rate, final long used) {
        return rate == 0 ? TokenBucket.UNLIMITED : rate(rate, MIN_BURST_PACKETS, used);
    }

    private static TokenBucket rate(final long rate, final double leastBurst, final long used) {
        return new TokenBucket(rate / 1e9, Math.max(leastBurst, rate * RATE_BURST_NS / 1e9), used);
    }

    /** Work of a guest that waits for its turn. */
    public interface Source {
        /** @return true if there is something that {@link #serve} would do now */
        boolean hasWork();

        /**
         * Does some of it.
         *
         * @param limit about so many commands, or what takes as long
         * @return about how many it was; 0 if there was nothing to do
         */
        int serve(int limit, long nowNs);
    }

    /** @return false if packets for the guest are to wait: it is over its budget, or its limits */
    public abstract boolean mayReceive();

    /**
     * A packet for the guest has to wait for its turn.
     *
     * @param source takes it then
     */
    public abstract void waits(Source source);

    /** @return what the guest has used */
    public final Account account() {
        return account;
    }

    /** @return true if there is something that {@link #serve} would do now */
    protected abstract boolean hasWork();

    /**
     * Does some of the guest's work.
     *
     * @param limit about so many commands, or what takes as long
     * @return about how many it was; 0 if there was nothing to do
     */
    protected abstract int serve(int limit);

    /** @return false while the guest has used up what its limits allow */
    public final boolean isWithinLimits(final long nowNs) {
        return isFarFromLimits() || bringUpToDate(nowNs);
    }

    /** Asked for each copy and each turn: little is looked at. */
    private boolean isFarFromLimits() {
        return !limited
                && account.elapsedNs() < cpu.enoughUntil()
                && account.bytesIn() < bytesIn.enoughUntil()
                && account.bytesOut() < bytesOut.enoughUntil()
                && account.packetsIn() < packetsIn.enoughUntil()
                && account.packetsOut() < packetsOut.enoughUntil();
    }

    private boolean bringUpToDate(final long nowNs) {
        if (limited && nowNs - resumeNs < 0) {
            return false;
        }
        limited = !cpu.update(nowNs, account.elapsedNs());
        limited |= !bytesIn.update(nowNs, account.bytesIn());
        limited |= !bytesOut.update(nowNs, account.bytesOut());
        limited |= !packetsIn.update(nowNs, account.packetsIn());
        limited |= !packetsOut.update(nowNs, account.packetsOut());
        if (limited) {
            long recovery = cpu.recoveryNs();
            recovery = Math.max(recovery, Math.max(bytesIn.recoveryNs(), bytesOut.recoveryNs()));
            recovery = Math.max(recovery, Math.max(packetsIn.recoveryNs(), packetsOut.recoveryNs()));
            resumeNs = nowNs + recovery;
        }
        return !limited;
    }

    /** @return bytes that the guest may send at once, by its rates; 0 while it has used up what its limits allow */
    public final long sendable(final long nowNs) {
        if (!rated) {
            return Long.MAX_VALUE;
        }
        final long enough = bytesOut.enoughUntil() - account.bytesOut();
        if (enough >= LEAST_BYTES && isFarFromLimits()) {
            return enough;
        }
        return isWithinLimits(nowNs) ? left(bytesOut, account.bytesOut(), packetsOut, account.packetsOut()) : 0;
    }

    /** @return bytes that may come for the guest at once, by its rates; 0 while it has used up what its limits allow */
    public final long receivable(final long nowNs) {
        if (!rated) {
            return Long.MAX_VALUE;
        }
        final long enough = bytesIn.enoughUntil() - account.bytesIn();
        if (enough >= LEAST_BYTES && isFarFromLimits()) {
            return enough;
        }
        return mayTake(nowNs) ? left(bytesIn, account.bytesIn(), packetsIn, account.packetsIn()) : 0;
    }

    /**
     * What a guest sends does not hold back what comes for it: acknowledgements that wait would be missed by its peers.
     *
     * @return false while what comes for the guest has to wait
     */
    final boolean mayTake(final long nowNs) {
        if (bounds.outRate() == 0 && bounds.packetRate() == 0) {
            return isWithinLimits(nowNs);
        }
        return cpu.update(nowNs, account.elapsedNs())
                & bytesIn.update(nowNs, account.bytesIn())
                & packetsIn.update(nowNs, account.packetsIn());
    }

    private static long left(
            final TokenBucket bytes, final long usedBytes, final TokenBucket packets, final long usedPackets) {
        if (packets.left(usedPackets) <= 0) {
            return 0;
        }
        final double left = bytes.left(usedBytes);
        return left > 0 ? Math.max((long) left, LEAST_BYTES) : 0;
    }

    final boolean hasReservation() {
        return reserved != null;
    }

    /** @return true if some of its reserved time is left: it is served before those without */
    final boolean isReserved(final long nowNs) {
        return reserved != null && !reserved.isEmpty(nowNs) && reserved.update(nowNs, account.elapsedNs());
    }

    /** @return when it may be served again, while it is not within its limits */
    final long resumeNs() {
        return resumeNs;
    }

    final void endLimit(final long nowNs) {
        account.limited(nowNs - sinceNs);
        sinceNs = nowNs;
    }

    /** @return its virtual time, brought up to date */
    final double virtualNs() {
        final long elapsed = account.elapsedNs();
        virtualNs += (double) (elapsed - billedNs) / account.weight();
        billedNs = elapsed;
        return virtualNs;
    }

    /** Who had no work may not save up more than some time: it would keep the others waiting for as long. */
    final void atLeast(final double floorNs) {
        virtualNs = Math.max(virtualNs(), floorNs);
    }

    final double key() {
        return key;
    }

    final void key(final double newKey) {
        key = newKey;
    }

    final boolean isWaiting() {
        return waiting;
    }

    final void beginWait(final long nowNs) {
        waiting = true;
        sinceNs = nowNs;
    }

    final void served(final long nowNs) {
        account.waited(nowNs - sinceNs);
    }

    final void endWait() {
        waiting = false;
    }
}
