package io.virtuoso.host;

import io.virtuoso.host.config.GuestConfig;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.vswitch.MachinePort;
import io.virtuoso.host.vswitch.Station;
import io.virtuoso.host.vswitch.VirtualSwitch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The places of a configuration's virtual machines on their networks' switches. */
final class MachinePorts {
    private MachinePorts() {}

    /**
     * Puts a switch in front of the port of each network that has such machines.
     *
     * @param ports of the networks, in which switches take the place of what they have behind them
     * @return the machines' places, by guest
     */
    static Map<String, MachinePort> connect(final HostConfig config, final Map<NetworkConfig, Port> ports) {
        final Map<String, MachinePort> places = new HashMap<>();
        for (final NetworkConfig network : config.networks()) {
            final List<MachinePort> machines = new ArrayList<>();
            for (final GuestConfig guest : config.guests()) {
                if (guest.network().equals(network.name()) && guest.mac().isPresent()) {
                    final MachinePort machine = new MachinePort(station(guest, network));
                    machines.add(machine);
                    places.put(guest.name(), machine);
                }
            }
            if (!machines.isEmpty()) {
                ports.put(network, new VirtualSwitch(ports.get(network), NetworkConfig.MTU, network.vni(), machines));
            }
        }
        return places;
    }

    private static Station station(final GuestConfig guest, final NetworkConfig network) {
        final Optional<Ipv6> six = network.address6(guest.address());
        return new Station(
                guest.mac().orElseThrow(),
                guest.address(),
                six.map(Ipv6::high).orElse(0L),
                six.map(Ipv6::low).orElse(0L));
    }
}
