package io.virtuoso.host.control;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who has used what of the fast-path cores since the start. The CPU times of all guests, of {@code systemNs} and of
 * {@code waitingNs} add up to that of the cores' threads.
 *
 * @param timeNs    when this was, by a clock that only goes forward
 * @param systemNs  CPU time that is no guest's
 * @param waitingNs CPU time of looking for work in vain, before going to sleep
 * @param guests    those that were attached once, in the order in which they first were
 */
public record Bills(long timeNs, long systemNs, long waitingNs, List<Bill> guests) {
    /** @param ofIslands of each island; guests' own come before those that only carry their frames */
    static Bills sum(final List<Bills> ofIslands) {
        return new Bills(
                ofIslands.stream().mapToLong(Bills::timeNs).max().orElse(0),
                ofIslands.stream().mapToLong(Bills::systemNs).sum(),
                ofIslands.stream().mapToLong(Bills::waitingNs).sum(),
                merge(ofIslands));
    }

    /** What another island did for a guest, such as carrying its frames, is added to the bill of the guest's own. */
    private static List<Bill> merge(final List<Bills> ofIslands) {
        final Map<String, Bill> byGuest = new LinkedHashMap<>();
        ofIslands.stream()
                .flatMap(bills -> bills.guests().stream())
                .forEach(bill -> byGuest.merge(bill.guest(), bill, Bill::plusTimeOf));
        return List.copyOf(byGuest.values());
    }

    /**
     * Of one guest.
     *
     * @param cpuNs       CPU time
     * @param core        that serves it now
     * @param in          what came for it, from the port and from other guests
     * @param out         what it sent, through the port and to other guests
     * @param retransmitted segments sent again
     * @param connections those it has now, and those it ever opened or accepted
     * @param commands    taken from its contexts
     * @param waits       what had to wait for its turn
     * @param delays      counts of {@link io.virtuoso.host.account.DelayHistogram}
     */
    public record Bill(
            String guest,
            int weight,
            long cpuNs,
            int core,
            Traffic in,
            Traffic out,
            long retransmitted,
            Connections connections,
            long commands,
            Waits waits,
            List<Long> delays) {
        private Bill plusTimeOf(final Bill other) {
            return new Bill(
                    guest,
                    weight,
                    cpuNs + other.cpuNs,
                    core,
                    in,
                    out,
                    retransmitted,
                    connections,
                    commands,
                    waits,
                    delays);
        }
    }

    /** Packets (a copy between guests counts as one) and bytes. */
    public record Traffic(long packets, long bytes) {}

    /**
     * What had to wait.
     *
     * @param waitedNs  time that work waited while others were served
     * @param limitedNs time that work waited because of the guest's limits
     * @param queued    frames that waited
     * @param marked    of these, marked with Congestion Experienced
     * @param dropped   frames that found too many waiting
     */
    public record Waits(long waitedNs, long limitedNs, long queued, long marked, long dropped) {}

    /** Connections now, and since the start by who opened them. */
    public record Connections(long now, long opened, long accepted) {}
}
