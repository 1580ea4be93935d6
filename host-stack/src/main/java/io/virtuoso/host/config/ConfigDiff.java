package io.virtuoso.host.config;

import io.virtuoso.host.account.GuestLimits;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What has to happen for another configuration to be in force while the host stack runs. Guests, their labels, weights,
 * congestion controls, limits, quotas and published ports, networks' routes and policies, and whether guests are made on demand may
 * change; what else networks are, and what holds for each attachment, may not.
 *
 * @param added   guests that are new
 * @param removed names of guests that are no more
 * @param changed names of guests that stay, each with what of it changes
 * @param networks names of networks of which something changes, each with that
 * @param settings what else changes, by its keys
 */
public record ConfigDiff(
        List<GuestConfig> added,
        List<String> removed,
        Map<String, List<String>> changed,
        Map<String, List<String>> networks,
        List<String> settings) {
    private static final String RESTART = "it changes with a restart of the host stack only";
    /** What a network may change: what it gives to its guests, and where their packets go. */
    private static final List<String> CHANGEABLE = List.of("congestion", "reach");

    /** Copies lists and maps. */
    public ConfigDiff {
        added = List.copyOf(added);
        removed = List.copyOf(removed);
        changed = new LinkedHashMap<>(changed);
        networks = new LinkedHashMap<>(networks);
        settings = List.copyOf(settings);
    }

    /** @return true if there is nothing to do */
    public boolean isEmpty() {
        return lines().isEmpty();
    }

    /** @return what happens, a line for each thing */
    public List<String> lines() {
        final List<String> lines = new ArrayList<>();
        added.forEach(guest -> lines.add("guest " + guest.name() + " added"));
        removed.forEach(guest -> lines.add("guest " + guest + " removed"));
        changed.forEach((guest, what) -> lines.add("guest " + guest + " changed: " + String.join(", ", what)));
        networks.forEach((network, what) -> lines.add("network " + network + " changed: " + String.join(", ", what)));
        settings.forEach(key -> lines.add(key + " changed"));
        return lines;
    }

    /**
     * Compares what is in force with what is wanted.
     *
     * @param onDemand addresses of the guests that were made on demand, by name; they are in the first network
     * @throws ConfigException naming the line of what cannot change while the host stack runs
     */
    public static ConfigDiff between(
            final HostConfig running, final HostConfig wanted, final Map<String, Integer> onDemand)
            throws ConfigException {
        final Map<String, NetworkConfig> networks = byName(running.networks(), NetworkConfig::name);
        checkNetworks(networks, running, wanted);
        checkRouters(wanted, onDemand);
        final Map<String, GuestConfig> before = byName(running.guests(), GuestConfig::name);
        final Map<String, GuestConfig> after = byName(wanted.guests(), GuestConfig::name);
        checkMachines(before, after, wanted);
        final List<GuestConfig> added = new ArrayList<>();
        final Map<String, List<String>> changed = new LinkedHashMap<>();
        for (final GuestConfig guest : wanted.guests()) {
            final GuestConfig known = known(guest, before, running, onDemand);
            checkGuest(guest, known, wanted, onDemand);
            if (known == null) {
                added.add(guest);
            } else if (!known.equals(guest)) {
                changed.put(guest.name(), changes(known, guest));
            }
        }
        final List<String> removed = before.keySet().stream()
                .filter(name -> !after.containsKey(name))
                .toList();
        return new ConfigDiff(
                added,
                removed,
                changed,
                changedNetworks(networks, running, wanted),
                running.onDemand() == wanted.onDemand() ? List.of() : List.of("on_demand"));
    }

    private static Map<String, List<String>> changedNetworks(
            final Map<String, NetworkConfig> networks, final HostConfig running, final HostConfig wanted) {
        final Map<String, List<String>> changed = new LinkedHashMap<>();
        for (final NetworkConfig network : wanted.networks()) {
            final List<String> what = new ArrayList<>();
            differences(networks.get(network.name()), network)
                    .forEach(part -> what.addAll(
                            part.equals("reach")
                                    ? differences(networks.get(network.name()).reach(), network.reach())
                                    : List.of(part)));
            if (!running.policy(network.name()).equals(wanted.policy(network.name()))) {
                what.add("policy");
            }
            if (!what.isEmpty()) {
                changed.put(network.name(), what);
            }
        }
        return changed;
    }

    private static <T> Map<String, T> byName(final List<T> things, final Function<T, String> name) {
        return things.stream().collect(Collectors.toMap(name, one -> one, (one, other) -> one, LinkedHashMap::new));
    }

    private static void checkNetworks(
            final Map<String, NetworkConfig> networks, final HostConfig running, final HostConfig wanted)
            throws ConfigException {
        final ConfigLines lines = wanted.lines();
        for (final NetworkConfig network : wanted.networks()) {
            final NetworkConfig known = networks.get(network.name());
            final String thing = "network " + network.name();
            if (known == null) {
                throw lines.error(thing, "name", "network '" + network.name() + "' is new", RESTART);
            }
            if (Islands.usesUplink(wanted, network)
                    && !Islands.usesUplink(running, known)
                    && running.cores().most() != 1) {
                throw lines.error(
                        thing,
                        "routes",
                        "network '" + network.name() + "' begins to use the uplink, which another core may serve",
                        RESTART);
            }
            for (final String part : differences(known, network)) {
                if (!CHANGEABLE.contains(part)) {
                    final String key = key(part, thing, lines);
                    throw lines.error(
                            thing, key, "'" + key + "' of network '" + network.name() + "' has changed", RESTART);
                }
            }
        }
        for (final String name : networks.keySet()) {
            if (wanted.networks().stream().noneMatch(network -> network.name().equals(name))) {
                throw lines.error("", "networks", "network '" + name + "' is missing", RESTART);
            }
        }
        final String first = running.defaultNetwork().name();
        if (!wanted.defaultNetwork().name().equals(first)) {
            throw lines.error("", "networks", "network '" + first + "' is no longer the first", RESTART);
        }
        if (!running.uplink().equals(wanted.uplink())) {
            throw lines.error("", "uplink", "'uplink' has changed", RESTART);
        }
        if (!running.underlays().equals(wanted.underlays())) {
            throw lines.error("", "underlays", "'underlays' has changed", RESTART);
        }
        if (!running.limits().equals(wanted.limits())) {
            throw lines.error("", "limits", "'limits' has changed", RESTART);
        }
        if (!running.cores().equals(wanted.cores())) {
            throw lines.error("", "cores", "'cores' has changed", RESTART);
        }
    }

    private static void checkRouters(final HostConfig wanted, final Map<String, Integer> onDemand)
            throws ConfigException {
        final NetworkConfig network = wanted.defaultNetwork();
        for (final Map.Entry<String, Integer> guest : onDemand.entrySet()) {
            if (network.isRouter(guest.getValue())) {
                throw wanted.lines()
                        .error(
                                "network " + network.name(),
                                "routes",
                                "router " + Ipv4.format(guest.getValue()) + " has the address of guest '"
                                        + guest.getKey() + "', made on demand",
                                "choose another router");
            }
        }
    }

    /** @return the key by which a configuration says what is in a part of a network */
    private static String key(final String part, final String thing, final ConfigLines lines) {
        return switch (part) {
            case "port" -> lines.has(thing, "tap") ? "tap" : "port";
            default -> part;
        };
    }

    /** The places of virtual machines on a switch are given when it is made. */
    private static void checkMachines(
            final Map<String, GuestConfig> before, final Map<String, GuestConfig> after, final HostConfig wanted)
            throws ConfigException {
        for (final GuestConfig guest : after.values()) {
            final GuestConfig known = before.get(guest.name());
            if (!guest.mac().equals(known == null ? OptionalLong.empty() : known.mac())) {
                throw wanted.lines()
                        .error(
                                "guest " + guest.name(),
                                "vm",
                                "'vm' or 'mac' of guest '" + guest.name() + "' has changed",
                                RESTART);
            }
        }
        for (final GuestConfig guest : before.values()) {
            if (!after.containsKey(guest.name()) && guest.mac().isPresent()) {
                throw wanted.lines()
                        .error("", "guests", "guest '" + guest.name() + "', a virtual machine, is missing", RESTART);
            }
        }
    }

    private static GuestConfig known(
            final GuestConfig guest,
            final Map<String, GuestConfig> before,
            final HostConfig running,
            final Map<String, Integer> onDemand) {
        final Integer address = onDemand.get(guest.name());
        if (address == null) {
            return before.get(guest.name());
        }
        final NetworkConfig network = running.defaultNetwork();
        return new GuestConfig(
                guest.name(),
                network.name(),
                address,
                GuestConfig.DEFAULT_WEIGHT,
                network.congestion(),
                List.of(),
                Map.of(),
                GuestLimits.NONE,
                GuestQuotas.NONE,
                OptionalLong.empty());
    }

    private static void checkGuest(
            final GuestConfig guest,
            final GuestConfig known,
            final HostConfig wanted,
            final Map<String, Integer> onDemand)
            throws ConfigException {
        final String thing = "guest " + guest.name();
        if (known != null && !known.network().equals(guest.network())) {
            throw wanted.lines()
                    .error(
                            thing,
                            "network",
                            "guest '" + guest.name() + "' is in network '" + known.network() + "'",
                            "remove the guest first, then add it");
        }
        if (known != null && known.address() != guest.address()) {
            throw wanted.lines()
                    .error(
                            thing,
                            "address",
                            "guest '" + guest.name() + "' has the address " + Ipv4.format(known.address()),
                            "remove the guest first, then add it");
        }
        if (known == null && guest.network().equals(wanted.defaultNetwork().name())) {
            for (final Map.Entry<String, Integer> other : onDemand.entrySet()) {
                if (other.getValue() == guest.address()) {
                    throw wanted.lines()
                            .error(
                                    thing,
                                    "address",
                                    "address " + Ipv4.format(guest.address()) + " is that of guest '" + other.getKey()
                                            + "', made on demand",
                                    "choose another address");
                }
            }
        }
    }

    /** @return what of a guest changes */
    private static List<String> changes(final GuestConfig before, final GuestConfig after) {
        final List<String> names = new ArrayList<>();
        for (final String part : differences(before, after)) {
            switch (part) {
                case "limits" -> differences(before.limits(), after.limits()).forEach(limit -> names.add(key(limit)));
                case "quotas" -> differences(before.quotas(), after.quotas()).forEach(quota -> names.add(key(quota)));
                default -> names.add(key(part));
            }
        }
        return names.stream().distinct().toList();
    }

    /** @return the key by which a configuration says how much a guest may use or have */
    private static String key(final String limit) {
        return switch (limit) {
            case "cpuReserved", "cpuMax" -> "cpu";
            case "inRate", "outRate", "packetRate" -> "rate";
            case "connections" -> "max_connections";
            case "synBacklog" -> "syn_backlog";
            case "poolMiB" -> "pool_mib";
            case "published" -> "publish";
            default -> limit;
        };
    }

    /** @return the components in which two records of a class differ, named as in the configuration */
    private static List<String> differences(final Record before, final Record after) {
        final List<String> names = new ArrayList<>();
        for (final RecordComponent part : before.getClass().getRecordComponents()) {
            if (!Objects.equals(value(part, before), value(part, after))) {
                names.add(part.getName());
            }
        }
        return names;
    }

    private static Object value(final RecordComponent part, final Record of) {
        try {
            return part.getAccessor().invoke(of);
        } catch (final ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
