package io.virtuoso.host.tcp.script;

import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.host.tcp.EcnMode;
import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.ScriptedPeer;
import io.virtuoso.host.tcp.Sent;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.tcp.TcpConnection;
import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.tcp.TcpInfo;
import io.virtuoso.host.tcp.TcpListener;
import io.virtuoso.host.tcp.TcpResets;
import io.virtuoso.host.tcp.TcpSegment;
import io.virtuoso.host.tcp.TcpState;
import io.virtuoso.host.tcp.TcpVerdict;
import io.virtuoso.host.tcp.TestReceiveBuffer;
import io.virtuoso.host.tcp.TestSendBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The state machine of package {@code tcp} in virtual time. */
final class StackMachine implements Machine {
    private static final int SEND_STREAM = 1;
    private static final int RECEIVE_STREAM = 2;
    private static final Map<String, Integer> ERRORS = Map.of(
            "ECONNREFUSED", TcpErrno.ECONNREFUSED,
            "ECONNRESET", TcpErrno.ECONNRESET,
            "EPIPE", TcpErrno.EPIPE,
            "ETIMEDOUT", TcpErrno.ETIMEDOUT,
            "EHOSTUNREACH", TcpErrno.EHOSTUNREACH,
            "ENETUNREACH", TcpErrno.ENETUNREACH);

    private final Queue<Arrived> arrived = new ArrayDeque<>();
    private TcpConfig config = ScriptedPeer.CONFIG;
    private int mss = ScriptedPeer.MSS;
    private int sendBytes = 1 << 20;
    private int receiveBytes = 64 * 1024;
    private ScriptedPeer peer;
    private boolean listening;
    private int eventsTaken;
    private TcpVerdict verdict;

    private ScriptedPeer peer() {
        if (peer == null) {
            peer = new ScriptedPeer(config);
            freshBuffers();
        }
        return peer;
    }

    private TcpConnection connection() {
        if (peer == null || peer.connection == null) {
            throw new IllegalArgumentException("there is no connection yet");
        }
        return peer.connection;
    }

    private void freshBuffers() {
        peer.sendBuffer = new TestSendBuffer(sendBytes, SEND_STREAM);
        peer.receiveBuffer = new TestReceiveBuffer(receiveBytes, RECEIVE_STREAM);
    }

    // ---- time and segments -------------------------------------------------------------------------------------

    @Override
    public long nowNs() {
        return peer().nowNs;
    }

    @Override
    public Arrived poll(long untilNs) {
        collect();
        while (arrived.isEmpty() && nextDeadlineNs() <= untilNs) {
            peer().nowNs = Math.max(peer.nowNs, nextDeadlineNs());
            peer.connection.onDeadline(peer.nowNs);
            collect();
        }
        if (arrived.isEmpty()) {
            peer().nowNs = Math.max(peer.nowNs, untilNs);
        }
        return arrived.poll();
    }

    private long nextDeadlineNs() {
        return peer().connection == null ? Long.MAX_VALUE : peer.connection.nextDeadlineNs();
    }

    /** Takes what was sent, cut as the port would. */
    private void collect() {
        while (!peer().sent.isEmpty()) {
            Sent segment = peer.sent.remove();
            int size = segment.segmentSize();
            if (segment.length() <= size) {
                arrived.add(new Arrived(peer.nowNs, segment));
                continue;
            }
            for (int at = 0; at < segment.length(); at += size) {
                arrived.add(new Arrived(peer.nowNs, segment.piece(at, Math.min(at + size, segment.length()))));
            }
        }
    }

    @Override
    public void inject(TcpSegment segment) {
        boolean gone = peer().connection == null || listening && peer.connection.state() == TcpState.CLOSED;
        verdict = gone ? toListener(segment) : peer.connection.onSegment(segment, peer.nowNs);
        if (verdict == TcpVerdict.TIME_WAIT_REUSED) {
            verdict = toListener(segment);
        }
        OutgoingSegment reply = new OutgoingSegment();
        if (verdict == TcpVerdict.RESET_NEEDED && TcpResets.reply(segment, reply)) {
            peer.sent.add(Sent.copyOf(peer.connection, reply));
        }
    }

