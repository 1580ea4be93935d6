package io.virtuoso.host.net;

import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.SynCookies;
import io.virtuoso.host.tcp.TcpConnection;
import io.virtuoso.host.tcp.TcpErrno;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.host.tcp.TcpFlags;
import io.virtuoso.host.tcp.TcpListener;
import io.virtuoso.host.tcp.TcpResets;
import io.virtuoso.host.tcp.TcpSegment;
import io.virtuoso.host.tcp.TcpVerdict;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.TcpHeader;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/** Brings segments to their connection or listener; answers the others by RST (RFC 9293 section 3.10.7.1). */
final class TcpInput implements IpInput.Transport, TcpListener.Acceptor, SynCookies.Exchange {
    private final WirePath path;
    private final ListenerLookup listeners;
    private final IcmpOutput icmp;
    private final FlowTable<WireConnection> flows;
    private final SegmentParser parser = new SegmentParser();
    private final StackCounters counters;
    private final SynCookies cookies;
    private final Ipv6Numbers numbers;
    private final PacketAddresses addresses;

    /** Names of the segment at hand, and who listens for it. */
    private int localAddress;

    private int localPort;
    private int remoteAddress;
    private int remotePort;
    private WireListener listener;
    private WireConnection opened;
    private PolicyHook policy = PolicyHook.OPEN;
    private int denial;

    TcpInput(
            final WirePath path,
            final ListenerLookup listeners,
            final IcmpOutput icmp,
            final FlowTable<WireConnection> flows,
            final Ipv6Numbers numbers,
            final RandomGenerator secrets) {
        this.numbers = numbers;
        this.addresses = new PacketAddresses(numbers);
        this.path = path;
        this.listeners = listeners;
        this.icmp = icmp;
        this.flows = flows;
        this.counters = path.counters();
        this.cookies = new SynCookies(path.config(), this, secrets.nextLong(), secrets.nextLong());
    }

    void policy(final PolicyHook hook) {
        policy = hook;
    }

    @Override
    public DropReason onPacket(final Frame frame, final int ipAt, final int at, final int length, final long now) {
        final DropReason reason = parser.parse(frame, ipAt, at, length);
        if (reason != null) {
            return reason;
        }
        localAddress = addresses.destination(frame.buffer(), ipAt);
        localPort = TcpHeader.destinationPort(frame.buffer(), at);
        remoteAddress = addresses.source(frame.buffer(), ipAt);
        remotePort = TcpHeader.sourcePort(frame.buffer(), at);
        final TcpVerdict verdict = deliver(parser.segment(), now);
        counters.verdict(verdict);
        if (verdict == TcpVerdict.RESET_NEEDED) {
            reset(parser.segment());
            return DropReason.TCP_NO_FLOW;
        }
        if (verdict == TcpVerdict.FORBIDDEN) {
            return forbid(frame.buffer(), ipAt, now);
        }
        if (verdict == TcpVerdict.BACKLOG_FULL || verdict == TcpVerdict.AHEAD_OF_ANSWER) {
            return DropReason.TCP_LISTEN_OVERFLOW;
        }
        counters.count(StackCounter.SEGMENTS_IN);
        return null;
    }

    private DropReason forbid(final ByteBuffer buffer, final int ipAt, final long now) {
        if (denial == Policy.DROP) {
            return DropReason.POLICY_DROPPED;
        }
        if (denial == TcpErrno.ECONNREFUSED) {
            reset(parser.segment());
        } else {
            icmp.unreachable(buffer, ipAt, denial, now);
        }
        return DropReason.POLICY_REFUSED;
    }

    private TcpVerdict deliver(final TcpSegment segment, final long now) {
        final WireConnection flow = flows.get(localAddress, localPort, remoteAddress, remotePort);
        if (flow == null) {
            final TcpVerdict waiting =
                    path.timeWaits().onSegment(localAddress, localPort, remoteAddress, remotePort, segment, now);
            return waiting == null ? listen(segment, now) : waiting;
        }
        path.ledger().charge(flow.account()); // on an uplink it was not known before whose the packet is
        final TcpVerdict verdict = flow.tcp().onSegment(segment, now);
        path.reschedule(flow);
        return verdict == TcpVerdict.TIME_WAIT_REUSED ? listen(segment, now) : verdict;
    }

