package io.virtuoso.host.slowpath;

import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.DatagramPorts;
import io.virtuoso.host.socket.DatagramState;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Datagram;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;

/** Opening and connecting UDP sockets, as guests command it. Stack thread only. */
final class DatagramStage {
    private final DatagramPath path;

    DatagramStage(DatagramPath path) {
        this.path = path;
    }

    void onOpen(ControlCommand command) {
        final GuestSocket socket = ConnectionSetup.socketOf(command);
        if (socket != null) {
            final int errno = open(socket, command);
            reply(command, socket.localPort(), errno);
        }
    }

    private int open(GuestSocket socket, ControlCommand command) {
        final boolean any = Addresses.isAny(command.arg0, command.arg1);
        final int address = any ? 0 : Addresses.ipv4(command.arg1);
        final GuestNode node = socket.space().node();
        if (socket.role() != GuestSocket.Role.IDLE || socket.boundAs() != null || command.arg2 >>> 16 != 0) {
            return Errno.EINVAL;
        }
        if (!any && (!Addresses.isIpv4(command.arg0, command.arg1) || address != node.address())) {
            return Errno.EADDRNOTAVAIL;
        }
        path.open(
                socket,
                address,
                (command.arg3 & Command.BIND_REUSEADDR) != 0,
                (command.arg3 & Command.BIND_REUSEPORT) != 0);
        final DatagramPorts ports = node.datagramPorts();
        int port = (int) command.arg2;
        if (port == 0) {
            port = ports.bindEphemeral(socket);
        } else if (!ports.bind(socket, port)) {
            port = 0;
        }
        socket.local(address, port);
        return port == 0 ? Errno.EADDRINUSE : 0;
    }

    /** Datagrams that had to wait for commands before them. */
    void onDataToSend(GuestSocket socket, long wantedBytes) {
        path.onDataToSend(socket, wantedBytes);
    }

    void onConnect(ControlCommand command) {
        final GuestSocket socket = datagramOf(command);
        if (socket != null) {
            final boolean probe = command.arg3 == Datagram.PROBE;
            reply(command, 0, probe ? probe(socket, command.arg2) : connect(socket, command));
        }
    }

    private static int probe(GuestSocket socket, long port) {
        final GuestNode node = socket.space().node();
        final GuestSocket found = node.datagramPorts().find((int) port & 0xffff, node.address(), socket.localPort());
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
        if (!Addresses.isIpv4(command.arg0, command.arg1) || command.arg2 >>> 16 != 0) {
            return Errno.EINVAL;
        }
        if (Ipv6Numbers.isIpv6(Addresses.ipv4(command.arg1))) {
            return Errno.ENETUNREACH; // 240.0.0.0/4
        }
        socket.local(socket.space().node().address(), socket.localPort());
        socket.remote(Addresses.ipv4(command.arg1), (int) command.arg2);
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
