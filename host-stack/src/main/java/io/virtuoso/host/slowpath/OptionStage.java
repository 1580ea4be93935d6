package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.ContextPort;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.ListenerMember;
import io.virtuoso.host.socket.RingPool;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.protocol.Congestion;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import java.lang.invoke.VarHandle;

/** Socket options and questions about sockets. Stack thread only. */
public final class OptionStage {
    private static final int TCP_ESTABLISHED = 1;
    private static final int TCP_CLOSE = 7;
    private static final int TCP_SYN_SENT = 2;
    private static final int TCP_LISTEN = 10;

    private final SharedSockets shared;
    private final SocketInfo info = new SocketInfo();

    OptionStage(SharedSockets shared) {
        this.shared = shared;
    }

    private GuestSocket find(ControlCommand command) {
        final GuestSocket socket = command.context.space().find(command.slot, command.generation);
        return socket == null ? null : shared.present(socket);
    }

    void onOption(ControlCommand command) {
        final SocketSpace space = command.context.space();
        final GuestSocket socket = find(command);
        final int option = (int) command.arg0;
        final int errno = socket == null ? Errno.ENOTCONN : apply(socket, option, command.arg1);
        space.reply(command.context, command.slot, command.generation, command.request, 0, errno);
    }

    private static int apply(GuestSocket socket, int option, long value) {
        if (!inRange(option, value)) {
            return Errno.EINVAL;
        }
        switch (option) {
            case Option.SEND_BUFFER ->
                socket.sendLimit(ringLimit(value, socket.space().maxSendBytes()));
            case Option.RECEIVE_BUFFER -> {
                final int max = socket.space().maxReceiveBytes();
                socket.receiveLimit(ringLimit(value, max));
                socket.receiveBufferSet(Math.clamp(value, RingPool.MIN_RING_BYTES, max));
            }
            case Option.RECEIVE_ERRORS -> {
                if (socket.datagram() == null) {
                    return Errno.ENOPROTOOPT;
                }
                socket.datagram().receiveErrors(value != 0);
            }
            case Option.NOTSENT_LOWAT -> tellSent(socket, value != 0);
            default -> socket.options().set(option, value);
        }
        if (socket.transport() != null) {
            socket.transport().setOption(socket, option, value);
        }
        return 0;
    }

    /** The guest, which judges by what was sent whether it writes, may be waiting for that already. */
    private static void tellSent(GuestSocket socket, boolean tell) {
        socket.transmit().tellSent(tell);
        VarHandle.fullFence();
        if (socket.transmit().takeWriteNotice()) {
            socket.space().ready(socket, Event.READY_WRITE);
        }
    }

    /** Ranges as Linux has them (net/ipv4/tcp.c). */
    static boolean inRange(int option, long value) {
        return switch (option) {
            case Option.NODELAY, Option.CORK, Option.KEEPALIVE, Option.QUICKACK, Option.RECEIVE_ERRORS ->
                value == 0 || value == 1;
            case Option.KEEPIDLE, Option.KEEPINTVL -> value >= 1 && value <= 32767;
            case Option.KEEPCNT -> value >= 1 && value <= 127;
            case Option.CONGESTION -> value >= Congestion.RENO && value <= Congestion.BBR;
            case Option.MAXSEG -> value == 0 || value >= 88 && value <= 32767;
            case Option.USER_TIMEOUT, Option.SEND_BUFFER, Option.RECEIVE_BUFFER, Option.DEFER_ACCEPT ->
                value >= 0 && value <= Integer.MAX_VALUE;
            case Option.TOS, Option.TTL, Option.TRAFFIC_CLASS, Option.HOP_LIMIT -> value >= 0 && value <= 255;
            case Option.MAX_PACING_RATE, Option.NOTSENT_LOWAT -> value >= 0;
            default -> false;
        };
    }

    private static int ringLimit(long bytes, int max) {
        return RingPool.ringBytes((int) Math.max(RingPool.MIN_RING_BYTES, Math.min(bytes, max)));
    }

    void onInfo(ControlCommand command) {
        final ContextPort context = command.context;
        final SocketSpace space = context.space();
        final GuestSocket socket = find(command);
        if (socket == null) {
            space.reply(context, command.slot, command.generation, command.request, 0, Errno.ENOTCONN);
            return;
        }
        describe(socket, info);
        final int bytes = InfoWriter.write(info, space.region(), context.infoOffset());
        space.reply(context, command.slot, command.generation, command.request, bytes, 0);
    }

    /** Fills in everything that is known about a socket. */
    public static void describe(GuestSocket socket, SocketInfo info) {
        info.clear();
        switch (socket.role()) {
            case LISTENER -> {
                final ListenerMember member = socket.listener();
                info.tcpState = TCP_LISTEN;
                info.backlog = member.listener().queued();
                info.maxBacklog = member.listener().backlog();
            }
            case CONNECTING -> info.tcpState = socket.is(State.FAILED) ? TCP_CLOSE : TCP_SYN_SENT;
            case STREAM -> socket.transport().describe(socket, info);
            case DATAGRAM -> {
                info.tcpState = socket.datagram().connected() ? TCP_ESTABLISHED : TCP_CLOSE;
                info.sendUnsent = (int) socket.transmit().pending();
            }
            default -> info.tcpState = TCP_CLOSE;
        }
    }
}
