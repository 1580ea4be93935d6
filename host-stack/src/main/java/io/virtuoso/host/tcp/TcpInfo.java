package io.virtuoso.host.tcp;

/**
 * What {@code ss -i} and TCP_INFO tell about a connection. Times in nanoseconds, sizes in bytes; {@code retries} are
 * the retransmissions in a row now; {@code segmentsSent} counts large segments once. {@code receiveSpace} is most that
 * was read in a round trip, {@code receiveCapacity} what the window may offer from the reader's position on.
 */
public record TcpInfo(
        TcpState state,
        long rttNs,
        long rttvarNs,
        long rtoNs,
        int mss,
        int peerMss,
        long cwnd,
        long ssthresh,
        long unacked,
        long unsent,
        int retries,
        long totalRetransmits,
        long bytesRetransmitted,
        long bytesAcked,
        long bytesReceived,
        long receiveRttNs,
        int receiveSpace,
        int receiveCapacity,
        long bytesSent,
        long segmentsSent,
        long segmentsReceived,
        int sendWindowScale,
        int receiveWindowScale,
        boolean timestamps,
        boolean sack,
        boolean ecn,
        CongestionAlgorithm congestion) {}
