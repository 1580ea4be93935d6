package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** What holds for the segments that a connection sends, one after the other. */
final class SentCheck {
    private final ScriptedPeer peer;
    private long acknowledged = -1;
    private long edge = -1;

    SentCheck(ScriptedPeer peer) {
        this.peer = peer;
    }

    /** Looks at what was sent since the last time; to be called before that is forgotten. */
    void check() {
        for (Sent segment : peer.sent) {
            if (segment.has(TcpFlags.ACK) && !segment.has(TcpFlags.SYN) && !isReset(segment)) {
                checkAck(segment);
            }
            if (segment.length() > 0) {
                checkData(segment);
            }
        }
    }

    private static boolean isReset(Sent segment) {
        return segment.has(TcpFlags.RST);
    }

    private void checkAck(Sent segment) {
        Receiver receiver = peer.connection.receiver();
        long ack = receiver.position(segment.ack());
        int unit = 1 << receiver.windowScale();
        long right = ack + ((long) segment.window() << receiver.windowScale());
        assertTrue(ack >= acknowledged && ack <= receiver.rcvNxt(), "the acknowledgement goes on");
        assertTrue(right > edge - unit || ack == acknowledged + 1, "the window does not shrink");
        acknowledged = ack;
        edge = Math.max(edge, right);
        for (int block = 0; block < segment.sackEdges().capacity() / 8; block++) {
            long from = receiver.position(segment.sackEdges().getInt(8 * block));
            long to = receiver.position(segment.sackEdges().getInt(8 * block + 4));
            assertTrue(from < to && to <= edge + unit, "SACK blocks are of what was received");
            assertTrue(block == 0 || from > ack, "SACK blocks are behind the acknowledgement");
        }
    }

    private void checkData(Sent segment) {
        Sender sender = peer.connection.sender();
        long end = sender.position(segment.seq()) + segment.length();
        assertTrue(end <= sender.sndMax, "data counts as sent");
        assertTrue(end <= sender.sndUna + Math.max(sender.maxSndWnd, sender.mss), "data is within the window");
        assertTrue(segment.length() <= peer.config.maxSegmentBytes(), "data fits into what the output takes");
    }
}
