package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.tcp.TcpConnection;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.host.tcp.TcpListener;
import io.virtuoso.host.tcp.TcpResets;
import io.virtuoso.host.tcp.TcpSegment;
import io.virtuoso.host.tcp.TcpVerdict;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;

/** Brings segments to their connection or listener; answers the others by RST (RFC 9293 section 3.10.7.1). */
final class TcpInput implements IpInput.Transport, TcpListener.Acceptor {
    private final WirePath path;
    private final ListenerLookup listeners;
    private final FlowTable<WireConnection> flows;
    private final SegmentParser parser = new SegmentParser();
    private final StackCounters counters;

    /** Names of the segment at hand, and who listens for it. */
    private int localAddress;

    private int localPort;
    private int remoteAddress;
    private int remotePort;
    private WireListener listener;
    private WireConnection opened;

    TcpInput(final WirePath path, final ListenerLookup listeners, final FlowTable<WireConnection> flows) {
        this.path = path;
        this.listeners = listeners;
        this.flows = flows;
        this.counters = path.counters();
    }

    @Override
    public DropReason onPacket(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final DropReason reason = parser.parse(frame, ipAt, at, length);
        if (reason != null) {
            return reason;
        }
        localAddress = Ipv4Header.destination(frame.buffer(), ipAt);
        localPort = TcpHeader.destinationPort(frame.buffer(), at);
        remoteAddress = Ipv4Header.source(frame.buffer(), ipAt);
        remotePort = TcpHeader.sourcePort(frame.buffer(), at);
        final TcpVerdict verdict = deliver(parser.segment(), now);
        counters.verdict(verdict);
        if (verdict == TcpVerdict.RESET_NEEDED) {
            reset(parser.segment());
            return DropReason.TCP_NO_FLOW;
        }
        if (verdict == TcpVerdict.BACKLOG_FULL) {
            return DropReason.TCP_LISTEN_OVERFLOW;
        }
        counters.count(StackCounter.SEGMENTS_IN);
        return null;
    }

    private TcpVerdict deliver(final TcpSegment segment, final long now) {
        final WireConnection flow = flows.get(localAddress, localPort, remoteAddress, remotePort);
        if (flow == null) {
            return listen(segment, now);
        }
        final TcpVerdict verdict = flow.tcp().onSegment(segment, now);
        path.reschedule(flow);
        return verdict == TcpVerdict.TIME_WAIT_REUSED ? listen(segment, now) : verdict;
    }

    private TcpVerdict listen(final TcpSegment segment, final long now) {
        listener = listeners.find(localAddress, localPort);
        if (listener == null) {
            return TcpVerdict.RESET_NEEDED;
        }
        final TcpVerdict verdict = TcpListener.onSegment(segment, this, now);
        if (opened != null) {
            path.reschedule(opened);
            opened = null;
        }
        return verdict;
    }

    private void reset(final TcpSegment segment) {
        if (TcpResets.reply(segment, path.claim())) {
            path.sendReset(localAddress, localPort, remoteAddress, remotePort);
        }
    }

    @Override
    public boolean mayAccept() {
        return listener.mayAccept();
    }

    @Override
    public TcpConnection newConnection(final TcpSegment syn) {
        if (!path.beginHandshake()) {
            return null;
        }
        final WireConnection connection = path.newConnection(localAddress, localPort, remoteAddress, remotePort);
        final TcpEvents owner = flows.put(connection) ? listener.open(connection) : null;
        if (owner == null) {
            flows.remove(connection);
            path.endHandshake();
            return null;
        }
        connection.incoming(owner);
        opened = connection;
        return connection.tcp();
    }

    @Override
    public int initialSequence(final long nowNs) {
        return path.initialSequence(opened, nowNs);
    }

    @Override
    public int timestampOffset() {
        return path.timestampOffset(opened);
    }
}