    private TcpVerdict listen(final TcpSegment segment, final long now) {
        listener = listeners.find(localAddress, localPort);
        if (asksForConnection(segment)) {
            denial = policy.check(Protocol.TCP, localAddress, localPort, remoteAddress, remotePort);
            if (denial != Policy.ALLOW) {
                return TcpVerdict.FORBIDDEN;
            }
        }
        if (listener == null) {
            return TcpVerdict.RESET_NEEDED;
        }
        final TcpVerdict verdict = TcpListener.onSegment(segment, this, now);
        if (segment.has(TcpFlags.ACK)) {
            countAnswer(verdict, now);
        }
        if (opened != null) {
            path.reschedule(opened);
            opened = null;
        }
        return verdict;
    }

    /** By a SYN, or by an ACK that could answer a cookie. */
    private boolean asksForConnection(final TcpSegment segment) {
        return !segment.has(TcpFlags.RST) && (segment.has(TcpFlags.ACK) ? listener != null : segment.has(TcpFlags.SYN));
    }

    private void countAnswer(final TcpVerdict verdict, final long now) {
        if (opened != null) {
            counters.count(StackCounter.SYN_COOKIES_ACCEPTED);
        } else if (verdict == TcpVerdict.RESET_NEEDED && cookies.isInUse(now)) {
            counters.count(StackCounter.SYN_COOKIES_FAILED);
        }
    }

    private void reset(final TcpSegment segment) {
        if (TcpResets.reply(segment, path.claim())) {
            counters.count(StackCounter.RESETS_OUT);
            path.sendAlone(localAddress, localPort, remoteAddress, remotePort);
        }
    }

    @Override
    public boolean mayAccept() {
        return listener.mayAccept();
    }

    @Override
    public TcpConnection newConnection(final TcpSegment syn) {
        remoteAddress = numbers.keep(remoteAddress);
        if (remoteAddress == Ipv6Numbers.NONE) {
            return null;
        }
        final WireConnection connection = path.newConnection(localAddress, localPort, remoteAddress, remotePort);
        final TcpEvents owner = flows.put(connection) ? listener.open(connection) : null;
        if (owner == null) {
            flows.remove(connection);
            return null;
        }
        path.beginHandshake();
        connection.incoming(owner);
        opened = connection;
        return connection.tcp();
    }

    @Override
    public int initialSequence(final long nowNs) {
        return path.initialSequence(opened, nowNs);
    }

    @Override
    public boolean mayRemember() {
        return path.mayBeginHandshake() && listener.mayRemember();
    }

    @Override
    public SynCookies cookies() {
        return cookies;
    }

    /** {@inheritDoc} Of the segment at hand, for connections and cookies. */
    @Override
    public int timestampOffset() {
        return path.timestampOffset(localAddress, localPort, remoteAddress, remotePort);
    }

    @Override
    public long addresses() {
        return (long) path.lasting(localAddress) << 32 | path.lasting(remoteAddress) & 0xffff_ffffL;
    }

    @Override
    public long ports() {
        return (long) path.scope() << 32 | (long) localPort << 16 | remotePort;
    }

    @Override
    public int maxSegment() {
        final int wanted = listener.maxSegment();
        final int most = path.config(remoteAddress).mss();
        return wanted == 0 ? most : Math.min(wanted, most);
    }

    @Override
    public boolean marksAll() {
        return listener.marksAll();
    }

    @Override
    public OutgoingSegment claim() {
        return path.claim();
    }

    /** {@inheritDoc} A flood in the name of stations that do not exist must not fill the table of neighbours. */
    @Override
    public void reply(final OutgoingSegment segment) {
        if (path.isReachable(remoteAddress)) {
            counters.count(StackCounter.SYN_COOKIES_SENT);
            listener.mark(segment, Ipv6Numbers.isIpv6(remoteAddress));
            path.sendAlone(localAddress, localPort, remoteAddress, remotePort);
        } else {
            counters.drop(DropReason.SEND_NO_NEIGHBOUR);
        }
    }
}
