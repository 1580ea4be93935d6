package io.virtuoso.host.control;

import java.util.Optional;

/**
 * What {@code ss} says about one socket; filled in on the stack thread.
 *
 * @param guest         its guest's name
 * @param datagram      UDP, else TCP
 * @param owner         the attachment, as {@link io.virtuoso.host.guest.Attachment#toString} names it; empty for
 *     connections that no process holds any more
 * @param tcpState      Linux's number, {@code TCP_ESTABLISHED} = 1 to {@code TCP_CLOSING} = 11
 * @param path          how its bytes travel
 * @param receiveQueue  bytes delivered and not yet read; of a listener, connections that wait
 * @param sendQueue     bytes written and not yet acknowledged; of a listener, its backlog
 * @param localAddress  as text, IPv6 in brackets
 * @param localPort     0 to 65535
 * @param remoteAddress as text; of a listener, whose peers it takes: 0.0.0.0 or [::]
 * @param remotePort    0 of a listener
 * @param tcp           details of a connection on the wire path
 * @param volume        bytes and segments so far, of any connection
 */
public record SocketFacts(
        String guest,
        boolean datagram,
        String owner,
        int tcpState,
        Path path,
        long receiveQueue,
        long sendQueue,
        String localAddress,
        int localPort,
        String remoteAddress,
        int remotePort,
        Optional<Tcp> tcp,
        Optional<Volume> volume) {
    /** How a connection's bytes travel. */
    public enum Path {
        /** Not connected. */
        NONE,
        /** From ring to ring, both ends on this host. */
        LOCAL,
        /** As segments over a port. */
        WIRE
    }

    /** Linux's {@code TCP_ESTABLISHED}. */
    public static final int ESTABLISHED = 1;
    /** Linux's {@code TCP_LISTEN}. */
    public static final int LISTEN = 10;

    /**
     * A connection's TCP variables.
     *
     * @param timestamps     RFC 7323 timestamps in use
     * @param sack           selective acknowledgements in use
     * @param sendScale      the peer's window scale; -1 if windows are not scaled
     * @param receiveScale   ours
     * @param timing         timers and measurements
     * @param window         congestion window and segment sizes
     * @param flight         what is under way
     * @param rates          how fast
     * @param congestion     name of the congestion control, such as {@code reno}
     */
    public record Tcp(
            String congestion,
            boolean timestamps,
            boolean sack,
            int sendScale,
            int receiveScale,
            Timing timing,
            Window window,
            Flight flight,
            Rates rates) {}

    /**
     * Times in microseconds.
     *
     * @param rto    retransmission timeout
     * @param rtt    smoothed round-trip time; 0 if not measured yet
     * @param rttvar its variation
     */
    public record Timing(long rto, long rtt, long rttvar) {}

    /**
     * Window and segment sizes.
     *
     * @param mss               bytes of payload per segment sent
     * @param advertisedMss     the MSS that we announced, bytes
     * @param pathMtu           bytes
     * @param congestionWindow  segments
     * @param slowStartThreshold segments; 0 if there is none yet
     * @param sendWindow        the peer's window, bytes
     * @param receiveWindow     ours, bytes
     */
    public record Window(
            int mss,
            int advertisedMss,
            int pathMtu,
            long congestionWindow,
            long slowStartThreshold,
            long sendWindow,
            long receiveWindow) {}

    /**
     * How fast data goes, in bytes per second.
     *
     * @param pacing   what it leaves with at most; 0 if it is not paced
     * @param delivery what it arrived with, as measured last; 0 if it was not measured
     * @param minRtt   smallest round-trip time of the last minutes in microseconds; 0 if not measured yet
     */
    public record Rates(long pacing, long delivery, long minRtt) {}

    /**
     * What is under way.
     *
     * @param unacked            segments sent and not acknowledged
     * @param retransmits        in a row, now
     * @param totalRetransmits   in the connection's life
     * @param unsent             bytes written and not yet sent
     */
    public record Flight(long unacked, int retransmits, long totalRetransmits, long unsent) {}

    /**
     * A connection's traffic so far. On the local path there are no segments: they count 0.
     *
     * @param bytesSent          with retransmissions
     * @param bytesRetransmitted of these
     * @param bytesAcked         of ours, by the peer
     * @param bytesReceived      from the peer, in order
     * @param segmentsOut        segments sent
     * @param segmentsIn         segments received
     */
    public record Volume(
            long bytesSent,
            long bytesRetransmitted,
            long bytesAcked,
            long bytesReceived,
            long segmentsOut,
            long segmentsIn) {}
}
