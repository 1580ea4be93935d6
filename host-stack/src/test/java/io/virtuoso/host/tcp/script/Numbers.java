package io.virtuoso.host.tcp.script;

import io.virtuoso.host.tcp.Pattern;
import io.virtuoso.host.tcp.ScriptedPeer;
import io.virtuoso.host.tcp.Sent;
import io.virtuoso.host.tcp.TcpFlags;
import io.virtuoso.host.tcp.TcpSegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Between a script's numbers, which count from the SYNs, and those on the wire; also the peer's timestamp clock. */
final class Numbers {
    private static final int DEFAULT_WINDOW = 60_000;
    private static final int SEND_STREAM = 1;
    private static final int RECEIVE_STREAM = 2;

    /** Whether the machine's timestamps come to the tick when a script says. */
    private final boolean exactClock;

    private int peerIss = ScriptedPeer.PEER_ISS;
    private int machineIss;
    private boolean machineKnown;

    /** The window of the peer's segments until a script says another one. */
    private int peerWindow = DEFAULT_WINDOW;

    private boolean peerOffersTimestamps;
    private boolean machineOffersTimestamps;
    private int machineClockZero;
    private int lastMachineClock;
    /** What the peer's clock showed when a script last set it. */
    private int peerClock = 1;

    private long peerClockSinceNs = -1;

    Numbers(boolean exactClock) {
        this.exactClock = exactClock;
    }

    /** The sequence number of the peer's SYN. */
    void setPeerIss(int iss) {
        peerIss = iss;
    }

    // ---- from the machine --------------------------------------------------------------------------------------

    /** Learns from a segment that the machine sent. */
    void onSent(Sent sent) {
        if (sent.has(TcpFlags.SYN)) {
            machineIss = sent.seq();
            machineKnown = true;
            machineOffersTimestamps = sent.hasTimestamps();
        }
        if (sent.hasTimestamps()) {
            if (sent.has(TcpFlags.SYN) && lastMachineClock == 0) {
                machineClockZero = sent.tsVal();
            }
            lastMachineClock = sent.tsVal();
        }
    }

    long machineRelative(int seq) {
        return machineKnown ? distance(machineIss, seq) : Integer.toUnsignedLong(seq);
    }

    int machineSeq(long relative) {
        return machineIss + (int) relative;
    }

    long peerRelative(int seq) {
        return distance(peerIss, seq);
    }

    /** Ticks since the machine's first timestamp. */
    long machineClock(int tsVal) {
        return distance(machineClockZero, tsVal);
    }

    /** Modulo 2^32. */
    private static int distance(int from, int to) {
        return to - from;
    }

    List<Long> sackEdges(Sent sent) {
        List<Long> edges = new ArrayList<>();
        for (int at = 0; at < sent.sackEdges().capacity(); at += 4) {
            edges.add(peerRelative(sent.sackEdges().getInt(at)));
        }
        return edges;
    }

    /** What differs from the {@code index}th segment that {@code spec} describes, as the script says it. */
    List<String> compare(SegmentSpec spec, int index, Sent sent) {
        List<String> differences = new ArrayList<>();
        int ignored = spec.has(TcpFlags.PSH) ? 0 : TcpFlags.PSH;
        if ((sent.flags() & ~ignored) != spec.flags()) {
            differences.add(SegmentSpec.flagNames(spec.flags()));
        }
        if (spec.ecn() != null && spec.ecn() != sent.ecn()) {
            differences.add(SegmentSpec.ecnName(spec.ecn()));
        }
        long shift = index * spec.length().min();
        compare(differences, "seq", spec.seq(), machineRelative(sent.seq()) - shift);
        if (sent.has(TcpFlags.ACK)) {
            compare(differences, "ack", spec.ack(), peerRelative(sent.ack()) - index * spec.ackStep());
        }
        compare(differences, "win", spec.window(), sent.window());
        compare(differences, "data", spec.length(), sent.length());
        compare(differences, "mss", spec.mss(), sent.mss());
        compare(differences, "wscale", spec.windowScale(), sent.windowScale());
        if (spec.sackPermitted() != null && spec.sackPermitted() != sent.sackPermitted()) {
            differences.add(spec.sackPermitted() ? "sackok" : "no sackok");
        }
        if (spec.timestamps() != null && spec.timestamps() != sent.hasTimestamps()) {
            differences.add(spec.timestamps() ? "ts" : "no ts");
        }
        if (exactClock) {
            compare(differences, "ts value", spec.tsVal(), machineClock(sent.tsVal()));
        }
        compare(differences, "ts echo", spec.tsEcr(), Integer.toUnsignedLong(sent.tsEcr()));
        if (!spec.sackEdges().equals(sackEdges(sent))) {
            differences.add("sack edges " + spec.sackEdges());
        }
        if (spec.ecnCountersSaid() && !spec.ecnCounters().equals(sent.ecnCounters())) {
            differences.add("accecn " + spec.ecnCounters());
        }
        comparePayload(differences, sent);
        return differences;
    }

