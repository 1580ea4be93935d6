package io.virtuoso.host.slowpath;

import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.DatagramPorts;
import io.virtuoso.host.socket.DatagramState;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.PortSpace;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Datagram;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;

/** Opening and connecting UDP sockets, as guests command it. Stack thread only. */
final class DatagramStage {
    private final DatagramPath path;
    private final LateBinds lateBinds;

    DatagramStage(DatagramPath path, LateBinds lateBinds) {
        this.path = path;
        this.lateBinds = lateBinds;
    }

    void onOpen(ControlCommand command) {
        final GuestSocket socket = ConnectionSetup.socketOf(command);
        if (socket != null) {
            final int errno = lateBinds.isSecond() ? bindOpened(socket, command) : open(socket, command);
            if (errno != Errno.EADDRINUSE || !lateBinds.postpone(command)) {
                reply(command, socket.localPort(), errno);
            }
        }
    }

    private int open(GuestSocket socket, ControlCommand command) {
        final GuestNode node = socket.space().node();
        final int families = families(command);
        final int address = address(node, command.arg0, command.arg1);
        if (socket.role() != GuestSocket.Role.IDLE || socket.boundAs() != null || command.arg2 >>> 16 != 0) {
            return Errno.EINVAL;
        }
        final boolean any = Addresses.isAny(command.arg0, command.arg1);
        if (!any && (address == Ipv6Numbers.NONE || address != node.addressTowards(address))) {
            return Errno.EADDRNOTAVAIL;
        }
        path.open(
                socket,
                families,
                address,
                (command.arg3 & Command.BIND_REUSEADDR) != 0,
                (command.arg3 & Command.BIND_REUSEPORT) != 0);
        return bind(socket, address, command);
    }

    /** One that found its port taken before. */
    private static int bindOpened(GuestSocket socket, ControlCommand command) {
        final boolean untouched = socket.role() == GuestSocket.Role.DATAGRAM && socket.localPort() == 0;
        return untouched ? bind(socket, socket.datagram().boundAddress(), command) : Errno.EINVAL;
    }

    private static int bind(GuestSocket socket, int address, ControlCommand command) {
        final DatagramPorts ports = socket.space().node().datagramPorts();
        int port = (int) command.arg2;
        if (port == 0) {
            port = ports.bindEphemeral(socket);
        } else if (!ports.bind(socket, port)) {
            port = 0;
        }
        socket.local(address, port);
        return port == 0 ? Errno.EADDRINUSE : 0;
    }

    /** @return what the ABI's words stand for; {@link Ipv6Numbers#NONE} too if it is nobody's */
    private static int address(GuestNode node, long first, long second) {
        if ((first | second) == 0) {
            return Ipv6Numbers.ANY;
        }
        if (Addresses.isIpv4(first, second)) {
            final int ipv4 = Addresses.ipv4(second);
            return Ipv6Numbers.isIpv6(ipv4) ? Ipv6Numbers.NONE : ipv4;
        }
        return node.numbers().find(Long.reverseBytes(first), Long.reverseBytes(second));
    }

    private static int families(ControlCommand command) {
        if (Addresses.isIpv4(command.arg0, command.arg1)) {
            return PortSpace.IPV4;
        }
        final boolean both = (command.arg0 | command.arg1) == 0 && (command.arg3 & Command.BIND_V6ONLY) == 0;
        return both ? PortSpace.BOTH : PortSpace.IPV6;
    }

    /** Datagrams that had to wait for commands before them. */
    void onDataToSend(GuestSocket socket, long wantedBytes) {
        path.onDataToSend(socket, wantedBytes);
    }

    void onConnect(ControlCommand command) {
        final GuestSocket socket = datagramOf(command);
        if (socket != null) {
            final boolean probe = command.arg3 == Datagram.PROBE;
            reply(command, 0, probe ? probe(socket, command) : connect(socket, command));
        }
    }

    /** Of a loopback address, by the family of the one given, which is the guest's own; of 127.x if that is any. */
    private static int probe(GuestSocket socket, ControlCommand command) {
        final GuestNode node = socket.space().node();
        final boolean ipv6 =
                !Addresses.isAny(command.arg0, command.arg1) && !Addresses.isIpv4(command.arg0, command.arg1);
        final int own = ipv6 ? node.address6() : node.address();
        final int port = (int) command.arg2 & 0xffff;
        final GuestSocket found = node.datagramPorts().find(port, own, socket.localPort(), true);
        return found == null ? Errno.ECONNREFUSED : 0;
    }

    private static int connect(GuestSocket socket, ControlCommand command) {
        final DatagramState state = socket.datagram();
        if (Addresses.isAny(command.arg0, command.arg1)) {
            state.connected(false);
            socket.local(state.boundAddress(), socket.localPort());
            socket.remote(0, 0);
            return 0;
        }
        final boolean ipv4 = Addresses.isIpv4(command.arg0, command.arg1);
        final GuestNode node = socket.space().node();
        if (command.arg2 >>> 16 != 0 || (socket.families() & (ipv4 ? PortSpace.IPV4 : PortSpace.IPV6)) == 0) {
            return Errno.EINVAL;
        }
        if (ipv4 ? Ipv6Numbers.isIpv6(Addresses.ipv4(command.arg1)) : node.address6() == Ipv6Numbers.NONE) {
            return Errno.ENETUNREACH; // 240.0.0.0/4, or IPv6 where there is none
        }
        final int peer = ipv4
                ? Addresses.ipv4(command.arg1)
                : node.numbers().take(Long.reverseBytes(command.arg0), Long.reverseBytes(command.arg1));
        if (peer == Ipv6Numbers.NONE) {
            return Errno.ENOBUFS;
        }
        socket.local(node.addressTowards(peer), socket.localPort());
        socket.remote(peer, (int) command.arg2);
        state.connected(true);
        return 0;
    }

    /** Hands the oldest error kept to the guest, in the context's info area. */
    void onError(ControlCommand command) {
        final GuestSocket socket = datagramOf(command);
        if (socket == null) {
            return;
        }
        final ByteBuffer error = socket.datagram().takeError();
        if (error == null) {
            reply(command, 0, Errno.EAGAIN);
            return;
        }
        socket.space().region().put(command.context.infoOffset(), error, 0, error.capacity());
        reply(command, error.capacity(), 0);
    }

    /** A socket that moved to another process is refused; one that never was a UDP socket is a fault. */
    private static GuestSocket datagramOf(ControlCommand command) {
        final SocketSpace space = command.context.space();
        final GuestSocket socket = space.find(command.slot, command.generation);
        if (socket == null || socket.datagram() == null) {
            space.fault(EndReason.BAD_SLOT);
            return null;
        }
        if (socket.role() != GuestSocket.Role.DATAGRAM) {
            reply(command, 0, Errno.ECONNRESET);
            return null;
        }
        return socket;
    }

    private static void reply(ControlCommand command, long value, int errno) {
        command.context.space().reply(command.context, command.slot, command.generation, command.request, value, errno);
    }
}
