package io.virtuoso.host.guest;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.config.GuestConfig;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.Names;
import io.virtuoso.host.config.NetworkConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** All guests: the configured ones and those made on demand. Control thread only. */
public final class GuestRegistry {
    private HostConfig config;
    private final Map<String, Guest> byName = new LinkedHashMap<>();
    private final Map<String, Set<Integer>> usedAddresses = new HashMap<>();
    private final List<Guest> onDemand = new ArrayList<>();
    /** Those that a change of the configuration took out. */
    private final Set<String> removed = new HashSet<>();

    private int nextAddress;

    /** @param config already checked for clashes */
    public GuestRegistry(final HostConfig config) {
        this.config = config;
        for (final NetworkConfig network : config.networks()) {
            usedAddresses.put(network.name(), new HashSet<>(Set.of(network.gateway())));
        }
        for (final GuestConfig guest : config.guests()) {
            add(guest(guest, config));
        }
        nextAddress = config.defaultNetwork().subnet().firstHost();
    }

    /** @return the guest that a configuration describes */
    public static Guest guest(final GuestConfig guest, final HostConfig config) {
        return new Guest(
                guest.name(),
                network(guest.network(), config),
                guest.address(),
                guest.weight(),
                guest.congestion(),
                guest.labels(),
                guest.limits(),
                guest.quotas(),
                guest.mac());
    }

    private static NetworkConfig network(final String name, final HostConfig config) {
        return config.networks().stream()
                .filter(network -> network.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /**
     * Puts another configuration in the place of the present one, from which it is known to differ only in what may change:
     * guests come, go, or become others of the same name. Those made on demand stay; those that go are not made on demand.
     */
    public void apply(final HostConfig wanted) {
        final Set<String> configured =
                wanted.guests().stream().map(GuestConfig::name).collect(Collectors.toSet());
        for (final GuestConfig guest : config.guests()) {
            if (!configured.contains(guest.name())) {
                byName.remove(guest.name());
                removed.add(guest.name());
                usedAddresses.get(guest.network()).remove(guest.address());
            }
        }
        config = wanted;
        removed.removeAll(configured);
        onDemand.removeIf(guest -> configured.contains(guest.name()));
        onDemand.replaceAll(guest -> add(onDemand(guest.name(), guest.address())));
        wanted.guests().forEach(guest -> add(guest(guest, wanted)));
    }

    /** @return addresses of the guests made on demand, by name */
    public Map<String, Integer> onDemandAddresses() {
        return onDemand.stream().collect(Collectors.toMap(Guest::name, Guest::address));
    }

    private Guest add(final Guest guest) {
        byName.put(guest.name(), guest);
        usedAddresses.get(guest.network().name()).add(guest.address());
        return guest;
    }

    /** @return the guests in the order in which they were defined or made */
    public List<Guest> all() {
        return new ArrayList<>(byName.values());
    }

    /** @return the guest of this name, if there is one */
    public Optional<Guest> find(final String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** @return the guest of this name, as domain names are compared (RFC 4343): exact, or in other letter case */
    public Optional<Guest> findIgnoringCase(final String name) {
        final Guest exact = byName.get(name);
        return exact != null
                ? Optional.of(exact)
                : byName.values().stream()
                        .filter(guest -> guest.name().equalsIgnoreCase(name))
                        .findFirst();
    }

    private static boolean isIn(final Guest guest, final NetworkConfig network) {
        return guest.network().name().equals(network.name());
    }

    /** @return the guest with this address in a network, if there is one */
    public Optional<Guest> find(final NetworkConfig network, final int address) {
        return byName.values().stream()
                .filter(guest -> guest.address() == address && isIn(guest, network))
                .findFirst();
    }

    /** @return the guest with an IPv6 address in a network, whose last eight bytes these are, if there is one */
    public Optional<Guest> find6(final NetworkConfig network, final long low) {
        return byName.values().stream()
                .filter(guest ->
                        isIn(guest, network) && guest.address6().map(Ipv6::low).orElse(0L) == low)
                .findFirst();
    }

    /**
     * Finds a guest or makes it, in the first network, with the lowest address not given out yet.
     *
     * @throws GuestException if the name is bad, the network is full, or the configuration does not want such a guest
     */
    public Guest findOrCreate(final String name) throws GuestException {
        final Guest known = byName.get(name);
        if (known != null) {
            return known;
        }
        if (!Names.isGuestName(name)) {
            throw new GuestException("bad guest name; use " + Names.NAME_RULE);
        }
        if (!config.onDemand()) {
            throw new GuestException("guest '" + name + "' is not in the configuration, which has on_demand: false;"
                    + " name it there, and apply that");
        }
        if (removed.contains(name)) {
            throw new GuestException("guest '" + name + "' has been taken out of the configuration;"
                    + " name it there again, and apply that, or choose another name");
        }
        final NetworkConfig network = config.defaultNetwork();
        final Set<Integer> used = usedAddresses.get(network.name());
        while (used.contains(nextAddress) || network.isRouter(nextAddress)) {
            nextAddress++;
        }
        if (!network.subnet().isHostAddress(nextAddress)) {
            throw new GuestException("network '" + network.name()
                    + "' has no free address left; choose a subnet larger than " + network.subnet());
        }
        return addOnDemand(name, nextAddress);
    }

    private Guest addOnDemand(final String name, final int address) {
        final Guest guest = add(onDemand(name, address));
        onDemand.add(guest);
        return guest;
    }

    private Guest onDemand(final String name, final int address) {
        final NetworkConfig network = config.defaultNetwork();
        return new Guest(
                name,
                network,
                address,
                GuestConfig.DEFAULT_WEIGHT,
                network.congestion(),
                Map.of(),
                GuestLimits.NONE,
                GuestQuotas.NONE);
    }

    /** @return the guests made on demand, in order */
    public List<Guest> onDemand() {
        return List.copyOf(onDemand);
    }

    /**
     * Makes a guest again that an earlier run of the host stack had made on demand: its processes may still be there,
     * waiting to attach anew. What no longer fits the configuration is left out.
     *
     * @return true if the guest is there with this address
     */
    public boolean restore(final String name, final int address) {
        final NetworkConfig network = config.defaultNetwork();
        final Guest known = byName.get(name);
        if (known != null) {
            return known.address() == address;
        }
        final boolean free = config.onDemand()
                && network.subnet().isHostAddress(address)
                && !usedAddresses.get(network.name()).contains(address)
                && !network.isRouter(address);
        if (free && Names.isGuestName(name)) {
            addOnDemand(name, address);
            return true;
        }
        return false;
    }
}