    private static void compare(List<String> differences, String name, Span expected, long found) {
        if (expected != null && !expected.contains(found)) {
            differences.add(name + " " + expected);
        }
    }

    private void comparePayload(List<String> differences, Sent sent) {
        long position = machineRelative(sent.seq()) - 1;
        for (int i = 0; i < sent.length(); i++) {
            if (sent.payload().get(i) != Pattern.at(position + i, SEND_STREAM)) {
                differences.add("the byte written for seq " + (position + i + 1));
                return;
            }
        }
    }

    // ---- from the peer -----------------------------------------------------------------------------------------

    /** The {@code index}th segment that {@code spec} describes, as the peer sends it now. */
    TcpSegment toWire(SegmentSpec spec, int index, long nowNs) {
        int length = (int) exact("data", spec.length());
        long seq = exact("seq", spec.seq()) + (long) index * length;
        TcpSegment segment = new TcpSegment();
        segment.flags = spec.flags();
        segment.ecn = spec.ecn() == null ? 0 : spec.ecn();
        segment.seq = peerIss + (int) seq;
        if (spec.ack() != null) {
            segment.ack = machineSeq(exact("ack", spec.ack()) + index * spec.ackStep());
        }
        if (spec.window() != null) {
            peerWindow = (int) exact("win", spec.window());
        }
        segment.window = peerWindow;
        if (spec.mss() != null) {
            segment.mss = (int) exact("mss", spec.mss());
        }
        if (spec.windowScale() != null) {
            segment.windowScale = (int) exact("wscale", spec.windowScale());
        }
        segment.sackPermitted = Boolean.TRUE.equals(spec.sackPermitted());
        segment.sackCount = spec.sackEdges().size() / 2;
        for (int i = 0; i < spec.sackEdges().size(); i++) {
            segment.sackEdges[i] = machineSeq(spec.sackEdges().get(i));
        }
        segment.hasEcnCounters = !spec.ecnCounters().isEmpty();
        for (int i = 0; i < segment.ecnCounters.length; i++) {
            segment.ecnCounters[i] =
                    i < spec.ecnCounters().size() ? spec.ecnCounters().get(i) : -1;
        }
        setTimestamps(spec, segment, nowNs);
        segment.payload = payload(seq + (spec.has(TcpFlags.SYN) ? 0 : -1), length);
        segment.payloadLength = length;
        return segment;
    }

    private static ByteBuffer payload(long position, int length) {
        ByteBuffer payload = ByteBuffer.allocate(length);
        for (int i = 0; i < length; i++) {
            payload.put(i, Pattern.at(position + i, RECEIVE_STREAM));
        }
        return payload;
    }

    private void setTimestamps(SegmentSpec spec, TcpSegment segment, long nowNs) {
        boolean said = Boolean.TRUE.equals(spec.timestamps());
        boolean silent = Boolean.FALSE.equals(spec.timestamps());
        if (spec.has(TcpFlags.SYN)) {
            peerOffersTimestamps = said;
        }
        boolean agreed = peerOffersTimestamps && machineOffersTimestamps;
        segment.hasTimestamps = said || agreed && !silent;
        if (!segment.hasTimestamps) {
            return;
        }
        if (spec.tsVal() != null) {
            peerClock = (int) exact("ts", spec.tsVal());
            peerClockSinceNs = nowNs;
        }
        segment.tsVal =
                peerClock + (peerClockSinceNs < 0 ? 0 : (int) TimeUnit.NANOSECONDS.toMillis(nowNs - peerClockSinceNs));
        if (spec.tsEcr() != null) {
            segment.tsEcr = machineClockZero + (int) exact("ts", spec.tsEcr());
        } else if (spec.has(TcpFlags.ACK)) {
            segment.tsEcr = lastMachineClock;
        }
    }

    private static long exact(String field, Span span) {
        if (!span.isExact()) {
            throw new IllegalArgumentException("the peer sends no range: " + field);
        }
        return span.min();
    }
}
