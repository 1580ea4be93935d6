package io.virtuoso.host.control;

import java.util.List;
import java.util.Locale;

/** Prints sockets as {@code ss -tu} does, and with details as {@code ss -tui}; Linux's names throughout. */
final class SocketReport {
    private static final String[] STATES = {
        "UNKNOWN",
        "ESTAB",
        "SYN-SENT",
        "SYN-RECV",
        "FIN-WAIT-1",
        "FIN-WAIT-2",
        "TIME-WAIT",
        "UNCONN",
        "CLOSE-WAIT",
        "LAST-ACK",
        "LISTEN",
        "CLOSING"
    };
    private static final String ROW = "%-5s %-10s %-6s %-6s %21s %21s %s%n";

    private SocketReport() {}

    static String print(final List<SocketFacts> sockets, final boolean details) {
        final StringBuilder out = new StringBuilder(128 + sockets.size() * (details ? 400 : 96));
        out.append(row("Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Guest"));
        for (final SocketFacts socket : sockets) {
            appendSocket(out, socket);
            if (details) {
                appendDetails(out, socket);
            }
        }
        return out.toString();
    }

    private static void appendSocket(final StringBuilder out, final SocketFacts socket) {
        final boolean alone = socket.tcpState() == SocketFacts.LISTEN || socket.remotePort() == 0;
        out.append(row(
                socket.datagram() ? "udp" : "tcp",
                stateName(socket.tcpState()),
                Long.toString(socket.receiveQueue()),
                Long.toString(socket.sendQueue()),
                endpoint(socket.localAddress(), socket.localPort()),
                alone ? socket.remoteAddress() + ":*" : endpoint(socket.remoteAddress(), socket.remotePort()),
                socket.owner().isEmpty() ? socket.guest() : socket.owner()));
    }

    private static String row(
            final String network,
            final String state,
            final String receive,
            final String send,
            final String local,
            final String peer,
            final String owner) {
        return String.format(Locale.ROOT, ROW, network, state, receive, send, local, peer, owner);
    }

    static String stateName(final int tcpState) {
        return tcpState > 0 && tcpState < STATES.length ? STATES[tcpState] : STATES[0];
    }

    private static String endpoint(final String address, final int port) {
        return address + ":" + port;
    }

    private static void appendDetails(final StringBuilder out, final SocketFacts socket) {
        final Details details = new Details(out);
        socket.tcp().ifPresent(tcp -> tcpDetails(details, tcp));
        if (socket.path() == SocketFacts.Path.LOCAL) {
            details.word("local");
        }
        socket.volume().ifPresent(volume -> volumeDetails(details, volume));
        socket.tcp().ifPresent(tcp -> rateDetails(details, tcp.rates()));
        socket.tcp().ifPresent(tcp -> flightDetails(details, tcp));
        details.end();
    }

    private static void tcpDetails(final Details details, final SocketFacts.Tcp tcp) {
        if (tcp.timestamps()) {
            details.word("ts");
        }
        if (tcp.sack()) {
            details.word("sack");
        }
        details.word(tcp.congestion());
        if (tcp.sendScale() >= 0) {
            details.pair("wscale", tcp.sendScale() + "," + tcp.receiveScale());
        }
        final SocketFacts.Timing timing = tcp.timing();
        details.pair("rto", millis(timing.rto()));
        if (timing.rtt() != 0) {
            details.pair("rtt", millis(timing.rtt()) + "/" + millis(timing.rttvar()));
        }
        final SocketFacts.Window window = tcp.window();
        details.count("mss", window.mss());
        details.nonzero("pmtu", window.pathMtu());
        details.nonzero("advmss", window.advertisedMss());
        details.count("cwnd", window.congestionWindow());
        details.nonzero("ssthresh", window.slowStartThreshold());
    }

    private static void volumeDetails(final Details details, final SocketFacts.Volume volume) {
        details.nonzero("bytes_sent", volume.bytesSent());
        details.nonzero("bytes_retrans", volume.bytesRetransmitted());
        details.nonzero("bytes_acked", volume.bytesAcked());
        details.nonzero("bytes_received", volume.bytesReceived());
        details.nonzero("segs_out", volume.segmentsOut());
        details.nonzero("segs_in", volume.segmentsIn());
    }

    private static void rateDetails(final Details details, final SocketFacts.Rates rates) {
        if (rates.pacing() != 0) {
            details.word("pacing_rate " + bits(rates.pacing()));
        }
        if (rates.delivery() != 0) {
            details.word("delivery_rate " + bits(rates.delivery()));
        }
    }

    private static String bits(final long bytesPerSecond) {
        return 8 * bytesPerSecond + "bps";
    }

    private static void flightDetails(final Details details, final SocketFacts.Tcp tcp) {
        final SocketFacts.Flight flight = tcp.flight();
        details.nonzero("unacked", flight.unacked());
        if (flight.retransmits() != 0 || flight.totalRetransmits() != 0) {
            details.pair("retrans", flight.retransmits() + "/" + flight.totalRetransmits());
        }
        details.nonzero("notsent", flight.unsent());
        if (tcp.rates().minRtt() != 0) {
            details.pair("minrtt", millis(tcp.rates().minRtt()));
        }
        details.nonzero("snd_wnd", tcp.window().sendWindow());
        details.nonzero("rcv_wnd", tcp.window().receiveWindow());
    }

    /** Microseconds as ss prints milliseconds: without needless decimals. */
    private static String millis(final long micros) {
        if (micros % 1000 == 0) {
            return Long.toString(micros / 1000);
        }
        return String.format(Locale.ROOT, "%.3f", micros / 1000.0).replaceAll("0+$", "");
    }

    /** The second line of a socket, which is left out if it has no words. */
    private static final class Details {
        private final StringBuilder out;
        private boolean begun;

        Details(final StringBuilder out) {
            this.out = out;
        }

        void word(final String word) {
            out.append(begun ? " " : "\t ").append(word);
            begun = true;
        }

        void pair(final String name, final String value) {
            word(name + ":" + value);
        }

        void count(final String name, final long value) {
            pair(name, Long.toString(value));
        }

        void nonzero(final String name, final long value) {
            if (value != 0) {
                count(name, value);
            }
        }

        void end() {
            if (begun) {
                out.append('\n');
            }
        }
    }
}
