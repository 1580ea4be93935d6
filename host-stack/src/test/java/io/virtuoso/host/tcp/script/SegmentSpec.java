package io.virtuoso.host.tcp.script;

import io.virtuoso.host.tcp.TcpFlags;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A segment as a script writes it: what is null is not said. Sequence numbers are relative to the sender's SYN, which
 * has 0.
 */
final class SegmentSpec {
    private static final List<String> FLAGS = List.of("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE");

    /** By codepoint of the IP header. */
    private static final List<String> ECN = List.of("not-ect", "ect1", "ect", "ce");

    private int flags;
    /** Null: not said. */
    private Integer ecn;

    private Span seq;
    private Span ack;
    private long ackStep;
    private Span window;
    private Span length = Span.ZERO;
    private Span mss;
    private Span windowScale;
    private Boolean sackPermitted;
    private Boolean timestamps;
    /** Null: any. */
    private Span tsVal;
    /** Null: any. */
    private Span tsEcr;

    private final List<Long> sackEdges = new ArrayList<>();
    private List<Integer> ecnCounters = List.of();
    private boolean ecnCountersSaid;
    private int times = 1;

    static SegmentSpec parse(List<String> words) {
        SegmentSpec spec = new SegmentSpec();
        Iterator<String> left = words.iterator();
        while (left.hasNext()) {
            String word = left.next();
            int flag = FLAGS.indexOf(word);
            if (flag >= 0) {
                spec.flags |= 1 << flag;
            } else if (ECN.contains(word)) {
                spec.ecn = ECN.indexOf(word);
            } else if (!spec.parsePlain(word)) {
                spec.parseField(word, left);
            }
        }
        return spec;
    }

    private boolean parsePlain(String word) {
        switch (word) {
            case "sackok" -> sackPermitted = true;
            case "no-sackok" -> sackPermitted = false;
            case "no-ts" -> timestamps = false;
            case "no-accecn" -> ecnCountersSaid = true;
            case "no-mss" -> mss = Span.ZERO;
            case "no-wscale" -> windowScale = Span.exactly(-1);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void parseField(String word, Iterator<String> left) {
        if (word.matches("x\\d+")) {
            times = Integer.parseInt(word.substring(1));
            return;
        }
        if (!left.hasNext()) {
            throw new IllegalArgumentException("not a flag, nor a field with a value: " + word);
        }
        String value = left.next();
        switch (word) {
            case "seq" -> seq = Span.parse(value);
            case "ack" -> parseAck(value);
            case "win" -> window = Span.parse(value);
            case "data" -> length = Span.parse(value);
            case "mss" -> mss = Span.parse(value);
            case "wscale" -> windowScale = Span.parse(value);
            case "ts" -> parseTimestamps(value);
            case "sack" -> parseSack(value);
            case "accecn" -> {
                ecnCountersSaid = true;
                ecnCounters =
                        Stream.of(value.split(",", -1)).map(Integer::valueOf).toList();
            }
            default -> throw new IllegalArgumentException("no such field: " + word);
        }
    }

    private void parseAck(String text) {
        int plus = text.indexOf('+');
        ack = Span.parse(plus < 0 ? text : text.substring(0, plus));
        ackStep = plus < 0 ? 0 : Span.number(text.substring(plus + 1));
    }

    private void parseTimestamps(String text) {
        timestamps = true;
        String[] parts = text.split("/", -1);
        tsVal = parts[0].equals("*") ? null : Span.parse(parts[0]);
        tsEcr = parts.length < 2 || parts[1].equals("*") ? null : Span.parse(parts[1]);
    }

    private void parseSack(String text) {
        for (String block : text.split(",", -1)) {
            String[] edges = block.split("-", -1);
            if (edges.length != 2) {
                throw new IllegalArgumentException("SACK blocks are written 1001-2001,3001-4001, not " + text);
            }
            sackEdges.add(Long.parseLong(edges[0]));
            sackEdges.add(Long.parseLong(edges[1]));
        }
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    int flags() {
        return flags;
    }

    Integer ecn() {
        return ecn;
    }

    static String ecnName(int codepoint) {
        return ECN.get(codepoint);
    }

    Span seq() {
        return seq;
    }

    Span ack() {
        return ack;
    }

    /** By how much {@link #ack} grows from one of these segments to the next. */
    long ackStep() {
        return ackStep;
    }

    Span window() {
        return window;
    }

    Span length() {
        return length;
    }

    Span mss() {
        return mss;
    }

    Span windowScale() {
        return windowScale;
    }

    Boolean sackPermitted() {
        return sackPermitted;
    }

    Boolean timestamps() {
        return timestamps;
    }

    Span tsVal() {
        return tsVal;
    }

    Span tsEcr() {
        return tsEcr;
    }

    /** Of the accurate ECN option: ECT(0), CE, ECT(1). */
    List<Integer> ecnCounters() {
        return ecnCounters;
    }

    /** Whether the script says what the accurate ECN option is, or that it is not there. */
    boolean ecnCountersSaid() {
        return ecnCountersSaid;
    }

    /** Left and right edges, alternating. */
    List<Long> sackEdges() {
        return sackEdges;
    }

    /** How many segments like this, each beginning where the one before ends. */
    int times() {
        return times;
    }

    /** The flags as words. */
    static String flagNames(int flags) {
        List<String> names = new ArrayList<>();
        for (int bit = 0; bit < FLAGS.size(); bit++) {
            if ((flags & 1 << bit) != 0) {
                names.add(FLAGS.get(bit));
            }
        }
        return names.isEmpty() ? "no flags" : String.join(" ", names);
    }

    /** What a script must say: where the segment is, and with ACK what it acknowledges. */
    void check() {
        if (seq == null) {
            throw new IllegalArgumentException("the segment has no seq");
        }
        if (has(TcpFlags.ACK) != (ack != null)) {
            throw new IllegalArgumentException("ACK and ack come together");
        }
    }
}
