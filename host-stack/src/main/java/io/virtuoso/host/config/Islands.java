package io.virtuoso.host.config;

import io.virtuoso.host.policy.PolicyRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Splits a configuration into islands: sets of networks that share nothing with others, so that a core can serve one
 * without asking another core anything (docs/adr/0024, 0030). Networks that lead to the uplink share it. An underlay that
 * tunnels of several islands go over is an island of its own, without networks, which exchanges frames with these.
 */
public final class Islands {
    private final HostConfig config;
    private final Map<String, List<NetworkConfig>> groups = new LinkedHashMap<>();

    private Islands(final HostConfig config) {
        this.config = config;
    }

    /**
     * @return each island's part of a configuration, at least one, in the order of their first networks; then those without
     *     networks, each with one underlay
     */
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
        config.underlays().stream()
                .filter(this::isShared)
                .map(underlay -> part(List.of(), Optional.empty(), List.of(underlay)))
                .forEach(parts::add);
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
        return usesUplink(one) && usesUplink(other);
    }

    /** @return true if tunnels of several islands go over an underlay */
    private boolean isShared(final UnderlayConfig underlay) {
        return groups.values().stream()
                        .filter(networks -> isUsed(underlay, networks))
                        .count()
                > 1;
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
        final boolean uplink = networks.stream().anyMatch(this::usesUplink)
                || first && config.networks().stream().noneMatch(this::usesUplink);
        return part(
                networks,
                uplink ? config.uplink() : Optional.empty(),
                config.underlays().stream()
                        .filter(underlay -> !isShared(underlay))
                        .filter(underlay -> isUsed(underlay, networks) || first && !isUsed(underlay, config.networks()))
                        .toList());
    }

    private HostConfig part(
            final List<NetworkConfig> networks,
            final Optional<UplinkConfig> uplink,
            final List<UnderlayConfig> underlays) {
        final List<String> names = networks.stream().map(NetworkConfig::name).toList();
        final Map<String, PolicyRules> policies = new LinkedHashMap<>(config.policies());
        policies.keySet().retainAll(names);
        return new HostConfig(
                networks,
                config.guests().stream()
                        .filter(guest -> names.contains(guest.network()))
                        .toList(),
                config.limits(),
                uplink,
                policies,
                config.lines(),
                config.tapMayFail(),
                underlays,
                config.cores(),
                config.onDemand());
    }

    private static boolean isUsed(final UnderlayConfig underlay, final List<NetworkConfig> networks) {
        return networks.stream().anyMatch(network -> underlay(network).equals(Optional.of(underlay.name())));
    }
}
