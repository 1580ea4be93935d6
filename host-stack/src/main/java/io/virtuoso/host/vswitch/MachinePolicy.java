package io.virtuoso.host.vswitch;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.policy.Direction;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.PolicyGate;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.vswitch.PacketReader.Kind;
import java.util.function.IntFunction;

/**
 * A network's policy as it is asked for one virtual machine's packets. The machine's connections are its kernel's; what is
 * remembered here is who began each flow, so that answers pass. The other end is asked where it is. One thread.
 */
public final class MachinePolicy {
    private final GuestNode node;
    private final IntFunction<Guest> peers;
    private final PacketReader packet = new PacketReader();
    private MachineFlows flows;

    /** Makes it for the machine with given addresses. */
    public interface Maker {
        MachinePolicy of(Station station);
    }

    /**
     * @param node  the machine as a guest
     * @param peers the guest of this host with an address, see {@link Ipv6Numbers}; null: none
     */
    public MachinePolicy(final GuestNode node, final IntFunction<Guest> peers) {
        this.node = node;
        this.peers = peers;
    }

    /** @return who pays for what the machine sends, and for what comes for it by the network's port */
    Account account() {
        return node.account();
    }

    /** @return true if there is nothing to ask */
    boolean isOpen() {
        return node.gate().isOpen();
    }

    /**
     * Asks about a packet.
     *
     * @param direction OUT: the machine sends it
     * @return {@link Policy#ALLOW}, {@link Policy#DROP} or an errno
     */
    int judge(final Direction direction, final Frame frame) {
        final Kind kind = packet.read(frame);
        if (kind == Kind.ASIDE || kind == Kind.UNKNOWN) {
            return kind == Kind.ASIDE ? Policy.ALLOW : Policy.DROP;
        }
        final boolean in = direction == Direction.IN;
        final boolean syn = kind == Kind.BEGINS && packet.protocol() == Protocol.TCP;
        final long high = remoteHigh(in);
        final long low = remoteLow(in);
        final long name = names(in);
        final int known = syn ? MachineFlows.NONE : flows().find(high, low, name);
        if (known != MachineFlows.NONE && isStillAllowed(known, in)) {
            return Policy.ALLOW;
        }
        if (kind == Kind.BELONGS) {
            return known == MachineFlows.NONE ? judgeUnknown(in, high, low, name) : Policy.DROP;
        }
        final int verdict = gate().check(
                        direction,
                        node.guest(),
                        peer(in),
                        remote(in),
                        node.numbers(),
                        packet.protocol(),
                        askedPort(in, in));
        if (verdict == Policy.ALLOW) {
            flows().put(high, low, name, in, gate().version());
        }
        return verdict;
    }

    /** Another version of the policy is asked on behalf of who began the flow. */
    private boolean isStillAllowed(final int known, final boolean in) {
        if (flows.version(known) == gate().version()) {
            return true;
        }
        if (allows(flows.isInward(known), in)) {
            flows.version(known, gate().version());
            return true;
        }
        flows.remove(known);
        return false;
    }

    /**
     * A segment of a connection that is older than this host stack, or was forgotten: it may have begun at either end. A
     * connection needs a SYN, which is asked.
     */
    private int judgeUnknown(final boolean in, final long high, final long low, final long name) {
        if (packet.protocol() != Protocol.TCP) {
            return Policy.DROP;
        }
        final boolean inward = allows(true, in);
        if (!inward && !allows(false, in)) {
            return Policy.DROP;
        }
        flows().put(high, low, name, inward, gate().version());
        return Policy.ALLOW;
    }

    private boolean allows(final boolean beganOutside, final boolean in) {
        return gate().allows(
                        beganOutside ? Direction.IN : Direction.OUT,
                        node.guest(),
                        peer(in),
                        remote(in),
                        node.numbers(),
                        packet.protocol(),
                        askedPort(beganOutside, in));
    }

    /** A packet that the host stack has sent to the machine, which was asked for where it began: answers pass. */
    void note(final Frame frame) {
        if (packet.read(frame) == Kind.BEGINS) {
            final long high = remoteHigh(true);
            final long low = remoteLow(true);
            final long name = names(true);
            final int known = flows().find(high, low, name);
            if (known == MachineFlows.NONE || packet.protocol() == Protocol.TCP) {
                flows.put(high, low, name, true, gate().version());
            }
        }
    }

    private PolicyGate gate() {
        return node.gate();
    }

    private MachineFlows flows() {
        if (flows == null) {
            flows = new MachineFlows();
        }
        return flows;
    }

    // ---- names of the packet, as the machine sees them

    private long remoteHigh(final boolean in) {
        return in ? packet.sourceHigh() : packet.destinationHigh();
    }

    private long remoteLow(final boolean in) {
        return in ? packet.sourceLow() : packet.destinationLow();
    }

    @SuppressWarnings("EnumOrdinal") // kept nowhere else
    private long names(final boolean in) {
        return MachineFlows.names(packet.protocol().ordinal(), ownPort(in), remotePort(in));
    }

    private int ownPort(final boolean in) {
        return in ? packet.destinationPort() : packet.sourcePort();
    }

    private int remotePort(final boolean in) {
        return in ? packet.sourcePort() : packet.destinationPort();
    }

    /** @return the port of who is asked: of whom the flow did not begin at */
    private int askedPort(final boolean beganOutside, final boolean in) {
        if (packet.protocol() == Protocol.ICMP) {
            return 0;
        }
        return beganOutside ? ownPort(in) : remotePort(in);
    }

    private int remote(final boolean in) {
        final long high = remoteHigh(in);
        return high == 0 ? (int) remoteLow(in) : node.numbers().findOrTransient(high, remoteLow(in));
    }

    private Guest peer(final boolean in) {
        return peers.apply(remote(in));
    }
}
