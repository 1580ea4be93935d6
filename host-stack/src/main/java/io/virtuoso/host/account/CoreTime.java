package io.virtuoso.host.account;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The CPU time of one fast-path core, which the ledgers of the islands that it serves share (docs/adr/0019): what they
 * say by the clock is brought in line with what the thread has used. Ledgers come and go with their islands. That
 * core's thread only.
 */
public final class CoreTime {
    /** How often bills are brought in line with the thread's CPU time. */
    static final long CORRECTION_NS = 10_000_000;

    private final LongSupplier cpuTime;
    private final List<Ledger> ledgers = new ArrayList<>();
    private long correctedNs;
    private long correctedCpuNs;
    private boolean started;

    /**
     * @param cpuTime CPU time of the core's thread in nanoseconds; asked on that thread, first when a ledger begins a
     * pass
     */
    public CoreTime(final LongSupplier cpuTime) {
        this.cpuTime = cpuTime;
    }

    /** A ledger comes to this core; it has none, or had another that it was {@link #remove}d from. */
    public void add(final Ledger ledger) {
        ledgers.add(ledger);
        ledger.core(this);
    }

    /**
     * A ledger leaves this core, its bills brought up to date.
     *
     * @param nowNs the time just read
     */
    public void remove(final Ledger ledger, final long nowNs) {
        ledger.sleep(nowNs);
        correct(nowNs);
        ledgers.remove(ledger);
    }

    void begin(final long nowNs) {
        if (!started) {
            started = true;
            correctedNs = nowNs;
            correctedCpuNs = cpuTime.getAsLong();
        }
    }

    boolean isDue(final long nowNs) {
        return nowNs - correctedNs >= CORRECTION_NS;
    }

    /** @return CPU time since the last correction that no ledger has booked; may be negative */
    long unbookedNs() {
        return cpuTime.getAsLong() - correctedCpuNs - spentNs();
    }

    private long spentNs() {
        long sum = 0;
        for (int i = 0; i < ledgers.size(); i++) {
            sum += ledgers.get(i).uncorrectedNs();
        }
        return sum;
    }

    /**
     * Bills what was used since the last time: the thread's CPU time, in the proportion of the times spent by the
     * clock. What going to sleep and waking cost is thus borne by those for whom the thread was awake.
     */
    void correct(final long nowNs) {
        if (!started || ledgers.isEmpty()) {
            return;
        }
        final long cpuNs = cpuTime.getAsLong();
        final long used = Math.max(0, cpuNs - correctedCpuNs);
        final long spent = spentNs();
        final double rate = spent == 0 ? 0 : (double) used / spent;
        long left = used;
        for (int i = 0; i < ledgers.size(); i++) {
            left -= ledgers.get(i).bill(rate);
        }
        ledgers.getFirst().system().bill(left);
        correctedCpuNs = Math.max(cpuNs, correctedCpuNs);
        correctedNs = nowNs;
    }
}
