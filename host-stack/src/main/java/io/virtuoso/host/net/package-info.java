/**
 * The IP layer of one virtual network on one port, and everything between a frame and a TCP state machine.
 *
 * <pre>
 *   Port.receive -> IpInput -> TcpInput -> TcpConnection.onSegment (or TcpListener, or RST)
 *                      |-----> Reassembly  fragments, which come back as whole packets
 *                      |-----> UdpInput    DatagramSink, or IcmpOutput
 *                      |-----> IcmpInput   echo, errors
 *                      |-----> NeighbourTable   ARP
 *   TcpConnection -> WireConnection -> SegmentWriter -> NeighbourTable -> FrameSender -> Port.transmit
 *   FlowTimers -> TcpConnection.onDeadline
 * </pre>
 *
 * <p>One thread owns a {@link io.virtuoso.host.net.WirePath} and drives it:
 *
 * <pre>
 *   loop:  path.poll(now, 64);          receive a burst; events come back while it runs
 *          ... commands of guests ...   path.connect(...), connection.onDataToSend(now), onRoomMade, close, ...
 *          path.onTimers(now);
 *   sleep: until path.fd() is readable or path.nextDeadlineNs() has come
 * </pre>
 *
 * <p>Who accepts is found through {@link io.virtuoso.host.net.ListenerLookup}; {@link io.virtuoso.host.net.WireListener}
 * answers a SYN with the {@link io.virtuoso.host.tcp.TcpEvents} of the new connection. The owner of a connection attaches
 * its buffers with {@code connection.tcp().attachBuffers(...)} at the latest in {@code established}, gives commands through
 * {@link io.virtuoso.host.net.WireConnection}, and forgets it after {@code closed}. Callbacks must not give commands.
 *
 * <p>Times are nanoseconds of one monotonic clock, never negative. Addresses are ints in host order. Per packet nothing is
 * allocated, logged, locked or thrown; what happens is counted in {@link io.virtuoso.host.net.StackCounters}, which any
 * thread may read.
 */
package io.virtuoso.host.net;