    private TcpVerdict toListener(TcpSegment segment) {
        if (!listening) {
            return TcpVerdict.RESET_NEEDED;
        }
        freshBuffers();
        return TcpListener.onSegment(segment, peer, peer.nowNs);
    }

    // ---- commands ----------------------------------------------------------------------------------------------

    @Override
    public void command(String name, List<String> arguments) {
        String argument = arguments.isEmpty() ? "" : arguments.getFirst();
        switch (name) {
            case "config" -> configure(argument, arguments.get(1));
            case "listen" -> listening = true;
            case "socket" -> open();
            case "connect" -> connect();
            case "backlog-full" -> peer().backlogFull = isOn(argument);
            case "handshakes-full" -> peer().handshakesFull = isOn(argument);
            case "defer-accept" -> deferAccept(TimeUnit.NANOSECONDS.toSeconds(Span.number(argument)));
            case "wait" -> {} // only time passes
            case "write" -> peer().write((int) Span.number(argument));
            case "read" -> peer().read((int) Span.number(argument));
            case "shutdown" -> shutdown(argument);
            case "close" -> connection().close(peer.nowNs);
            case "abort" -> connection().abort(peer.nowNs);
            case "unreachable" -> unreachable(arguments);
            case "mtu" ->
                connection()
                        .onPathMtu((int) Span.number(argument) - 40, Integer.parseInt(arguments.get(1)), peer.nowNs);
            default -> setOption(name, argument);
        }
    }

    private void shutdown(String half) {
        if (half.equals("read")) {
            connection().shutdownRead();
        } else {
            connection().shutdownWrite(peer.nowNs);
        }
    }

    private void deferAccept(long seconds) {
        peer().deferAccept = seconds;
        if (peer.connection != null) {
            peer.connection.setDeferAccept(seconds);
        }
    }

    private void open() {
        peer().connection = new TcpConnection(config, peer, peer);
    }

    private void connect() {
        if (peer().connection == null) {
            open();
        }
        peer.connection.connect(ScriptedPeer.ISS, 0, peer.nowNs);
    }

    private void configure(String name, String value) {
        if (peer != null) {
            throw new IllegalArgumentException("the configuration comes first");
        }
        config = switch (name) {
            case "mss" -> {
                mss = (int) Span.number(value);
                yield config.withSegments(mss, 20 * mss);
            }
            case "offload" -> config.withSegments(mss, isOn(value) ? 20 * mss : mss);
            case "timestamps" -> config.withOptions(isOn(value), config.sack());
            case "sack" -> config.withOptions(config.timestamps(), isOn(value));
            case "congestion" ->
                config.withCongestion(CongestionAlgorithm.named(value).orElseThrow());
            case "ecn" -> config.withEcn(EcnMode.named(value).orElseThrow());
            case "pacing" -> config.withPacing(isOn(value));
            case "quick-acks" -> config.withQuickAcks((int) Span.number(value));
            case "time-wait" -> config.withTimeWaitNs(Span.number(value));
            case "rcvbuf" -> {
                receiveBytes = (int) Span.number(value);
                yield config.withReceiveBytes(receiveBytes, config.maxReceiveBytes());
            }
            case "rcvbuf-max" -> config.withReceiveBytes(config.initialReceiveBytes(), (int) Span.number(value));
            case "sndbuf" -> {
                sendBytes = (int) Span.number(value);
                yield config;
            }
            default -> throw new IllegalArgumentException("no such configuration: " + name);
        };
    }

    private void unreachable(List<String> arguments) {
        Integer errno = ERRORS.get(arguments.getFirst());
        if (errno == null) {
            throw new IllegalArgumentException("no such error: " + arguments.getFirst());
        }
        connection().onUnreachable(errno, Integer.parseInt(arguments.get(1)));
    }

