package io.virtuoso.host.config;

import io.virtuoso.host.policy.PolicyRules;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.host.tcp.EcnMode;
import io.virtuoso.host.tcp.TcpConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a configuration file. Every mistake is reported as one line that names the file and the line, what is wrong and
 * what would be right.
 */
public final class ConfigReader {
    private static final int MAX_FILE_BYTES = 16 << 20;
    private static final List<String> ROOT_KEYS =
            List.of("underlays", "uplink", "networks", "on_demand", "guests", "limits", "cores");
    private static final List<String> NETWORK_KEYS = List.of(
            "name",
            "vni",
            "subnet",
            "subnet6",
            "tap",
            "port",
            "tunnel",
            "routes",
            "outside",
            "congestion",
            "ecn",
            "pacing",
            "policy");
    private static final List<String> GUEST_KEYS = List.of(
            "name",
            "network",
            "address",
            "publish",
            "weight",
            "congestion",
            "labels",
            "cpu",
            "rate",
            "max_connections",
            "syn_backlog",
            "pool_mib",
            "vm",
            "mac");

    private final String file;
    private final Map<String, UnderlayConfig> underlays = new LinkedHashMap<>();
    private final LinkedHashMap<String, NetworkConfig> networks = new LinkedHashMap<>();
    private final List<GuestConfig> guests = new ArrayList<>();
    private final Map<String, PolicyRules> policies = new LinkedHashMap<>();
    private final Claims claims = new Claims();
    private final UplinkReader uplink;
    private final GuestLimitsReader limits = new GuestLimitsReader();
    private final PolicyReader policyReader = new PolicyReader();
    private final ConfigLines lines;

    private ConfigReader(final String file) {
        this.file = file;
        this.lines = new ConfigLines(file);
        this.uplink = new UplinkReader(claims, lines);
    }

    /** @return the configuration in a file */
    public static HostConfig read(final Path path) throws ConfigException {
        try {
            if (Files.size(path) > MAX_FILE_BYTES) {
                throw new ConfigException(path.toString(), 1, "larger than 16 MiB", "give a configuration");
            }
            return parse(path.toString(), Files.readString(path));
        } catch (final IOException e) {
            throw new ConfigException(path.toString(), 1, "cannot be read: " + e, "give a readable UTF-8 file");
        }
    }

    /**
     * @param file how messages name the source
     * @param text YAML
     */
    public static HostConfig parse(final String file, final String text) throws ConfigException {
        return new ConfigReader(file).root(YamlReader.read(file, text));
    }

    private HostConfig root(final YamlNode node) throws ConfigException {
        final YamlView root = YamlView.of(file, "the configuration", node, ROOT_KEYS);
        final Optional<UplinkConfig> uplinkConfig = uplink.read(root);
        for (final YamlNode item : root.list("underlays")) {
            final UnderlayConfig underlay = new UnderlayReader(file, claims, lines).read(item);
            underlays.put(underlay.name(), underlay);
        }
        for (final YamlNode item : root.list("networks")) {
            network(YamlView.of(file, "a network", item, NETWORK_KEYS));
        }
        if (networks.isEmpty()) {
            throw root.error(
                    "networks",
                    "no network is given",
                    "give one, such as networks: [{name: default, vni: 1, subnet: 10.88.0.0/16}]");
        }
        final LimitsConfig regions = LimitsReader.read(root);
        for (final YamlNode item : root.list("guests")) {
            guest(YamlView.of(file, "a guest", item, GUEST_KEYS), regions);
        }
        final boolean onDemand = root.flag("on_demand", true);
        policyReader.check(onDemand ? networks.firstEntry().getKey() : "", guests);
        lines.note("", root);
        return new HostConfig(
                List.copyOf(networks.values()),
                guests,
                regions,
                uplinkConfig,
                policies,
                lines,
                false,
                List.copyOf(underlays.values()),
                CoresReader.read(root),
                onDemand);
    }

