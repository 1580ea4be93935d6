package io.virtuoso.host.socket;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.policy.Direction;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.PolicyGate;
import io.virtuoso.host.policy.Protocol;
import java.util.function.IntFunction;

/**
 * What all attachments of one guest share on the stack thread: its addresses, its ports, whom it may talk to, and what it
 * has to do. Stack thread only.
 */
public final class GuestNode {
    private final int address;
    private final int address6;
    private final Ipv6Numbers numbers;
    private final PortSpace ports;
    private final DatagramPorts datagramPorts;
    private final PolicyGate gate;
    private final GuestTurn turn;
    private Guest guest;
    private IntFunction<Guest> machines = address -> null;

    /**
     * @param guest   as configured
     * @param address IPv4, host order
     * @param address6 number of its IPv6 address, {@link Ipv6Numbers#NONE} if it has none
     * @param numbers of IPv6 addresses
     * @param ports   its TCP ports
     * @param datagramPorts its UDP ports
     * @param gate    its network's policy
     * @param turn    what it has to do on this fast-path core
     */
    public GuestNode(
            Guest guest,
            int address,
            int address6,
            Ipv6Numbers numbers,
            PortSpace ports,
            DatagramPorts datagramPorts,
            PolicyGate gate,
            GuestTurn turn) {
        this.guest = guest;
        this.address = address;
        this.address6 = address6;
        this.numbers = numbers;
        this.ports = ports;
        this.datagramPorts = datagramPorts;
        this.gate = gate;
        this.turn = turn;
    }

    /** @return as configured at the moment */
    public Guest guest() {
        return guest;
    }

    /** The guest's settings have changed: its weight, limits and quotas hold from now on. */
    public void guest(Guest changed) {
        guest = changed;
        turn.change(changed);
    }

    /** Says which virtual machine with a network card has an address in the network; there is none before. */
    public void machines(IntFunction<Guest> finder) {
        machines = finder;
    }

    /** @return IPv4, host order */
    public int address() {
        return address;
    }

    /** @return number of its IPv6 address; {@link Ipv6Numbers#NONE} if it has none */
    public int address6() {
        return address6;
    }

    public Ipv6Numbers numbers() {
        return numbers;
    }

    /** @return its TCP ports */
    public PortSpace ports() {
        return ports;
    }

    /** @return its UDP ports */
    public DatagramPorts datagramPorts() {
        return datagramPorts;
    }

    /** @return what it has to do on this fast-path core */
    public GuestTurn turn() {
        return turn;
    }

    /** @return what it uses of this fast-path core */
    public Account account() {
        return turn.account();
    }

    /** @return false if it has as many connections as it may: the next is refused, and counted */
    public boolean hasRoomForConnection() {
        final int most = guest.quotas().connections();
        if (most == 0 || account().connectionCount() < most) {
            return true;
        }
        account().refused();
        return false;
    }

    /** @return true if another unfinished handshake of a peer may be remembered */
    boolean mayRemember() {
        final int most = guest.quotas().synBacklog();
        return most == 0 || account().handshakeCount() < most;
    }

    /** @return the guest's address of the same family as a peer's */
    public int addressTowards(int peer) {
        return Ipv6Numbers.isIpv6(peer) ? address6 : address;
    }

    /** @return its network's policy */
    public PolicyGate gate() {
        return gate;
    }

    /**
     * Asks the policy whether this guest may connect; for a guest at the other end that one's side is asked, too. Rules
     * count it. A guest may always reach itself.
     *
     * @param to            guest of this host that has the address; null: none
     * @param remoteAddress of who is asked
     * @param port          of who is asked
     * @return {@link Policy#ALLOW}, {@link Policy#DROP} or an errno
     */
    public int checkConnect(GuestNode to, int remoteAddress, Protocol protocol, int port) {
        if (gate.isOpen() || to == this) {
            return Policy.ALLOW;
        }
        final Guest peer = to == null ? machines.apply(remoteAddress) : to.guest;
        final int out = gate.check(Direction.OUT, guest, peer, remoteAddress, numbers, protocol, port);
        return out != Policy.ALLOW || peer == null
                ? out
                : gate.check(Direction.IN, peer, guest, addressTowards(remoteAddress), numbers, protocol, port);
    }

    /** As {@link #checkConnect}, of a connection that exists: no rule counts it. */
    public boolean mayConnect(GuestNode to, int remoteAddress, Protocol protocol, int port) {
        if (gate.isOpen() || to == this) {
            return true;
        }
        final Guest peer = to == null ? machines.apply(remoteAddress) : to.guest;
        return gate.allows(Direction.OUT, guest, peer, remoteAddress, numbers, protocol, port)
                && (peer == null
                        || gate.allows(
                                Direction.IN, peer, guest, addressTowards(remoteAddress), numbers, protocol, port));
    }

    /**
     * Asks the policy whether somebody who comes by the wire, such as a virtual machine of this host, may connect to this
     * guest.
     *
     * @param remoteAddress of who asks
     * @param port          of this guest; 0 for ICMP
     * @return {@link Policy#ALLOW}, {@link Policy#DROP} or an errno
     */
    public int checkAccept(int remoteAddress, Protocol protocol, int port) {
        return gate.isOpen()
                ? Policy.ALLOW
                : gate.check(
                        Direction.IN, guest, machines.apply(remoteAddress), remoteAddress, numbers, protocol, port);
    }

    /** As {@link #checkAccept}, of a connection that exists: no rule counts it. */
    public boolean mayAccept(int remoteAddress, Protocol protocol, int port) {
        return gate.isOpen()
                || gate.allows(
                        Direction.IN, guest, machines.apply(remoteAddress), remoteAddress, numbers, protocol, port);
    }
}
