package io.virtuoso.host.tcp;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** A segment that was sent, with its payload, as it travels. */
public record Sent(
        int seq,
        int ack,
        int flags,
        int ecn,
        int window,
        int mss,
        int windowScale,
        boolean sackPermitted,
        boolean hasTimestamps,
        int tsVal,
        int tsEcr,
        ByteBuffer sackEdges,
        ByteBuffer payload,
        int segmentSize,
        List<Integer> ecnCounters) {

    public static Sent copyOf(TcpConnection connection, OutgoingSegment out) {
        ByteBuffer payload = ByteBuffer.allocate(out.payloadLength);
        if (out.payloadLength > 0) {
            connection.sendBuffer().copyTo(out.payloadPosition, out.payloadLength, payload, 0);
        }
        ByteBuffer edges = ByteBuffer.allocate(out.sackCount * 8);
        for (int i = 0; i < 2 * out.sackCount; i++) {
            edges.putInt(i * 4, out.sackEdges[i]);
        }
        return new Sent(
                out.seq,
                out.ack,
                out.flags,
                out.ecn,
                out.window,
                out.mss,
                out.windowScale,
                out.sackPermitted,
                out.hasTimestamps,
                out.tsVal,
                out.tsEcr,
                edges,
                payload,
                out.segmentSize,
                Arrays.stream(out.ecnCounters)
                        .limit(out.ecnCounterCount)
                        .boxed()
                        .toList());
    }

    /** As if it had been sent. */
    public static Sent copyOf(TcpSegment in) {
        ByteBuffer payload = ByteBuffer.allocate(in.payloadLength);
        if (in.payloadLength > 0) {
            payload.put(0, in.payload, in.payloadOffset, in.payloadLength);
        }
        ByteBuffer edges = ByteBuffer.allocate(in.sackCount * 8);
        for (int i = 0; i < 2 * in.sackCount; i++) {
            edges.putInt(i * 4, in.sackEdges[i]);
        }
        return new Sent(
                in.seq,
                in.ack,
                in.flags,
                in.ecn,
                in.window,
                in.mss,
                in.windowScale,
                in.sackPermitted,
                in.hasTimestamps,
                in.tsVal,
                in.tsEcr,
                edges,
                payload,
                in.payloadLength,
                counters(in));
    }

    private static List<Integer> counters(TcpSegment in) {
        return in.hasEcnCounters
                ? Arrays.stream(in.ecnCounters)
                        .filter(counter -> counter >= 0)
                        .boxed()
                        .toList()
                : List.of();
    }

    /** A piece of the payload, as cut by segmentation offload. */
    public Sent piece(int from, int to) {
        boolean last = to == length();
        int pieceFlags = last ? flags : flags & ~(TcpFlags.FIN | TcpFlags.PSH);
        return new Sent(
                seq + from,
                ack,
                pieceFlags,
                ecn,
                window,
                mss,
                windowScale,
                sackPermitted,
                hasTimestamps,
                tsVal,
                tsEcr,
                sackEdges,
                payload.slice(from, to - from),
                segmentSize,
                ecnCounters);
    }

    /** The same with another codepoint in its IP header. */
    public Sent withEcn(int codepoint) {
        return new Sent(
                seq,
                ack,
                flags,
                codepoint,
                window,
                mss,
                windowScale,
                sackPermitted,
                hasTimestamps,
                tsVal,
                tsEcr,
                sackEdges,
                payload,
                segmentSize,
                ecnCounters);
    }

    public int length() {
        return payload.capacity();
    }

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    void fill(TcpSegment segment) {
        segment.clear();
        segment.seq = seq;
        segment.ack = ack;
        segment.flags = flags;
        segment.ecn = ecn;
        segment.window = window;
        segment.mss = mss;
        segment.windowScale = windowScale;
        segment.sackPermitted = sackPermitted;
        segment.hasTimestamps = hasTimestamps;
        segment.tsVal = tsVal;
        segment.tsEcr = tsEcr;
        segment.sackCount = sackEdges.capacity() / 8;
        for (int i = 0; i < 2 * segment.sackCount; i++) {
            segment.sackEdges[i] = sackEdges.getInt(i * 4);
        }
        segment.hasEcnCounters = !ecnCounters.isEmpty();
        for (int i = 0; i < segment.ecnCounters.length; i++) {
            segment.ecnCounters[i] = i < ecnCounters.size() ? ecnCounters.get(i) : -1;
        }
        segment.payload = payload;
        segment.payloadLength = length();
    }
}
