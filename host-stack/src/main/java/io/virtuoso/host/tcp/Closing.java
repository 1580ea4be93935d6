package io.virtuoso.host.tcp;

/** Closing in order: who still writes and reads, the FINs, FIN_WAIT_2 and TIME_WAIT (RFC 9293 sections 3.6 and 3.10.4). */
final class Closing {
    private final TcpConnection connection;
    private final Timers timers;
    private final TcpEvents events;

    /** The application has closed its last handle: nobody reads, writes or hears of errors. */
    private boolean orphaned;
    /** The application reads no more. */
    private boolean readShut;
    /** {@link #shutdownWrite} came before the handshake was done. */
    private boolean finWhenEstablished;

    private boolean buffersReleased;
    /** From TIME_WAIT on. */
    private TimeWait timeWait;

    Closing(TcpConnection connection, Timers timers, TcpEvents events) {
        this.connection = connection;
        this.timers = timers;
        this.events = events;
    }

    void onEstablished(long nowNs) {
        if (finWhenEstablished) {
            sendFin(TcpState.FIN_WAIT_1, nowNs);
        }
    }

    void shutdownRead() {
        readShut = true;
    }

    void shutdownWrite(long nowNs) {
        switch (connection.state()) {
            case SYN_SENT, SYN_RECEIVED -> finWhenEstablished = true;
            case ESTABLISHED -> sendFin(TcpState.FIN_WAIT_1, nowNs);
            case CLOSE_WAIT -> sendFin(TcpState.LAST_ACK, nowNs);
            default -> {}
        }
    }

    private void sendFin(TcpState next, long nowNs) {
        connection.sender().queueFin();
        connection.enter(next);
        connection.sender().transmit(nowNs);
    }

    void close(long nowNs) {
        TcpState state = connection.state();
        if (state == TcpState.SYN_SENT) {
            connection.finish();
        } else if (state == TcpState.SYN_RECEIVED
                || state.isSynchronized()
                        && state != TcpState.TIME_WAIT
                        && connection.receiver().hasUnread()) {
            connection.abort(nowNs);
        } else {
            orphaned = true;
            shutdownWrite(nowNs);
            limitFinWait2(nowNs);
        }
    }

    boolean isOrphaned() {
        return orphaned;
    }

    /** @return true if nobody will ever read what comes (RFC 9293 section 3.6.1, RFC 2525 section 2.17) */
    boolean refusesData() {
        return orphaned || readShut && hasSentFin();
    }

    private boolean hasSentFin() {
        return connection.state() == TcpState.FIN_WAIT_1 || connection.state() == TcpState.FIN_WAIT_2;
    }

    void refuseData(long nowNs) {
        connection.emitter().reset(nowNs);
        connection.fail(TcpErrno.ECONNRESET);
    }

    void onPeerFin() {
        if (!orphaned) {
            events.peerClosed(connection);
        }
        if (connection.state() == TcpState.TIME_WAIT) {
            releaseBuffers();
        }
    }

    void enterFinWait2(long nowNs) {
        connection.enter(TcpState.FIN_WAIT_2);
        limitFinWait2(nowNs);
    }

    /** Who is gone does not wait for the peer's end for ever. */
    private void limitFinWait2(long nowNs) {
        if (orphaned && connection.state() == TcpState.FIN_WAIT_2) {
            timers.stateAt = nowNs + connection.config().finWaitNs();
        }
    }

    void enterTimeWait(long nowNs) {
        boolean afterClosing = connection.state() == TcpState.CLOSING;
        connection.enter(TcpState.TIME_WAIT);
        timers.stopSending();
        timers.keepaliveAt = Timers.NEVER;
        timeWait = new TimeWait(
                connection.sender(),
                connection.receiver(),
                connection.emitter(),
                connection.config().timeWaitNs());
        timeWait.restart(nowNs);
        awaitTimeWait();
        if (afterClosing) {
            releaseBuffers();
        }
    }

    /** The end of TIME_WAIT may have moved. */
    void awaitTimeWait() {
        timers.stateAt = timeWait.untilNs();
    }

    TimeWait timeWait() {
        return timeWait;
    }

    /** TCP touches neither buffer any more. */
    void releaseBuffers() {
        if (!buffersReleased) {
            buffersReleased = true;
            events.buffersDone(connection);
        }
    }

    /** @return what {@link TcpConnection#remains} says */
    TimeWait remains() {
        boolean done = orphaned && buffersReleased && timers.delayedAckAt == Timers.NEVER;
        return done && connection.state() == TcpState.TIME_WAIT ? timeWait : null;
    }
}
