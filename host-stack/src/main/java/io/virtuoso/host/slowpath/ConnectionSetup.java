package io.virtuoso.host.slowpath;

import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.ListenerMember;
import io.virtuoso.host.socket.PortSpace;
import io.virtuoso.host.socket.PortSpace.Sharing;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.protocol.AcceptedRecord;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import org.agrona.concurrent.NanoClock;

/** Bind, listen and connect, as guests command them. Stack thread only. */
final class ConnectionSetup {
    private static final int MAX_BACKLOG = 4096;
    private static final int MAX_PORT_ATTEMPTS = 1024;
    /** Parts of CONNECT's arg3. */
    private static final long SYN_MAXSEG = 0xffff_ffffL;

    private static final int SYN_TOS_SHIFT = 32;
    private static final int SYN_TTL_SHIFT = 40;

    private final NodeTable nodes;
    private final AcceptStage acceptStage;
    private final SharedSockets shared;
    private final WireService wire;
    private final WaitingConnects waitingConnects;
    private final NanoClock clock;
    private final LateBinds lateBinds;

    ConnectionSetup(
            NodeTable nodes,
            AcceptStage acceptStage,
            SharedSockets shared,
            WireService wire,
            WaitingConnects waitingConnects,
            NanoClock clock,
            LateBinds lateBinds) {
        this.nodes = nodes;
        this.acceptStage = acceptStage;
        this.shared = shared;
        this.wire = wire;
        this.waitingConnects = waitingConnects;
        this.clock = clock;
        this.lateBinds = lateBinds;
    }

    /** The socket a command speaks of, made known to the host if the guest begins to use the slot with it. */
    static GuestSocket socketOf(ControlCommand command) {
        final SocketSpace space = command.context.space();
        final GuestSocket known = space.find(command.slot, command.generation);
        if (known != null) {
            return known;
        }
        final GuestSocket opened =
                space.isGuestSlot(command.slot) ? space.openGuestSlot(command.slot, command.generation) : null;
        if (opened == null) {
            space.fault(EndReason.BAD_SLOT);
        }
        return opened;
    }

    void onBind(ControlCommand command) {
        final GuestSocket socket = socketOf(command);
        if (socket == null) {
            return;
        }
        answer(socket, command, bind(socket, command));
    }

    private static int bind(GuestSocket socket, ControlCommand command) {
        final GuestNode node = socket.space().node();
        if ((command.arg0 | command.arg1) == 0) {
            socket.families((command.arg3 & Command.BIND_V6ONLY) != 0 ? PortSpace.IPV6 : PortSpace.BOTH);
            return bind(socket, Ipv6Numbers.ANY, command.arg2, command.arg3);
        }
        if (Addresses.isIpv4(command.arg0, command.arg1)) {
            final int address = Addresses.ipv4(command.arg1);
            socket.families(PortSpace.IPV4);
            return address != 0 && address != node.address()
                    ? Errno.EADDRNOTAVAIL
                    : bind(socket, address, command.arg2, command.arg3);
        }
        final int address = node.numbers().find(Long.reverseBytes(command.arg0), Long.reverseBytes(command.arg1));
        socket.families(PortSpace.IPV6);
        return address == Ipv6Numbers.NONE || address != node.address6()
                ? Errno.EADDRNOTAVAIL
                : bind(socket, address, command.arg2, command.arg3);
    }

    private static int bind(GuestSocket socket, int address, long port, long flags) {
        final GuestNode node = socket.space().node();
        if (socket.role() != GuestSocket.Role.IDLE || socket.boundAs() != null || port < 0 || port > 0xffff) {
            return Errno.EINVAL;
        }
        final Sharing sharing = sharing(flags);
        final PortSpace ports = node.ports();
        final int families = socket.families();
        final int bound = port == 0
                ? ports.bindEphemeral(sharing, families)
                : ports.bind((int) port, sharing, families) ? (int) port : 0;
        if (bound == 0) {
            return Errno.EADDRINUSE;
        }
        socket.boundAs(sharing);
        socket.local(address, bound);
        return 0;
    }

    private static Sharing sharing(long flags) {
        if ((flags & Command.BIND_REUSEPORT) != 0) {
            return Sharing.REUSE_PORT;
        }
        return (flags & Command.BIND_REUSEADDR) != 0 ? Sharing.REUSE_ADDRESS : Sharing.NONE;
    }

    void onListen(ControlCommand command) {
        final GuestSocket socket = socketOf(command);
        if (socket == null) {
            return;
        }
        answer(socket, command, listen(socket, command.arg0, command.arg1));
    }

