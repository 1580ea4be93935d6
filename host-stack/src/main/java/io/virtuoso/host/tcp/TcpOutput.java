package io.virtuoso.host.tcp;

/** Where segments go. One object may serve all connections of a thread, or each may have its own. */
public interface TcpOutput {
    /** The flyweight to fill for the next {@link #send}; the same object may be given every time. */
    OutgoingSegment claim();

    /**
     * Sends what was claimed. The payload must be copied out of {@code connection.sendBuffer()} before the return.
     * A segment that cannot be sent may be dropped: it is then retransmitted like one lost on the wire.
     */
    void send(TcpConnection connection, OutgoingSegment segment);
}
