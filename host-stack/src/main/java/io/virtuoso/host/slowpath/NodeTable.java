package io.virtuoso.host.slowpath;

import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.PolicyGate;
import io.virtuoso.host.socket.DatagramPorts;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestTurns;
import io.virtuoso.host.socket.PortSpace;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Which guest has which address, of both families. Guests of different virtual networks may have the same. Stack thread only.
 */
public final class NodeTable {
    private final Map<String, GuestNode> byName = new HashMap<>();
    private final Long2ObjectHashMap<GuestNode> byAddress = new Long2ObjectHashMap<>();
    /** Virtual machines with network cards of their own, which the wire path reaches. */
    private final Long2ObjectHashMap<GuestNode> machines = new Long2ObjectHashMap<>();

    private final Map<String, Integer> networkIds = new HashMap<>();
    private final Map<String, PolicyGate> gates = new LinkedHashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final Ipv6Numbers numbers = new Ipv6Numbers(random.nextLong());
    private final GuestTurns turns;
    private Consumer<GuestNode> newNodes;
    private boolean hasPolicies;

    /** @param turns where guests get their turns */
    public NodeTable(GuestTurns turns) {
        this.turns = turns;
    }

    /** @return what the attachments of a guest share; made, with its addresses, when the guest becomes known */
    public GuestNode node(Guest guest) {
        final GuestNode known = byName.get(guest.name());
        if (known != null) {
            return known;
        }
        final GuestNode node = add(guest, byAddress);
        node.machines(address -> machine(guest.network(), address));
        if (newNodes != null) {
            newNodes.accept(node);
        }
        return node;
    }

    private GuestNode add(Guest guest, Long2ObjectHashMap<GuestNode> table) {
        final int address6 = guest.address6()
                .map(address -> numbers.takeForEver(address.high(), address.low()))
                .orElse(Ipv6Numbers.NONE);
        final GuestNode node = new GuestNode(
                guest,
                guest.address(),
                address6,
                numbers,
                new PortSpace(),
                new DatagramPorts(random),
                gate(guest.network().name()),
                turns.open(guest));
        byName.put(guest.name(), node);
        table.put(key(networkId(guest.network()), guest.address()), node);
        if (address6 != Ipv6Numbers.NONE) {
            table.put(key(networkId(guest.network()), address6), node);
        }
        return node;
    }

    /** @return what policies know of a virtual machine that has a network card of its own, from now on */
    public GuestNode addMachine(Guest guest) {
        return add(guest, machines);
    }

    private Guest machine(NetworkConfig network, int address) {
        final GuestNode node = machines.get(key(networkId(network), address));
        return node == null ? null : node.guest();
    }

    /** @return the guest with an address in a virtual network, a virtual machine with a network card, too; or null */
    public Guest peer(NetworkConfig network, int address) {
        final GuestNode node = find(network, address);
        return node == null ? machine(network, address) : node.guest();
    }

    /** @return the guest of this name, or null if it is not known */
    public GuestNode find(String name) {
        return byName.get(name);
    }

    /** The guest is no more, and none of its sockets is. @return what was known of it, or null */
    GuestNode remove(String name) {
        final GuestNode node = byName.remove(name);
        if (node != null) {
            final int network = networkId(node.guest().network());
            byAddress.remove(key(network, node.address()));
            if (node.address6() != Ipv6Numbers.NONE) {
                byAddress.remove(key(network, node.address6()));
            }
        }
        return node;
    }

    /** @return the policy of a network, of which nothing else need be known */
    public PolicyGate gate(String network) {
        return gates.computeIfAbsent(network, name -> new PolicyGate());
    }

    /** Puts a network's policy in force. */
    public void policy(String network, Policy policy) {
        gate(network).replace(policy);
        hasPolicies = gates.values().stream().anyMatch(gate -> !gate.isOpen());
    }

    /** @return false if there is nothing to ask anywhere */
    boolean hasPolicies() {
        return hasPolicies;
    }

    /** @return the policies of all networks, by name */
    Map<String, PolicyGate> gates() {
        return gates;
    }

    /** @return how many UDP ports of all guests are known by ports of the uplink's address */
    int outsidePorts() {
        int count = 0;
        for (GuestNode node : byName.values()) {
            count += node.datagramPorts().outsidePorts();
        }
        return count;
    }

    /** @return numbers of IPv6 addresses; whoever keeps some says so there */
    public Ipv6Numbers numbers() {
        return numbers;
    }

    /** @return the guest with an address in the virtual network of another, or null */
    public GuestNode find(GuestNode from, int address) {
        return find(from.guest().network(), address);
    }

    /** @return the guest with an address in a virtual network, or null */
    public GuestNode find(NetworkConfig network, int address) {
        return byAddress.get(key(networkId(network), address));
    }

    /** Names who is told of guests that become known. */
    void onNewNode(Consumer<GuestNode> consumer) {
        newNodes = consumer;
    }

    private int networkId(NetworkConfig network) {
        final Integer known = networkIds.get(network.name());
        return known != null ? known : networkIds.computeIfAbsent(network.name(), name -> networkIds.size());
    }

    private static long key(int network, int address) {
        return ((long) network << 32) | Integer.toUnsignedLong(address);
    }
}
