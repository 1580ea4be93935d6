package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;

/** What holds for a connection at any time, and when it is over. */
final class Invariants {
    private Invariants() {}

    static void check(TcpConnection connection, TestReceiveBuffer received) {
        Sender sender = connection.sender();
        assertTrue(sender.sndUna <= sender.sndNxt && sender.sndNxt <= sender.sndMax, "SND.UNA <= SND.NXT <= SND.MAX");
        assertTrue(sender.sndWnd >= 0 && connection.congestion().cwnd() >= 0, "windows are not negative");
        SentSegments sent = connection.recovery().sent();
        assertTrue(sent.pipe() >= 0 && sent.lostBytes() >= 0 && sent.sackedBytes() >= 0, "shares of what is in flight");
        assertTrue(sent.pipe() <= 2 * Math.max(sender.sndMax - sender.sndUna, 0), "no more in the pipe than was sent");
        boolean waits = sender.hasOutstanding() && connection.state() != TcpState.TIME_WAIT;
        assertTrue(
                !waits || connection.nextDeadlineNs() != Long.MAX_VALUE || isOver(connection),
                "a timer for what is out");
        if (received != null) {
            assertTrue(connection.receiver().rcvNxt() <= received.committed() + 1, "RCV.NXT counts what is committed");
        }
    }

    private static boolean isOver(TcpConnection connection) {
        return connection.state() == TcpState.CLOSED;
    }

    /** After the end: no timer runs, and everything was told once and in order. */
    static void checkOver(TcpConnection connection, List<String> events) {
        assertEquals(TcpState.CLOSED, connection.state());
        assertEquals(Long.MAX_VALUE, connection.nextDeadlineNs(), "a timer is left");
        for (String once : List.of("buffersDone", "closed")) {
            assertEquals(1, Collections.frequency(events, once), once + " once: " + events);
        }
        for (String most : List.of("established", "peerClosed")) {
            assertTrue(Collections.frequency(events, most) <= 1, most + " once: " + events);
        }
        assertEquals("closed", events.getLast());
        long failures =
                events.stream().filter(event -> event.startsWith("failed")).count();
        assertTrue(failures <= 1, "failed once: " + events);
    }
}
