package io.virtuoso.host.fastpath;

import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.control.SocketFacts;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.slowpath.OptionStage;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What {@code ss} asks for, from the sockets themselves. Stack thread only. */
final class StackReport {
    private static final int UNKNOWN = 0;

    private final SocketInfo info = new SocketInfo();

    /** @return facts about every socket that is listening or connected, and every UDP socket */
    List<SocketFacts> sockets(Attachments attachments) {
        final List<SocketFacts> facts = new ArrayList<>();
        attachments.forEachSocket(socket -> {
            if (socket.role() != GuestSocket.Role.IDLE && socket.role() != GuestSocket.Role.RELEASED) {
                facts.add(facts(socket));
            }
        });
        return facts;
    }

    private SocketFacts facts(GuestSocket socket) {
        OptionStage.describe(socket, info);
        final boolean listening = socket.role() == GuestSocket.Role.LISTENER;
        socket.receive().refresh();
        return new SocketFacts(
                socket.space().node().guest().name(),
                socket.role() == GuestSocket.Role.DATAGRAM,
                socket.space().attachment().toString(),
                info.tcpState,
                path(info.path),
                listening ? info.backlog : socket.receive().unread(),
                listening ? info.maxBacklog : Integer.toUnsignedLong(info.sendUnsent) + info.sendUnacked,
                text(socket, socket.localAddress()),
                socket.localPort(),
                remote(socket, listening),
                socket.remotePort(),
                info.path == SocketInfo.PATH_WIRE ? Optional.of(tcp()) : Optional.empty(),
                socket.role() == GuestSocket.Role.STREAM ? Optional.of(volume()) : Optional.empty());
    }

    private static String remote(GuestSocket socket, boolean listening) {
        return listening && Ipv6Numbers.isIpv6(socket.localAddress())
                ? text(socket, Ipv6Numbers.ANY)
                : text(socket, socket.remoteAddress());
    }

    private static String text(GuestSocket socket, int address) {
        final Ipv6Numbers numbers = socket.space().node().numbers();
        return Ipv6Numbers.isIpv6(address)
                ? "[" + new Ipv6(numbers.high(address), numbers.low(address)) + "]"
                : Ipv4.format(address);
    }

    private static SocketFacts.Path path(int path) {
        return switch (path) {
            case SocketInfo.PATH_LOCAL -> SocketFacts.Path.LOCAL;
            case SocketInfo.PATH_WIRE -> SocketFacts.Path.WIRE;
            default -> SocketFacts.Path.NONE;
        };
    }

    private SocketFacts.Tcp tcp() {
        final boolean scaled = (info.options & SocketInfo.OPTION_WINDOW_SCALE) != 0;
        return new SocketFacts.Tcp(
                CongestionAlgorithm.numbered(info.congestion).linuxName(),
                (info.options & SocketInfo.OPTION_TIMESTAMPS) != 0,
                (info.options & SocketInfo.OPTION_SACK) != 0,
                scaled ? info.windowScales & 0xff : -1,
                info.windowScales >>> 8 & 0xff,
                new SocketFacts.Timing(info.rtoUs, info.rttUs, info.rttVarUs),
                new SocketFacts.Window(
                        info.mss, info.peerMss, UNKNOWN, info.congestionWindow, info.ssthresh, UNKNOWN, UNKNOWN),
                new SocketFacts.Flight(info.unacked, info.retransmits, info.totalRetransmits, info.sendUnsent),
                new SocketFacts.Rates(info.pacingRate, info.deliveryRate, info.minRttUs));
    }

    private SocketFacts.Volume volume() {
        return new SocketFacts.Volume(
                info.bytesSent,
                info.bytesRetransmitted,
                info.bytesAcked,
                info.bytesReceived,
                info.segmentsOut,
                info.segmentsIn);
    }
}
