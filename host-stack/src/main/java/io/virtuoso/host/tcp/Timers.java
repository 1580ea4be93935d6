package io.virtuoso.host.tcp;

/** The deadlines of a connection, in nanoseconds of the caller's clock; {@link #NEVER} when not running. */
final class Timers {
    static final long NEVER = Long.MAX_VALUE;

    /** Retransmission of the oldest unacknowledged data, SYN or FIN (RFC 6298). */
    long retransmitAt = NEVER;
    /** End of the reordering window of something that is missing (RFC 8985 section 6.3). */
    long reorderAt = NEVER;
    /** Tail loss probe (RFC 8985 section 7.2). */
    long tailProbeAt = NEVER;
    /** Probe of a window that lets nothing through (RFC 9293 section 3.8.6.1). */
    long probeAt = NEVER;

    /** When data may leave that windows allow (see {@link Pacer}). */
    long paceAt = NEVER;

    long delayedAckAt = NEVER;
    /** End of patience of a corked partial segment. */
    long corkAt = NEVER;

    long keepaliveAt = NEVER;
    /** End of TIME_WAIT, or of FIN_WAIT_2 when nobody holds the connection any more. */
    long stateAt = NEVER;

    long next() {
        long repairing = Math.min(retransmitAt, Math.min(reorderAt, tailProbeAt));
        long sending = Math.min(Math.min(repairing, paceAt), Math.min(probeAt, corkAt));
        return Math.min(Math.min(sending, delayedAckAt), Math.min(keepaliveAt, stateAt));
    }

    /** Calls everything whose time has come. */
    void expire(TcpConnection connection, long nowNs) {
        if (nowNs >= stateAt) {
            connection.finish();
        }
        if (nowNs >= reorderAt) {
            connection.recovery().onReorderTimeout(nowNs);
        }
        if (nowNs >= tailProbeAt) {
            connection.recovery().onTailProbeTimeout(nowNs);
        }
        if (nowNs >= retransmitAt) {
            if (connection.state() == TcpState.SYN_SENT || connection.state() == TcpState.SYN_RECEIVED) {
                connection.handshake().onTimeout(nowNs);
            } else {
                connection.recovery().onTimeout(nowNs);
            }
        }
        if (nowNs >= paceAt) {
            connection.sender().onPaceTimeout(nowNs);
        }
        if (nowNs >= probeAt) {
            connection.sender().onProbeTimeout(nowNs);
        }
        if (nowNs >= corkAt) {
            connection.sender().onCorkTimeout(nowNs);
        }
        if (nowNs >= keepaliveAt) {
            connection.keepalive().onTimeout(nowNs);
        }
        if (nowNs >= delayedAckAt) {
            connection.emitter().ack(nowNs);
        }
    }

    void stopAll() {
        stopSending();
        delayedAckAt = NEVER;
        keepaliveAt = NEVER;
        stateAt = NEVER;
    }

    void stopSending() {
        retransmitAt = NEVER;
        reorderAt = NEVER;
        tailProbeAt = NEVER;
        probeAt = NEVER;
        paceAt = NEVER;
        corkAt = NEVER;
    }
}
