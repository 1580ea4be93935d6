package io.virtuoso.host.net;

import org.agrona.collections.IntHashSet;
import org.agrona.collections.Long2LongHashMap;

/**
 * Looks whether an IPv6 address is somebody else's before it is used (RFC 4862 section 5.4), on ports with other stations:
 * asks once, and waits for a second. An address that is found to be another's stays unused here.
 */
final class DuplicateDetection {
    /** RetransTimer of RFC 4861 section 10; DupAddrDetectTransmits is 1. */
    static final long WAIT_NANOS = 1_000_000_000L;

    private static final long NONE = Long.MIN_VALUE;

    private final NdOutput output;
    private final StackCounters counters;
    private final LocalAddresses addresses;
    private final Long2LongHashMap tentative = new Long2LongHashMap(NONE);
    private final IntHashSet duplicate = new IntHashSet();
    private long nextDeadline = Long.MAX_VALUE;

    DuplicateDetection(final NdOutput output, final StackCounters counters, final LocalAddresses addresses) {
        this.output = output;
        this.counters = counters;
        this.addresses = addresses;
    }

    /** Asks for an address of ours, which is usable again if nobody says that he has it. */
    void begin(final int address, final long now) {
        addresses.doubt(address);
        tentative.put(address, now + WAIT_NANOS);
        nextDeadline = Math.min(nextDeadline, now + WAIT_NANOS);
        output.probe(address);
    }

    /** The address is no longer wanted. */
    void end(final int address) {
        tentative.remove(address);
        duplicate.remove(address);
    }

    /** @return true if packets must not go out from an address: it is not known to be ours alone */
    boolean isUnusable(final int address) {
        return !tentative.isEmpty() && tentative.containsKey(address)
                || !duplicate.isEmpty() && duplicate.contains(address);
    }

    /** @return true if an address is being asked for */
    boolean isTentative(final int address) {
        return !tentative.isEmpty() && tentative.containsKey(address);
    }

    /** Somebody else has, or wants, an address that is being asked for. */
    void onClaim(final int address) {
        tentative.remove(address);
        duplicate.add(address);
        counters.count(StackCounter.DUPLICATE_ADDRESSES);
    }

    /** @return when {@link #onTimers} has something to do; {@link Long#MAX_VALUE}: never */
    long nextDeadline() {
        return nextDeadline;
    }

    /** Takes addresses that nobody claimed. */
    void onTimers(final long now) {
        if (nextDeadline - now > 0) {
            return;
        }
        nextDeadline = Long.MAX_VALUE;
        final var iterator = tentative.entrySet().iterator();
        while (iterator.hasNext()) {
            iterator.next();
            final long deadline = iterator.getLongValue();
            if (deadline - now <= 0) {
                addresses.trust((int) iterator.getLongKey());
                iterator.remove();
            } else {
                nextDeadline = Math.min(nextDeadline, deadline);
            }
        }
    }
}
