package io.virtuoso.host.config;

import io.virtuoso.host.policy.PolicyRules;
import io.virtuoso.host.tcp.TcpConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that a host stack is told before it starts.
 *
 * @param networks         at least one, names and VNIs unique; none in an island that only carries tunnels
 * @param guests           names unique, addresses unique within a network
 * @param limits           region geometry
 * @param uplink           the way out that networks share, if there is one
 * @param policies         of the networks that have one, by name
 * @param lines            where what was read
 * @param tapMayFail       true for the embedded default: a TAP that is not permitted is left out with a warning
 * @param underlays        ports that carry tunnels of the networks, names unique
 * @param cores            threads that serve guests
 * @param onDemand         whether guests that are not among {@code guests} are made when they are first named
 */
public record HostConfig(
        List<NetworkConfig> networks,
        List<GuestConfig> guests,
        LimitsConfig limits,
        Optional<UplinkConfig> uplink,
        Map<String, PolicyRules> policies,
        ConfigLines lines,
        boolean tapMayFail,
        List<UnderlayConfig> underlays,
        CoresConfig cores,
        boolean onDemand) {
    /** Copies lists and map. */
    public HostConfig {
        networks = List.copyOf(networks);
        guests = List.copyOf(guests);
        policies = Map.copyOf(policies);
        underlays = List.copyOf(underlays);
    }

    /** @return the policy of a network; {@link PolicyRules#NONE} if it has none */
    public PolicyRules policy(final String network) {
        return policies.getOrDefault(network, PolicyRules.NONE);
    }

    /** @return the configuration used without a file: one network, guests made on demand */
    public static HostConfig embeddedDefault() {
        final Subnet subnet = new Subnet(10 << 24 | 88 << 16, 16);
        final TapConfig tap = new TapConfig("virtuoso0", OuterAddress.ofIpv4(subnet.firstHost()));
        final NetworkConfig network = new NetworkConfig(
                "default",
                1,
                subnet,
                Optional.empty(),
                Optional.of(tap),
                TcpConfig.DEFAULTS.congestion(),
                TcpConfig.DEFAULTS.ecn(),
                TcpConfig.DEFAULTS.pacing(),
                ReachConfig.DEFAULT);
        return new HostConfig(
                List.of(network),
                List.of(),
                LimitsConfig.DEFAULT,
                Optional.empty(),
                Map.of(),
                ConfigLines.NONE,
                true,
                List.of(),
                CoresConfig.DEFAULT,
                true);
    }

    /** @return the network that guests made on demand join, if there are such: the first */
    public NetworkConfig defaultNetwork() {
        return networks.getFirst();
    }
}
