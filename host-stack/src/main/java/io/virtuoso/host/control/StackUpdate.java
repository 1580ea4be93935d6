package io.virtuoso.host.control;

import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.policy.Policy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What another configuration means to the stack. Immutable.
 *
 * @param guests   whose settings may have changed
 * @param removed  guests that are no more; their attachments have been ended
 * @param policies those that are to be in force, by network
 */
public record StackUpdate(List<Guest> guests, List<String> removed, Map<String, Policy> policies) {
    /** Copies lists and map. */
    public StackUpdate {
        guests = List.copyOf(guests);
        removed = List.copyOf(removed);
        policies = Map.copyOf(policies);
    }

    /** @return what of it concerns the island that serves those networks */
    StackUpdate of(final Predicate<String> networks) {
        final Map<String, Policy> its = new LinkedHashMap<>(policies);
        its.keySet().removeIf(network -> !networks.test(network));
        return new StackUpdate(guests, removed, its);
    }
}
