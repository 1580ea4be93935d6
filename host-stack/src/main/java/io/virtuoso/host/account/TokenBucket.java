package io.virtuoso.host.account;

/**
 * A limit on what grows with time: as much as {@code rate} allows, and a burst. What was used is paid afterwards, so the
 * level may fall below 0 by what could not be cut into pieces. Stack thread only.
 */
final class TokenBucket {
    /**
     * What part of the level may be used before it is brought up to date again. What comes in the meantime is lost where the
     * bucket would have been full, so this is little.
     */
    private static final int SPARE_PART = 8;

    /** One that never ends. */
    static final TokenBucket UNLIMITED = new TokenBucket(1, Double.MAX_VALUE, 0, 0);

    private final double perNs;
    private final double burst;
    private final double mostOwed;
    private double level;
    private long usedBefore;
    private long enoughUntil;
    private long filledNs;
    private long emptyUntilNs;
    private boolean started;

    /**
     * A limit.
     *
     * @param perNs what comes in each nanosecond, more than 0
     * @param burst most that is kept
     * @param used  what was used before, and does not count
     */
    TokenBucket(final double perNs, final double burst, final long used) {
        this(perNs, burst, Double.MAX_VALUE, used);
    }

    /**
     * @param mostOwed what is used beyond this counts no more: it was not taken from anybody
     */
    TokenBucket(final double perNs, final double burst, final double mostOwed, final long used) {
        this.perNs = perNs;
        this.burst = burst;
        this.mostOwed = mostOwed;
        this.level = burst;
        this.usedBefore = used;
        this.enoughUntil = burst == Double.MAX_VALUE ? Long.MAX_VALUE : used;
    }

    /** @return there is something left while less than this has been used since the start, whatever the time is */
    long enoughUntil() {
        return enoughUntil;
    }

    /**
     * Brings the level up to date, unless little was used since that was done: whoever is far from a limit is asked often.
     *
     * @param used what was used since the start
     * @return true if there is something left
     */
    boolean update(final long nowNs, final long used) {
        return used < enoughUntil || refill(nowNs, used);
    }

    /** By itself, so that compilers keep it out of the many places that ask. */
    private boolean refill(final long nowNs, final long used) {
        if (started) {
            level = Math.min(burst, level + (nowNs - filledNs) * perNs);
        }
        started = true;
        filledNs = nowNs;
        level = Math.max(-mostOwed, level - (used - usedBefore));
        usedBefore = used;
        enoughUntil = used + (long) (Math.max(0, level) / SPARE_PART);
        emptyUntilNs = nowNs + (long) (Math.max(0, -level) / perNs);
        return level > 0;
    }

    /** @return true if nothing can be left yet, whatever is used or not: to be asked before {@link #update} */
    boolean isEmpty(final long nowNs) {
        return level <= 0 && nowNs - emptyUntilNs < 0;
    }

    /**
     * @param used what was used since the start
     * @return what is left of what there was at the last update; 0 or less if nothing is
     */
    double left(final long used) {
        return level - (used - usedBefore);
    }

    /** @return nanoseconds from the last update until a quarter of the burst is there; 0 if something is left */
    long recoveryNs() {
        return level > 0 ? 0 : (long) Math.ceil(Math.max(0, burst / 4 - level) / perNs);
    }
}
