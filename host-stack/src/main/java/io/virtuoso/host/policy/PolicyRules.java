package io.virtuoso.host.policy;

import java.util.List;

/**
 * A network's policy as configured.
 *
 * @param in    the verdict on connections to guests that no rule fits
 * @param out   the same for connections from guests
 * @param rules the first that fits decides
 */
public record PolicyRules(int in, int out, List<PolicyRule> rules) {
    /** No policy: everything is allowed. */
    public static final PolicyRules NONE = new PolicyRules(Policy.ALLOW, Policy.ALLOW, List.of());

    /** Copies the list. */
    public PolicyRules {
        rules = List.copyOf(rules);
    }
}