    private void answer(GuestSocket socket, ControlCommand command, int errno) {
        if (errno != Errno.EADDRINUSE || !lateBinds.postpone(command)) {
            final int port = socket.localPort();
            socket.space().reply(command.context, command.slot, command.generation, command.request, port, errno);
        }
    }

    private int listen(GuestSocket socket, long wantedBacklog, long flags) {
        if (socket.role() == GuestSocket.Role.LISTENER) {
            return 0;
        }
        if (socket.role() != GuestSocket.Role.IDLE) {
            return Errno.EINVAL;
        }
        if (socket.boundAs() == null) {
            final int errno = bind(socket, 0, 0, flags);
            if (errno != 0) {
                return errno;
            }
        }
        final int backlog = (int) Math.max(0, Math.min(wantedBacklog, MAX_BACKLOG));
        final GuestNode node = socket.space().node();
        final Listener listener = new Listener(node, socket.localPort(), socket.boundAs(), socket.families(), backlog);
        if (!node.ports().listen(listener)) {
            return Errno.EADDRINUSE;
        }
        socket.boundAs(null);
        openAcceptRing(socket, backlog);
        listener.addMember(socket);
        socket.addState(State.LISTENING);
        if (socket.shareId() != 0) {
            shared.onListen(socket);
        }
        return 0;
    }

    private static void openAcceptRing(GuestSocket socket, int backlog) {
        socket.receive().grow((backlog + 2) * AcceptedRecord.BYTES);
    }

    void onConnect(ControlCommand command) {
        final GuestSocket socket = socketOf(command);
        if (socket == null) {
            return;
        }
        final long port = command.arg2;
        if (socket.role() != GuestSocket.Role.IDLE
                || port < 0
                || port > 0xffff
                || !OptionStage.inRange(Option.MAXSEG, command.arg3 & SYN_MAXSEG)
                || command.arg3 >>> SYN_TTL_SHIFT > 255
                || command.arg4 != 0 && !OptionStage.inRange(Option.CONGESTION, command.arg4)) {
            refuse(socket, Errno.EINVAL);
            return;
        }
        final GuestNode own = socket.space().node();
        if (!own.hasRoomForConnection()) {
            refuse(socket, Errno.ENOBUFS);
            return;
        }
        takeSynOptions(socket, command);
        socket.role(GuestSocket.Role.CONNECTING);
        final int target = target(own, command.arg0, command.arg1);
        if (target == 0) {
            refuse(socket, Errno.ENETUNREACH);
            return;
        }
        if (socket.boundAs() != null && (socket.families() & PortSpace.family(target)) == 0) {
            refuse(socket, Errno.EINVAL);
            return;
        }
        if (!takeLocalPort(socket, target, (int) port)) {
            refuse(socket, Errno.EADDRNOTAVAIL);
            return;
        }
        final int verdict = own.checkConnect(nodes.find(own, target), target, Protocol.TCP, (int) port);
        if (verdict == Policy.ALLOW) {
            connect(socket);
        } else if (verdict == Policy.DROP) {
            waitingConnects.addDropped(socket, clock.nanoTime());
        } else {
            refuse(socket, verdict);
        }
    }

    private void connect(GuestSocket socket) {
        final GuestNode node = nodes.find(socket.space().node(), socket.remoteAddress());
        if (node != null) {
            connectLocally(socket, node, socket.remotePort());
        } else {
            connectByWire(socket, socket.remoteAddress(), socket.remotePort());
        }
    }

    /**
     * A connect that is under way is forbidden from now on, as if its next SYN met the policy: it is refused, or goes on to
     * wait. Nothing is left of it elsewhere.
     *
     * @return false if it waits
     */
    boolean forbid(GuestSocket client) {
        final GuestNode own = client.space().node();
        final int address = client.remoteAddress();
        final int verdict = own.checkConnect(nodes.find(own, address), address, Protocol.TCP, client.remotePort());
        if (verdict == Policy.DROP) {
            waitingConnects.drop(client, clock.nanoTime());
            return false;
        }
        waitingConnects.forget(client);
        refuse(client, verdict);
        return true;
    }

    /** Connects that the policy dropped and now allows go on, as if their next SYN came through. */
    void resumeDropped() {
        waitingConnects
                .takeDropped(socket -> {
                    final GuestNode own = socket.space().node();
                    final int address = socket.remoteAddress();
                    return own.mayConnect(nodes.find(own, address), address, Protocol.TCP, socket.remotePort());
                })
                .forEach(this::connect);
    }

