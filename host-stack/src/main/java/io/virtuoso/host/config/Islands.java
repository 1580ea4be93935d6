package io.virtuoso.host.config;

import io.virtuoso.host.policy.PolicyRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Splits a configuration into islands: sets of networks that share nothing with others, so that a core can serve one
 * without asking another core anything (docs/adr/0024). Networks that lead to the uplink share it, and those whose
 * tunnels go over the same underlay share that.
 */
public final class Islands {
    private final HostConfig config;
    private final Map<String, List<NetworkConfig>> groups = new LinkedHashMap<>();

    private Islands(final HostConfig config) {
        this.config = config;
    }

    /** @return each island's part of a configuration, at least one, in the order of their first networks */
    public static List<HostConfig> of(final HostConfig config) {
        return config.cores().most() == 1 ? List.of(config) : new Islands(config).split();
    }

    private List<HostConfig> split() {
        for (final NetworkConfig network : config.networks()) {
            put(network);
        }
        final List<HostConfig> parts = new ArrayList<>();
        for (final Map.Entry<String, List<NetworkConfig>> group : groups.entrySet()) {
            parts.add(part(group.getValue(), parts.isEmpty()));
        }
        return parts;
    }

    /** A network can join two groups: then these are one from then on. */
    private void put(final NetworkConfig network) {
        final List<NetworkConfig> members = new ArrayList<>();
        final List<String> joined = groups.entrySet().stream()
                .filter(group -> group.getValue().stream().anyMatch(other -> isShared(network, other)))
                .map(Map.Entry::getKey)
                .toList();
        for (final String other : joined) {
            members.addAll(joined.getFirst().equals(other) ? groups.get(other) : groups.remove(other));
        }
        members.add(network);
        groups.put(joined.isEmpty() ? network.name() : joined.getFirst(), members);
    }

    private boolean isShared(final NetworkConfig one, final NetworkConfig other) {
        final boolean underlay = underlay(one).isPresent() && underlay(one).equals(underlay(other));
        return underlay || usesUplink(one) && usesUplink(other);
    }

    private static Optional<String> underlay(final NetworkConfig network) {
        return network.port().filter(TunnelConfig.class::isInstance).map(PortConfig::device);
    }

    private boolean usesUplink(final NetworkConfig network) {
        return usesUplink(config, network);
    }

    /** @return true if a network of a configuration has a route by the uplink, or a published port */
    static boolean usesUplink(final HostConfig config, final NetworkConfig network) {
        return network.leavesByUplink()
                || config.guests().stream()
                        .anyMatch(guest -> guest.network().equals(network.name())
                                && !guest.published().isEmpty());
    }

    /** What nobody uses is the first one's: it is served all the same. */
    private HostConfig part(final List<NetworkConfig> networks, final boolean first) {
        final List<String> names = networks.stream().map(NetworkConfig::name).toList();
        final boolean uplink = networks.stream().anyMatch(this::usesUplink)
                || first && config.networks().stream().noneMatch(this::usesUplink);
        final Map<String, PolicyRules> policies = new LinkedHashMap<>(config.policies());
        policies.keySet().retainAll(names);
        return new HostConfig(
                networks,
                config.guests().stream()
                        .filter(guest -> names.contains(guest.network()))
                        .toList(),
                config.limits(),
                uplink ? config.uplink() : Optional.empty(),
                policies,
                config.lines(),
                config.tapMayFail(),
                config.underlays().stream()
                        .filter(underlay -> isUsed(underlay, networks) || first && !isUsed(underlay, config.networks()))
                        .toList(),
                config.cores());
    }

    private static boolean isUsed(final UnderlayConfig underlay, final List<NetworkConfig> networks) {
        return networks.stream().anyMatch(network -> underlay(network).equals(Optional.of(underlay.name())));
    }
}