    private void setOption(String name, String value) {
        TcpConnection connection = connection();
        long nowNs = peer.nowNs;
        switch (name) {
            case "nodelay" -> connection.setNoDelay(isOn(value), nowNs);
            case "cork" -> connection.setCork(isOn(value), nowNs);
            case "quickack" -> connection.setQuickAck(isOn(value), nowNs);
            case "keepalive" -> connection.keepalive().setEnabled(isOn(value), nowNs);
            case "keepidle" -> connection.keepalive().setIdleNs(Span.number(value), nowNs);
            case "keepintvl" -> connection.keepalive().setIntervalNs(Span.number(value));
            case "keepcnt" -> connection.keepalive().setCount((int) Span.number(value));
            case "user-timeout" -> connection.setUserTimeoutNs(Span.number(value));
            case "max-pacing-rate" -> connection.setMaxPacingRate(Span.number(value), nowNs);
            case "maxseg" -> connection.setMaxSegment((int) Span.number(value));
            case "congestion" ->
                connection.setCongestion(CongestionAlgorithm.named(value).orElseThrow());
            case "grow-rcvbuf" -> peer.receiveBuffer.grow((int) Span.number(value));
            default -> throw new IllegalArgumentException("no such command: " + name);
        }
    }

    private static boolean isOn(String value) {
        return switch (value) {
            case "on" -> true;
            case "off" -> false;
            default -> throw new IllegalArgumentException("on or off, not " + value);
        };
    }

    // ---- facts -------------------------------------------------------------------------------------------------

    @Override
    public Object fact(String name) {
        return switch (name) {
            case "state" ->
                peer().connection == null ? "LISTEN" : peer.connection.state().name();
            case "verdict" -> verdict.name();
            case "events" -> takeEvents();
            case "readable" -> peer.receiveBuffer.unread();
            case "released" -> peer.sendBuffer.released();
            case "timer" -> nextDeadlineNs() == Long.MAX_VALUE ? "none" : nextDeadlineNs() - peer.nowNs;
            case "error" -> error();
            case "eof" -> peer().events.contains("peerClosed") ? "yes" : "no";
            case "passive" -> connection().isPassive() ? "yes" : "no";
            default -> infoFact(name, connection().info());
        };
    }

    private String takeEvents() {
        List<String> fresh = peer().events.subList(eventsTaken, peer.events.size());
        eventsTaken = peer.events.size();
        return fresh.isEmpty()
                ? "none"
                : fresh.stream().map(StackMachine::readable).collect(Collectors.joining(" "));
    }

    private String error() {
        return peer().events.stream()
                .filter(event -> event.startsWith("failed"))
                .map(event -> readable(event).substring("failed:".length()))
                .findFirst()
                .orElse("none");
    }

    private static String readable(String event) {
        if (!event.startsWith("failed ")) {
            return event;
        }
        int number = Integer.parseInt(event.substring("failed ".length()));
        return "failed:"
                + ERRORS.entrySet().stream()
                        .filter(error -> error.getValue() == number)
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElseThrow();
    }

    private static Object infoFact(String name, TcpInfo info) {
        return switch (name) {
            case "srtt" -> info.rttNs();
            case "rttvar" -> info.rttvarNs();
            case "rto" -> info.rtoNs();
            case "mss" -> info.mss();
            case "peer-mss" -> info.peerMss();
            case "cwnd" -> info.cwnd();
            case "ssthresh" -> info.ssthresh() == Long.MAX_VALUE ? "none" : info.ssthresh();
            case "unacked" -> info.unacked();
            case "unsent" -> info.unsent();
            case "retries" -> info.retries();
            case "retransmits" -> info.totalRetransmits();
            case "bytes-retransmitted" -> info.bytesRetransmitted();
            case "bytes-acked" -> info.bytesAcked();
            case "bytes-received" -> info.bytesReceived();
            case "bytes-sent" -> info.bytesSent();
            case "send-wscale" -> info.sendWindowScale();
            case "receive-wscale" -> info.receiveWindowScale();
            case "pacing-rate" -> info.pacingRate() == Long.MAX_VALUE ? "none" : info.pacingRate();
            case "timestamps" -> info.timestamps() ? "yes" : "no";
            case "sack" -> info.sack() ? "yes" : "no";
            case "ecn" -> info.accurateEcn() ? "accurate" : info.ecn() ? "yes" : "no";
            case "marks-delivered" -> info.marksDelivered();
            case "marks-received" -> info.marksReceived();
            case "congestion" -> info.congestion().linuxName();
            default -> throw new IllegalArgumentException("no such fact: " + name);
        };
    }
}