    private void network(final YamlView view) throws ConfigException {
        final String name = view.name("name");
        claims.claim(view, "name", "network " + name, "network '" + name + "' is defined", "choose another name");
        final int vni = view.number("vni", 0, NetworkConfig.MAX_VNI);
        claims.claim(view, "vni", "vni " + vni, "VNI " + vni + " is used", "choose another VNI");
        final String text = view.text("subnet", "give a subnet, such as 10.1.0.0/24");
        final Optional<Subnet> subnet = Subnet.parse(text);
        if (subnet.isEmpty()) {
            throw view.error(
                    "subnet",
                    "bad subnet '" + text + "'",
                    "give a network address with a prefix of 1 to 30, such as 10.1.0.0/24");
        }
        if (!subnet.get().isOfStations()) {
            throw view.error(
                    "subnet",
                    "no station may have the addresses of " + text,
                    "give another subnet, such as 10.1.0.0/24");
        }
        final Optional<PortConfig> ownPort = new PortReader(name, subnet.get(), claims).read(view);
        final Optional<PortConfig> port =
                view.has("tunnel") ? new TunnelReader(underlays, name, subnet.get(), claims).read(view) : ownPort;
        final EcnMode ecn = ecn(view);
        final CongestionAlgorithm congestion = congestion(view, TcpConfig.DEFAULTS.congestion(), ecn);
        final Optional<Subnet6> subnet6 = subnet6(view);
        final ReachConfig reach = uplink.reach(view, new UplinkReader.Member(name, subnet.get(), subnet6, port));
        policies.put(name, policyReader.read(view, name));
        lines.note("network " + name, view);
        networks.put(
                name, new NetworkConfig(name, vni, subnet.get(), subnet6, port, congestion, ecn, pacing(view), reach));
    }

    private static Optional<Subnet6> subnet6(final YamlView view) throws ConfigException {
        if (!view.has("subnet6")) {
            return Optional.empty();
        }
        final String text = view.text("subnet6", "give an IPv6 subnet, such as fd00:1::/64");
        final Optional<Subnet6> subnet = Subnet6.parse(text);
        if (subnet.isEmpty()) {
            throw view.error(
                    "subnet6",
                    "bad IPv6 subnet '" + text + "'",
                    "give a network address of 2000::/3 or fc00::/7 with a prefix of 64 to 96, such as fd00:1::/64");
        }
        return subnet;
    }

    private static CongestionAlgorithm congestion(
            final YamlView view, final CongestionAlgorithm ifAbsent, final EcnMode ecn) throws ConfigException {
        final String right = "give one of " + String.join(", ", CongestionAlgorithm.linuxNames());
        if (!view.has("congestion")) {
            return ifAbsent;
        }
        final String name = view.text("congestion", right);
        final CongestionAlgorithm found = CongestionAlgorithm.named(name)
                .orElseThrow(() -> view.error("congestion", "unknown congestion control '" + name + "'", right));
        if (found.needsEcn() && ecn == EcnMode.OFF) {
            throw view.error(
                    "congestion",
                    name + " needs ecn, which is off",
                    "let the network's ecn be passive, on or accurate");
        }
        return found;
    }

    static EcnMode ecn(final YamlView view) throws ConfigException {
        final String right = "give off, passive, on or accurate";
        if (!view.has("ecn")) {
            return TcpConfig.DEFAULTS.ecn();
        }
        final String name = view.text("ecn", right);
        return EcnMode.named(name).orElseThrow(() -> view.error("ecn", "bad ecn '" + name + "'", right));
    }

    static boolean pacing(final YamlView view) throws ConfigException {
        final String right = "give on or off";
        if (!view.has("pacing")) {
            return TcpConfig.DEFAULTS.pacing();
        }
        final String text = view.text("pacing", right);
        return switch (text) {
            case "on" -> true;
            case "off" -> false;
            default -> throw view.error("pacing", "bad pacing '" + text + "'", right);
        };
    }

    private void guest(final YamlView view, final LimitsConfig regions) throws ConfigException {
        final String name = view.name("name");
        claims.claim(view, "name", "guest " + name, "guest '" + name + "' is defined", "choose another name");
        final String networkName = view.text("network", "give one of " + String.join(", ", networks.keySet()));
        final NetworkConfig network = networks.get(networkName);
        if (network == null) {
            throw view.error(
                    "network",
                    "unknown network '" + networkName + "'",
                    "give one of " + String.join(", ", networks.keySet()));
        }
        final int address = view.address("address", network.subnet());
        claims.claimAddress(view, "address", networkName, address);
        if (network.isRouter(address)) {
            throw view.error(
                    "address",
                    "address " + Ipv4.format(address) + " is a router's of network '" + networkName + "'",
                    "choose another address");
        }
        final int weight = view.number("weight", 1, GuestConfig.MAX_WEIGHT, GuestConfig.DEFAULT_WEIGHT);
        final CongestionAlgorithm congestion = congestion(view, network.congestion(), network.ecn());
        guests.add(new GuestConfig(
                name,
                networkName,
                address,
                weight,
                congestion,
                uplink.published(view, network),
                view.labels("labels"),
                limits.read(view),
                GuestLimitsReader.quotas(view, regions),
                new MachineReader(claims).mac(view, network, address)));
        lines.note("guest " + name, view);
    }
}
