package io.virtuoso.host.control;

import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.policy.Policy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What another configuration means to the stack. Immutable.
 *
 * @param guests   all that are there then; some may be new, and settings of others may have changed
 * @param removed  guests that are no more; their attachments have been ended
 * @param policies those that are to be in force, by network
 * @param ways     whose routes and published ports are to be in force; empty: those that are
 */
public record StackUpdate(
        List<Guest> guests, List<String> removed, Map<String, Policy> policies, Optional<HostConfig> ways) {
    /** Copies lists and map. */
    public StackUpdate {
        guests = List.copyOf(guests);
        removed = List.copyOf(removed);
        policies = Map.copyOf(policies);
    }

    /** Of guests and policies only. */
    public StackUpdate(List<Guest> guests, List<String> removed, Map<String, Policy> policies) {
        this(guests, removed, policies, Optional.empty());
    }

    /** @return what of it concerns the island that serves those networks */
    StackUpdate of(final Predicate<String> networks) {
        final Map<String, Policy> its = new LinkedHashMap<>(policies);
        its.keySet().removeIf(network -> !networks.test(network));
        final List<Guest> those = guests.stream()
                .filter(guest -> networks.test(guest.network().name()))
                .toList();
        return new StackUpdate(those, removed, its, ways);
    }
}
