package io.virtuoso.host.tcp;

/**
 * What {@code ss -i} and TCP_INFO tell about a connection. Times in nanoseconds, sizes in bytes; {@code retries} are
 * the retransmissions in a row now; {@code segmentsSent} counts large segments once. {@code receiveSpace} is most that
 * was read in a round trip, {@code receiveCapacity} what the window may offer from the reader's position on; {@code
 * pacingRate} is in bytes per second, {@link Long#MAX_VALUE} where data is not paced, {@code deliveryRate} what was
 * measured last, 0 where nothing is; {@code ssthresh} is {@link Long#MAX_VALUE} where there is none yet. With accurate
 * ECN {@code marksDelivered} and {@code marksReceived} are packets that arrived marked, there and here.
 * {@code scaled} tells whether both SYNs had a window scale.
 */
public record TcpInfo(
        TcpState state,
        long rttNs,
        long rttvarNs,
        long rtoNs,
        long minRttNs,
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
        boolean scaled,
        int sendWindowScale,
        int receiveWindowScale,
        boolean timestamps,
        boolean sack,
        boolean ecn,
        boolean accurateEcn,
        long marksDelivered,
        long marksReceived,
        CongestionAlgorithm congestion,
        long pacingRate,
        long deliveryRate) {

    static TcpInfo of(TcpConnection connection, RttEstimator rtt, CongestionAlgorithm algorithm) {
        Sender sender = connection.sender();
        Receiver receiver = connection.receiver();
        LossRecovery recovery = connection.recovery();
        Emitter emitter = connection.emitter();
        CongestionControl congestion = connection.congestion();
        return new TcpInfo(
                connection.state(),
                rtt.srttNs(),
                rtt.rttvarNs(),
                rtt.rtoNs(),
                rtt.minRttNs(),
                sender.mss,
                connection.handshake().peerMss(),
                congestion.cwnd(),
                congestion.ssthresh() < CongestionWindow.MAX_CWND ? congestion.ssthresh() : Long.MAX_VALUE,
                sender.sndMax - sender.sndUna,
                sender.unsent(),
                recovery.retries(),
                recovery.totalRetransmits(),
                recovery.bytesRetransmitted(),
                connection.acks().bytesAcked(),
                receiver.bytesReceived,
                receiver.tuning().rttNs(),
                receiver.tuning().most(),
                receiver.capacity(),
                sender.bytesSent,
                emitter.segmentsSent(),
                connection.segmentsReceived(),
                connection.handshake().isScaled(),
                connection.acks().peerWindowScale(),
                receiver.windowScale(),
                emitter.timestamps,
                emitter.sack,
                emitter.ecn.isActive(),
                emitter.ecn.isAccurate(),
                emitter.ecn.isAccurate() ? emitter.ecn.accurate().delivered() : 0,
                emitter.ecn.isAccurate() ? emitter.ecn.accurate().received() : 0,
                algorithm,
                sender.pacer().rate(),
                recovery.deliveryRate());
    }
}
