package io.virtuoso.host.tcp;

/** The LISTEN state (RFC 9293 section 3.10.7.2). Connections and backlog are the acceptor's. */
public final class TcpListener {
    /** Makes the connections of a listening socket. */
    public interface Acceptor {
        /** Whether the backlog of connections not yet accepted has room for one more. */
        boolean mayAccept();

        /** Whether there is room for one more unfinished handshake. */
        boolean mayRemember();

        /** Answers SYNs that may not be remembered. */
        SynCookies cookies();

        /**
         * Makes the connection for {@code syn} and enters it into the flow table, without telling TCP anything; the
         * listener goes on with {@link TcpConnection#accept}. If it fails before it is established, only
         * {@link TcpEvents#buffersDone} and {@link TcpEvents#closed} are called.
         *
         * @return null if there are no resources for it
         */
        TcpConnection newConnection(TcpSegment syn);

        /** Initial sequence number of the connection being made; see {@link InitialSequence}. */
        int initialSequence(long nowNs);

        /** Offset of its timestamps; see {@link InitialSequence}. */
        int timestampOffset();
    }

    private TcpListener() {}

    /** Handles a segment for a listening port to which no connection belongs. */
    public static TcpVerdict onSegment(TcpSegment segment, Acceptor acceptor, long nowNs) {
        if (segment.has(TcpFlags.RST)) {
            return TcpVerdict.BAD_RESET;
        }
        if (segment.has(TcpFlags.ACK)) {
            return onAck(segment, acceptor, nowNs);
        }
        if (!segment.has(TcpFlags.SYN) || segment.has(TcpFlags.FIN)) {
            return TcpVerdict.NOT_A_SYN;
        }
        if (!acceptor.mayAccept()) {
            return TcpVerdict.BACKLOG_FULL;
        }
        if (!acceptor.mayRemember()) {
            acceptor.cookies().answer(segment, nowNs);
            return TcpVerdict.ACCEPTED;
        }
        TcpConnection connection = acceptor.newConnection(segment);
        if (connection == null) {
            return TcpVerdict.BACKLOG_FULL;
        }
        connection.accept(segment, acceptor.initialSequence(nowNs), acceptor.timestampOffset(), nowNs);
        return TcpVerdict.ACCEPTED;
    }

    /** An ACK belongs to nothing here, unless it answers a cookie. Data may come with it, or in its place. */
    private static TcpVerdict onAck(TcpSegment segment, Acceptor acceptor, long nowNs) {
        TcpSegment syn = segment.has(TcpFlags.SYN) ? null : acceptor.cookies().recall(segment, nowNs);
        if (syn == null) {
            boolean isAhead = !segment.has(TcpFlags.SYN) && acceptor.cookies().isAhead(segment, nowNs);
            return isAhead ? TcpVerdict.AHEAD_OF_ANSWER : TcpVerdict.RESET_NEEDED;
        }
        TcpConnection connection = acceptor.mayAccept() ? acceptor.newConnection(syn) : null;
        if (connection == null) {
            return TcpVerdict.BACKLOG_FULL;
        }
        connection.recall(syn, segment.ack - 1, acceptor.timestampOffset(), nowNs);
        return connection.onSegment(segment, nowNs);
    }
}
