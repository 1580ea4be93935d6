package io.virtuoso.host.policy;

import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.net.Ipv6Numbers;
import java.util.stream.IntStream;

/** A network's policy, ready to be asked. Immutable; asking allocates nothing. */
public final class Policy {
    /** Verdict: as if there were no policy. */
    public static final int ALLOW = 0;
    /** Verdict: as if nobody were there. Other verdicts are errnos. */
    public static final int DROP = -1;

    /** Version of the policy with which a host stack starts. */
    public static final int FIRST_VERSION = 1;

    private final int version;
    private final PolicyRules rules;
    private final int[] in;
    private final int[] out;

    /** @param version differs between the policies of a network, at least 1 */
    public Policy(final int version, final PolicyRules rules) {
        this.version = version;
        this.rules = rules;
        this.in = indices(Direction.IN);
        this.out = indices(Direction.OUT);
    }

    private int[] indices(final Direction direction) {
        return IntStream.range(0, rules.rules().size())
                .filter(index -> rules.rules().get(index).direction() == direction)
                .toArray();
    }

    int version() {
        return version;
    }

    PolicyRules rules() {
        return rules;
    }

    /** @return true if everything is allowed, so that nothing need be asked */
    boolean isOpen() {
        return rules.equals(PolicyRules.NONE);
    }

    /**
     * Finds what decides on a connection, at one of its ends.
     *
     * @param guest       at this end
     * @param peer        at the other end; null: no guest of this host
     * @param peerAddress see {@link Ipv6Numbers}
     * @param port        of who is asked; 0 for ICMP
     * @return index of the first rule that fits; behind the rules: the default in, the default out
     */
    int find(
            final Direction direction,
            final Guest guest,
            final Guest peer,
            final int peerAddress,
            final Ipv6Numbers numbers,
            final Protocol protocol,
            final int port) {
        final int[] candidates = direction == Direction.IN ? in : out;
        for (final int index : candidates) {
            if (rules.rules().get(index).fits(guest, peer, peerAddress, numbers, protocol, port)) {
                return index;
            }
        }
        return rules.rules().size() + (direction == Direction.IN ? 0 : 1);
    }

    /** @return the verdict of what {@link #find} found */
    int verdict(final int index) {
        final int count = rules.rules().size();
        return index < count ? rules.rules().get(index).verdict() : index == count ? rules.in() : rules.out();
    }
}
