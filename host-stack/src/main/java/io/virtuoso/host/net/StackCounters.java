package io.virtuoso.host.net;

import io.virtuoso.host.tcp.TcpVerdict;
import io.virtuoso.host.wire.DropReason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Counters that one thread writes and any thread reads. Values only grow. */
@SuppressWarnings("EnumOrdinal") // indices are not stored anywhere
public final class StackCounters {
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] counts = new long[StackCounter.values().length];
    private final long[] drops = new long[DropReason.count()];
    private final long[] verdicts = new long[TcpVerdict.values().length];

    /** Counts one; writing thread only. */
    public void count(final StackCounter counter) {
        add(counter, 1);
    }

    /** Counts several; writing thread only. */
    public void add(final StackCounter counter, final long amount) {
        final int index = counter.ordinal();
        LONGS.setOpaque(counts, index, counts[index] + amount);
    }

    /** Counts a dropped packet; writing thread only. */
    public void drop(final DropReason reason) {
        final int index = reason.ordinal();
        LONGS.setOpaque(drops, index, drops[index] + 1);
    }

    /** Counts what TCP thought of a segment; writing thread only. */
    void verdict(final TcpVerdict verdict) {
        final int index = verdict.ordinal();
        LONGS.setOpaque(verdicts, index, verdicts[index] + 1);
    }

    /** @return segments of which TCP thought so; any thread */
    public long judged(final TcpVerdict verdict) {
        return (long) LONGS.getOpaque(verdicts, verdict.ordinal());
    }

    /** @return the count; any thread */
    public long get(final StackCounter counter) {
        return (long) LONGS.getOpaque(counts, counter.ordinal());
    }

    /** @return packets dropped for a reason; any thread */
    public long dropped(final DropReason reason) {
        return (long) LONGS.getOpaque(drops, reason.ordinal());
    }

    /** @return packets dropped for any reason; any thread */
    public long dropped() {
        long sum = 0;
        for (int reason = 0; reason < drops.length; reason++) {
            sum += (long) LONGS.getOpaque(drops, reason);
        }
        return sum;
    }
}
