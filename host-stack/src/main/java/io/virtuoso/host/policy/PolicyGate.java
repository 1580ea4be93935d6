package io.virtuoso.host.policy;

import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.net.Ipv6Numbers;
import java.util.Arrays;
import java.util.List;

/** Asks a network's policy, which may be replaced, and counts what it says. Stack thread only. */
public final class PolicyGate {
    private static final int DEFAULTS = 2;

    private Policy policy = new Policy(1, PolicyRules.NONE);
    private long[] hits = new long[DEFAULTS];
    private long refused;
    private long dropped;

    /** @return true if everything is allowed: there is nothing to ask */
    public boolean isOpen() {
        return policy.isOpen();
    }

    /** @return differs after each {@link #replace} */
    public int version() {
        return policy.version();
    }

    /** @return connections and datagrams refused */
    public long refused() {
        return refused;
    }

    /** @return connections and datagrams dropped: of a connection, each SYN counts */
    public long dropped() {
        return dropped;
    }

    /** Puts another policy in force. Rules that stay keep their counts. */
    public void replace(final Policy next) {
        final PolicyRules before = policy.rules();
        final PolicyRules after = next.rules();
        final long[] counts = new long[after.rules().size() + DEFAULTS];
        for (int i = 0; i < after.rules().size(); i++) {
            final int known = before.rules().indexOf(after.rules().get(i));
            counts[i] = known < 0 || after.rules().indexOf(after.rules().get(i)) != i ? 0 : hits[known];
        }
        System.arraycopy(hits, before.rules().size(), counts, after.rules().size(), DEFAULTS);
        policy = next;
        hits = counts;
    }

    /**
     * Asks what is to become of a connection; the rule that decides counts it.
     *
     * @param guest       at this end
     * @param peer        at the other end; null: no guest of this host
     * @param peerAddress see {@link Ipv6Numbers}
     * @param port        of who is asked; 0 for ICMP
     * @return {@link Policy#ALLOW}, {@link Policy#DROP} or an errno
     */
    public int check(
            final Direction direction,
            final Guest guest,
            final Guest peer,
            final int peerAddress,
            final Ipv6Numbers numbers,
            final Protocol protocol,
            final int port) {
        final int index = policy.find(direction, guest, peer, peerAddress, numbers, protocol, port);
        hits[index]++;
        final int verdict = policy.verdict(index);
        if (verdict == Policy.DROP) {
            dropped++;
        } else if (verdict != Policy.ALLOW) {
            refused++;
        }
        return verdict;
    }

    /** @return whether {@link #check} would allow a connection; counts nothing */
    public boolean allows(
            final Direction direction,
            final Guest guest,
            final Guest peer,
            final int peerAddress,
            final Ipv6Numbers numbers,
            final Protocol protocol,
            final int port) {
        return policy.verdict(policy.find(direction, guest, peer, peerAddress, numbers, protocol, port))
                == Policy.ALLOW;
    }

    /**
     * What {@code virtuoso policy} shows.
     *
     * @param hits how often each rule decided; behind them those of the default in and the default out
     */
    public record Report(PolicyRules rules, List<Long> hits) {}

    /** @return rules and counts as they are now */
    public Report report() {
        return new Report(policy.rules(), Arrays.stream(hits).boxed().toList());
    }
}
