/**
 * TCP (RFC 9293) as a pure state machine: no I/O, no clock, no threads, and no allocation per segment once a
 * connection is established. One thread owns a connection; every input carries the time.
 *
 * <pre>
 *   segment  : TcpConnection.onSegment(TcpSegment, nowNs)  ->  TcpVerdict
 *   command  : connect, onDataToSend, onRoomMade, shutdownWrite, close, abort, set... (…, nowNs)
 *   deadline : onDeadline(nowNs), due at nextDeadlineNs()
 *        ->  TcpOutput.send(connection, OutgoingSegment)    what goes on the wire
 *        ->  TcpEvents.established / peerClosed / failed / buffersDone / closed
 *        ->  ReceiveBuffer.write + commit, SendBuffer.release
 * </pre>
 *
 * <h2>Positions</h2>
 * Inside, both directions count in 64-bit stream positions: the first data byte is 0, the SYN is -1, the FIN has the
 * position after the last byte. They equal the cursors of {@link io.virtuoso.host.tcp.SendBuffer} and
 * {@link io.virtuoso.host.tcp.ReceiveBuffer}, which therefore start at 0. Only the edges (segments) speak 32-bit
 * sequence numbers; {@link io.virtuoso.host.tcp.Seq} converts.
 *
 * <h2>Life of a connection</h2>
 * <ul>
 *   <li>Active: {@code new TcpConnection(config, output, events, pool)}, then
 *       {@code connect(iss, timestampOffset, nowNs)}.
 *   <li>Passive: no connection found for a segment, but a listener: {@link io.virtuoso.host.tcp.TcpListener#onSegment};
 *       its {@link io.virtuoso.host.tcp.TcpListener.Acceptor} makes and registers the connection.
 *   <li>Neither: {@link io.virtuoso.host.tcp.TcpResets#reply} fills the RST to send back, if any.
 *   <li>{@code TcpEvents.established}: {@code attachBuffers} must have been called before it returns. Until then the
 *       window offered is {@code TcpConfig.initialReceiveBytes}; a buffer should have at least that capacity.
 *   <li>{@code buffersDone}: TCP touches neither buffer any more. {@code closed}: the flow may be forgotten (after
 *       TIME_WAIT). Both come exactly once, also after {@code failed}.
 *   <li>{@code TcpVerdict.TIME_WAIT_REUSED}: the old connection has just closed; give the same segment to the listener.
 * </ul>
 * The addresses and ports are the caller's: the object that implements {@code TcpEvents} (and {@code TcpOutput}, when
 * that is per connection) is the natural place for them. Callbacks must not call into the connection, except
 * {@code attachBuffers} and then the option setters in {@code established}.
 *
 * <h2>Deadlines</h2>
 * After any call {@code nextDeadlineNs()} may have changed ({@code Long.MAX_VALUE}: none). Most of the time it only
 * moves later, so a timer wheel entry may stay where it is: on expiry call {@code onDeadline(nowNs)}, which does
 * nothing before its time, and schedule again. Times are nanoseconds of any monotonic clock that is never negative.
 *
 * <h2>Order of reading</h2>
 * {@code TcpConnection} (commands, changes of state), {@code SegmentArrival} (the RFC's checks in its order),
 * {@code Handshake}, {@code Closing}, {@code AckProcessor}, {@code Sender}, {@code LossRecovery} with {@code SentSegments}, {@code Rack}
 * and {@code TailProbe}, {@code Receiver}.
 *
 * <h2>Large segments</h2>
 * An {@code OutgoingSegment} may carry up to {@code TcpConfig.maxSegmentBytes} of payload: when it is longer than its
 * {@code segmentSize} the port cuts it (TSO: gso_size = segmentSize). Received segments may be as long (GRO).
 */
package io.virtuoso.host.tcp;
