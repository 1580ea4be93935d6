package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.control.Bills;
import io.virtuoso.host.control.SocketFacts;
import io.virtuoso.host.control.StackCommands;
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

    /** @return what everybody has used, in bills just brought up to date */
    static Bills bills(Ledger ledger, int core) {
        return new Bills(
                ledger.passNs(),
                ledger.system().cpuNs(),
                ledger.waiting().cpuNs(),
                ledger.accounts().stream().map(account -> bill(account, core)).toList());
    }

    /** Reports what the cores know of each other; times are nanoseconds. */
    static void count(CoreTable cores, StackCommands.CounterSink sink) {
        sink.counter("cores.used", cores.used());
        for (int core = 0; core < cores.cores(); core++) {
            sink.counter("core." + core + ".busy", cores.busyNs(core));
            sink.counter("core." + core + ".islands", cores.islands(core));
            sink.counter("core." + core + ".islands_given", cores.moves(core));
        }
    }

    /** Reports what everybody has used; times are nanoseconds of CPU time. */
    static void count(Ledger ledger, StackCommands.CounterSink sink) {
        sink.counter("cpu.system", ledger.system().cpuNs());
        sink.counter("cpu.waiting", ledger.waiting().cpuNs());
        for (Account account : ledger.accounts()) {
            final String guest = "guest." + account.name() + ".";
            sink.counter(guest + "cpu", account.cpuNs());
            sink.counter(guest + "packets_in", account.packetsIn());
            sink.counter(guest + "bytes_in", account.bytesIn());
            sink.counter(guest + "packets_out", account.packetsOut());
            sink.counter(guest + "bytes_out", account.bytesOut());
            sink.counter(guest + "retransmitted", account.retransmitted());
            sink.counter(guest + "connections", account.connectionCount());
            sink.counter(guest + "connections_opened", account.connectedConnections());
            sink.counter(guest + "connections_accepted", account.acceptedConnections());
            sink.counter(guest + "connections_refused", account.refusedConnections());
            sink.counter(guest + "commands", account.takenCommands());
            sink.counter(guest + "waited", account.waitedNs());
            sink.counter(guest + "limited", account.limitedNs());
            sink.counter(guest + "frames_queued", account.queuedFrames());
            sink.counter(guest + "frames_marked", account.markedFrames());
            sink.counter(guest + "frames_dropped", account.droppedFrames());
        }
    }

    private static Bills.Bill bill(Account account, int core) {
        return new Bills.Bill(
                account.name(),
                account.weight(),
                account.cpuNs(),
                core,
                new Bills.Traffic(account.packetsIn(), account.bytesIn()),
                new Bills.Traffic(account.packetsOut(), account.bytesOut()),
                account.retransmitted(),
                new Bills.Connections(
                        account.connectionCount(), account.connectedConnections(), account.acceptedConnections()),
                account.takenCommands(),
                new Bills.Waits(
                        account.waitedNs(),
                        account.limitedNs(),
                        account.queuedFrames(),
                        account.markedFrames(),
                        account.droppedFrames()),
                account.delays().counts());
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