    /** What the SYN must say or carry. */
    private static void takeSynOptions(GuestSocket socket, ControlCommand command) {
        final long maxSegment = command.arg3 & SYN_MAXSEG;
        if (maxSegment != 0) {
            socket.options().set(Option.MAXSEG, maxSegment);
        }
        if (command.arg3 != maxSegment) {
            final boolean ipv4 = Addresses.isIpv4(command.arg0, command.arg1);
            final int service = ipv4 ? Option.TOS : Option.TRAFFIC_CLASS;
            socket.options().set(service, command.arg3 >>> SYN_TOS_SHIFT & 255);
            socket.options().set(ipv4 ? Option.TTL : Option.HOP_LIMIT, command.arg3 >>> SYN_TTL_SHIFT);
        }
        if (command.arg4 != 0) {
            socket.options().set(Option.CONGESTION, command.arg4);
        }
    }

    /** @return a peer's address, see {@link Ipv6Numbers}; 0 if no station of the guest's families can have it */
    private static int target(GuestNode own, long first, long second) {
        if (Addresses.isAny(first, second)) {
            return own.address();
        }
        if (Addresses.isIpv4(first, second)) {
            final int address = Addresses.ipv4(second);
            return Ipv6Numbers.isIpv6(address) ? 0 : address;
        }
        final long high = Long.reverseBytes(first);
        return own.address6() == Ipv6Numbers.NONE || Ipv6Header.isMulticast(high)
                ? 0
                : own.numbers().take(high, Long.reverseBytes(second));
    }

    /** A port may still be held by a connection in TIME_WAIT; then the next one is tried. */
    private void connectByWire(GuestSocket socket, int target, int port) {
        for (int attempt = 0; attempt < MAX_PORT_ATTEMPTS; attempt++) {
            if (wire.connect(socket)) {
                return;
            }
            if (socket.boundAs() != null) {
                break;
            }
            socket.space().node().ports().disconnect(socket.localPort(), target, port);
            socket.flowHeld(false);
            if (!takeLocalPort(socket, target, port)) {
                break;
            }
        }
        refuse(socket, Errno.EADDRNOTAVAIL);
    }

    private static boolean takeLocalPort(GuestSocket socket, int remoteAddress, int remotePort) {
        final GuestNode node = socket.space().node();
        final boolean bound = socket.boundAs() != null;
        final int port = bound
                ? node.ports().connectFrom(socket.localPort(), remoteAddress, remotePort) ? socket.localPort() : 0
                : node.ports().connectEphemeral(remoteAddress, remotePort);
        if (port == 0) {
            return false;
        }
        socket.local(node.addressTowards(remoteAddress), port);
        socket.remote(remoteAddress, remotePort);
        socket.flowHeld(true);
        return true;
    }

    private void connectLocally(GuestSocket socket, GuestNode node, int port) {
        final Listener listener = node.ports().listener(port, PortSpace.family(socket.remoteAddress()));
        if (listener == null || !node.hasRoomForConnection()) {
            refuse(socket, Errno.ECONNREFUSED);
        } else if (!listener.hasRoom()) {
            waitingConnects.add(socket, listener, clock.nanoTime());
            acceptStage.wantNoticeIfFull(listener);
        } else if (!acceptStage.accept(socket, listener)) {
            refuse(socket, Errno.ECONNREFUSED);
        }
    }

    static void refuse(GuestSocket socket, int errno) {
        socket.fail(errno);
        socket.space().ready(socket, Event.READY_READ | Event.READY_WRITE | Event.READY_STATE);
    }

    void onArm(ControlCommand command, boolean armed) {
        final ListenerMember member = memberOf(command);
        if (member != null && armed) {
            acceptStage.arm(member, (command.arg0 & Command.ARM_ONCE) != 0);
        } else if (member != null) {
            acceptStage.disarm(member);
        }
        command.context.space().reply(command.context, command.slot, command.generation, command.request, 0, 0);
    }

    void onAccept(ControlCommand command) {
        final ListenerMember member = memberOf(command);
        final GuestSocket server = member == null ? null : acceptStage.take(member);
        final long value = server == null ? 0 : AcceptedRecord.of(server.index(), server.generation());
        final int errno = member == null ? Errno.EINVAL : server == null ? Errno.EAGAIN : 0;
        command.context.space().reply(command.context, command.slot, command.generation, command.request, value, errno);
    }

    private static ListenerMember memberOf(ControlCommand command) {
        final GuestSocket socket = command.context.space().find(command.slot, command.generation);
        return socket == null ? null : socket.listener();
    }

    /**
     * Lets another attachment accept from a listener.
     *
     * @return the slot through which it accepts, or null if no slot is left
     */
    static GuestSocket join(Listener listener, SocketSpace space) {
        final GuestSocket socket = space.openHostSlot(0);
        if (socket != null) {
            socket.local(listener.anyAddress(), listener.port());
            openAcceptRing(socket, listener.backlog());
            listener.addMember(socket);
            socket.addState(State.LISTENING);
        }
        return socket;
    }
}
