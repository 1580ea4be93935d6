package io.virtuoso.host.slowpath;

import io.virtuoso.host.net.WireConnection;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.host.socket.SocketOptions;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.host.tcp.TcpConnection;
import io.virtuoso.host.tcp.TcpInfo;
import io.virtuoso.protocol.Option;
import java.util.concurrent.TimeUnit;

/** Translates options and facts between guests' sockets and TCP. */
final class WireOptions {
    private static final long NS_PER_US = 1_000;

    private WireOptions() {}

    /** Applies what the SYN (or the SYN that answers one) tells the peer, before it is sent. */
    static void applyBeforeSyn(WireConnection connection, GuestSocket socket) {
        final SocketOptions options = socket.options();
        if (socket.receiveBufferSet() != 0) {
            connection.tcp().setInitialWindow(socket.receiveBufferSet());
        }
        if (options.has(Option.MAXSEG)) {
            connection.tcp().setMaxSegment((int) options.get(Option.MAXSEG));
        }
        if (options.has(Option.CONGESTION)) {
            // Some ask for ECN.
            connection.tcp().setCongestion(congestion(socket, null));
        }
        if (options.has(Option.DEFER_ACCEPT)) {
            connection.tcp().setDeferAccept(options.get(Option.DEFER_ACCEPT));
        }
        final int service = connection.isIpv6() ? Option.TRAFFIC_CLASS : Option.TOS;
        if (options.has(service)) {
            connection.typeOfService((int) options.get(service));
        }
        final int hops = connection.isIpv6() ? Option.HOP_LIMIT : Option.TTL;
        if (options.has(hops)) {
            connection.timeToLive((int) options.get(hops));
        }
    }

    /** @return the congestion control that a socket asked for, else the one given */
    static CongestionAlgorithm congestion(GuestSocket socket, CongestionAlgorithm otherwise) {
        final SocketOptions options = socket.options();
        return options.has(Option.CONGESTION)
                ? CongestionAlgorithm.numbered((int) options.get(Option.CONGESTION))
                : otherwise;
    }

    /** Applies what a guest set before there was a connection. */
    static void applyAll(WireConnection connection, SocketOptions options, long nowNs) {
        for (int option = Option.NODELAY; option <= Option.HOP_LIMIT; option++) {
            if (options.has(option)) {
                apply(connection, option, options.get(option), nowNs);
            }
        }
    }

    /** Applies one option; ring sizes are not TCP's business. */
    static void apply(WireConnection connection, int option, long value, long nowNs) {
        final TcpConnection tcp = connection.tcp();
        switch (option) {
            case Option.NODELAY -> tcp.setNoDelay(value != 0, nowNs);
            case Option.CORK -> tcp.setCork(value != 0, nowNs);
            case Option.KEEPALIVE -> tcp.keepalive().setEnabled(value != 0, nowNs);
            case Option.KEEPIDLE -> tcp.keepalive().setIdleNs(TimeUnit.SECONDS.toNanos(value), nowNs);
            case Option.KEEPINTVL -> tcp.keepalive().setIntervalNs(TimeUnit.SECONDS.toNanos(value));
            case Option.KEEPCNT -> tcp.keepalive().setCount((int) value);
            case Option.USER_TIMEOUT -> tcp.setUserTimeoutNs(TimeUnit.MILLISECONDS.toNanos(value));
            case Option.QUICKACK -> tcp.setQuickAck(value != 0, nowNs);
            case Option.MAXSEG -> tcp.setMaxSegment((int) value);
            case Option.TOS, Option.TTL, Option.TRAFFIC_CLASS, Option.HOP_LIMIT ->
                applyToPackets(connection, option, (int) value);
            case Option.DEFER_ACCEPT -> tcp.setDeferAccept(value);
            case Option.CONGESTION -> tcp.setCongestion(CongestionAlgorithm.numbered((int) value));
            case Option.MAX_PACING_RATE -> tcp.setMaxPacingRate(value, nowNs);
            default -> {}
        }
        connection.reschedule();
    }

    /** The families have options of their own. */
    private static void applyToPackets(WireConnection connection, int option, int value) {
        if (connection.isIpv6() != (option == Option.TRAFFIC_CLASS || option == Option.HOP_LIMIT)) {
            return;
        }
        if (option == Option.TOS || option == Option.TRAFFIC_CLASS) {
            connection.typeOfService(value);
        } else {
            connection.timeToLive(value);
        }
    }

    /** Fills in a connection's facts. */
    static void describe(TcpConnection tcp, SocketInfo info) {
        final TcpInfo facts = tcp.info();
        info.path = SocketInfo.PATH_WIRE;
        info.tcpState = facts.state().linuxNumber();
        info.rttUs = (int) (facts.rttNs() / NS_PER_US);
        info.rttVarUs = (int) (facts.rttvarNs() / NS_PER_US);
        info.rtoUs = (int) (facts.rtoNs() / NS_PER_US);
        info.minRttUs = (int) ((facts.minRttNs() + NS_PER_US - 1) / NS_PER_US);
        info.pacingRate = facts.pacingRate() == Long.MAX_VALUE ? 0 : facts.pacingRate();
        info.deliveryRate = facts.deliveryRate();
        info.mss = facts.mss();
        info.peerMss = facts.peerMss();
        final int mss = Math.max(1, facts.mss());
        info.congestionWindow = (int) (facts.cwnd() / mss);
        info.ssthresh = facts.ssthresh() == Long.MAX_VALUE ? 0 : (int) Math.max(1, facts.ssthresh() / mss);
        info.congestion = facts.congestion().abiNumber();
        info.unacked = (int) ((facts.unacked() + mss - 1) / mss);
        info.retransmits = facts.retries();
        info.totalRetransmits = (int) facts.totalRetransmits();
        info.options = (facts.timestamps() ? SocketInfo.OPTION_TIMESTAMPS : 0)
                | (facts.sack() ? SocketInfo.OPTION_SACK : 0)
                | (facts.ecn() ? SocketInfo.OPTION_ECN : 0)
                | (facts.scaled() ? SocketInfo.OPTION_WINDOW_SCALE : 0);
        info.windowScales = facts.sendWindowScale() | facts.receiveWindowScale() << 8;
        info.bytesAcked = facts.bytesAcked();
        info.bytesReceived = facts.bytesReceived();
        info.receiveRttUs = (int) (facts.receiveRttNs() / NS_PER_US);
        info.receiveSpace = facts.receiveSpace();
        info.receiveWindow = facts.receiveCapacity();
        info.bytesSent = facts.bytesSent();
        info.bytesRetransmitted = facts.bytesRetransmitted();
        info.segmentsOut = (int) facts.segmentsSent();
        info.segmentsIn = (int) facts.segmentsReceived();
        info.sendUnsent = (int) facts.unsent();
        info.sendUnacked = (int) facts.unacked();
    }
}
