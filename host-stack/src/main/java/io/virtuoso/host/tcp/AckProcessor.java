package io.virtuoso.host.tcp;

/** The fifth check of RFC 9293 section 3.10.7.4: the ACK field and the window of a segment. */
final class AckProcessor {
    private final Sender sender;
    private final LossRecovery recovery;

    /** Shift count of the peer's windows. */
    private int peerWindowScale;
    /** SND.WL1: position in the peer's stream of the segment that set the window last. */
    private long sndWl1 = -1;
    /** SND.WL2: position acknowledged by that segment. */
    private long sndWl2 = -1;

    private long bytesAcked;

    AckProcessor(Sender sender, LossRecovery recovery) {
        this.sender = sender;
        this.recovery = recovery;
    }

    void setPeerWindowScale(int scale) {
        peerWindowScale = scale;
    }

    int peerWindowScale() {
        return peerWindowScale;
    }

    long bytesAcked() {
        return bytesAcked;
    }

    /** Takes the window of the segment that completes the handshake; that of a SYN is not scaled. */
    void onHandshakeWindow(TcpSegment segment, long segmentPosition) {
        sndWl1 = segmentPosition;
        sndWl2 = 0;
        sender.onWindow(segment.has(TcpFlags.SYN) ? segment.window : (long) segment.window << peerWindowScale);
    }

    /**
     * Takes ACK and window of an acceptable segment.
     *
     * @param segmentPosition where the segment begins in the peer's stream
     * @return false if the ACK is not acceptable: the segment must be dropped and answered (RFC 5961 section 5.2)
     */
    boolean onAck(TcpSegment segment, long segmentPosition, long nowNs) {
        long position = sender.position(segment.ack);
        if (position > sender.sndMax || position < sender.oldestAcceptableAck()) {
            return false;
        }
        sender.probes = 0;
        if (position < sender.sndUna) {
            return true;
        }
        long window = (long) segment.window << peerWindowScale;
        if (position > sender.sndUna) {
            takeWindow(window, segmentPosition, position);
            bytesAcked += position - sender.sndUna;
            recovery.onNewAck(position, segment, nowNs);
        } else {
            boolean duplicate = segment.payloadLength == 0
                    && !segment.has(TcpFlags.FIN)
                    && window == sender.sndWnd
                    && window > 0
                    && sender.hasOutstanding();
            takeWindow(window, segmentPosition, position);
            recovery.onSameAck(segment, duplicate, nowNs);
        }
        recovery.onSignOfLife();
        return true;
    }

    /** An old segment must not overwrite the window of a newer one. */
    private void takeWindow(long window, long segmentPosition, long position) {
        if (sndWl1 < segmentPosition || sndWl1 == segmentPosition && sndWl2 <= position) {
            sndWl1 = segmentPosition;
            sndWl2 = position;
            sender.onWindow(window);
        }
    }
}
