package io.virtuoso.host.tcp;

/** What became of a received segment: the reason, for counters, when it was dropped in whole. */
public enum TcpVerdict {
    /** Used, at least in part. */
    ACCEPTED,
    /** No connection or listener takes it: answer with {@link TcpResets#reply}. */
    RESET_NEEDED,
    /** A new SYN took the place of a connection in TIME_WAIT, which is closed now: offer it to the listener. */
    TIME_WAIT_REUSED,
    /** Dropped: outside the receive window (RFC 9293 section 3.10.7.4, first check). */
    OUT_OF_WINDOW,
    /** Dropped: timestamp older than TS.Recent (PAWS, RFC 7323 section 5). */
    OLD_TIMESTAMP,
    /** Dropped: timestamps were agreed on but the segment has none (RFC 7323 section 3.2). */
    MISSING_TIMESTAMP,
    /** Dropped: RST not exactly at RCV.NXT or not of our SYN (RFC 5961 section 3). */
    BAD_RESET,
    /** Dropped: SYN inside an established connection (RFC 5961 section 4). */
    UNEXPECTED_SYN,
    /** Dropped: no ACK bit where there must be one. */
    MISSING_ACK,
    /** Dropped: acknowledges what was never sent, or is much too old (RFC 5961 section 5). */
    BAD_ACK,
    /** Dropped: more gaps than are kept track of. */
    TOO_MANY_GAPS,
    /** Dropped: the listener wants to see connections with their first data (TCP_DEFER_ACCEPT). */
    DEFERRED,
    /** Dropped: the receive buffer, which is smaller than was promised, got no memory. */
    NO_MEMORY,
    /** Dropped: the listener's backlog is full. */
    BACKLOG_FULL,
    /** Dropped: follows the answer to a SYN cookie, which has not come or found the backlog full, and is to come again. */
    AHEAD_OF_ANSWER,
    /** Dropped: the network's policy forbids the connection, which was not begun. */
    FORBIDDEN,
    /** Dropped: nothing that a listener answers. */
    NOT_A_SYN;

    public boolean isDropped() {
        return this != ACCEPTED && this != RESET_NEEDED && this != TIME_WAIT_REUSED;
    }
}
