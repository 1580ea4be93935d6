package io.virtuoso.host.net;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.tcp.OutgoingSegment;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.tcp.TcpConnection;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.host.tcp.TcpOutput;
import io.virtuoso.host.tcp.TcpState;
import io.virtuoso.host.wire.Ipv4Header;

/**
 * One TCP connection of a {@link WirePath}: its names, its TCP state, its way to the port. Commands go through here rather
 * than straight to {@link #tcp}, because they may change the deadline. Thread of the wire path only.
 */
public final class WireConnection extends Flow implements TcpOutput, TcpEvents {
    private final WirePath path;
    private final TcpConnection tcp;
    private Account account;
    private TcpEvents owner;
    private long sentUpTo;
    private int lastSequence;
    private int typeOfService;
    private int timeToLive;
    private boolean handshaking;
    private boolean incoming;

    WireConnection(
            final WirePath path,
            final TcpConfig config,
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort) {
        super(localAddress, localPort, remoteAddress, remotePort);
        this.path = path;
        this.account = path.owner(localAddress);
        this.tcp = new TcpConnection(config, this, this, path.records());
    }

    /** Says who pays for its segments and deadlines; before, it is whose address it has. */
    public void account(final Account newAccount) {
        account = newAccount;
    }

    /** Says what is run, once, when nobody has its names any more: after TIME_WAIT, if that follows. */
    public void whenFree(final Runnable action) {
        whenFree = action;
    }

    Account account() {
        return account;
    }

    void owner(final TcpEvents newOwner) {
        owner = newOwner;
    }

    /** Opened by the peer. */
    void incoming(final TcpEvents newOwner) {
        owner = newOwner;
        handshaking = true;
        incoming = true;
    }

    /** @return true if the peer opened it */
    public boolean isIncoming() {
        return incoming;
    }

    /** @return who is told what becomes of it */
    public TcpEvents owner() {
        return owner;
    }

    private void endHandshake() {
        if (handshaking) {
            handshaking = false;
            path.endHandshake();
        }
    }

    /** @return the state machine, to set options and to look; use this object's methods for commands */
    public TcpConnection tcp() {
        return tcp;
    }

    /** @return IPv4, host order */
    public int localAddress() {
        return localAddress;
    }

    public int localPort() {
        return localPort;
    }

    /** @return IPv4, host order */
    public int remoteAddress() {
        return remoteAddress;
    }

    public int remotePort() {
        return remotePort;
    }

    /** @return true if its packets are IPv6's */
    public boolean isIpv6() {
        return Ipv6Numbers.isIpv6(remoteAddress);
    }

    /** IP_TOS or IPV6_TCLASS: what packets carry in the header's byte; its ECN bits are TCP's (RFC 3168). */
    public void typeOfService(final int value) {
        typeOfService = value & ~Ipv4Header.ECN;
    }

    /** IP_TTL or IPV6_UNICAST_HOPS of packets from now on, 1 to 255; 0: as usual. */
    public void timeToLive(final int hops) {
        timeToLive = hops;
    }

    int typeOfService() {
        return typeOfService;
    }

    int timeToLive() {
        return timeToLive;
    }

    /**
     * The send buffer's tail moved.
     *
     * @return true if this is to be called again, after commands that may have come meanwhile
     */
    public boolean onDataToSend(final long nowNs) {
        path.now(nowNs);
        final boolean isMoreToSend = tcp.onDataInTurns(nowNs);
        path.reschedule(this);
        return isMoreToSend;
    }

    /** The receive buffer's head or capacity moved. */
    public void onRoomMade(final long nowNs) {
        path.now(nowNs);
        tcp.onRoomMade(nowNs);
        path.reschedule(this);
    }

    /** No more is read: data that comes when no more is written, either, resets the connection. */
    public void shutdownRead() {
        tcp.shutdownRead();
    }

    /** No more is written: a FIN follows the last byte. */
    public void shutdownWrite(final long nowNs) {
        path.now(nowNs);
        tcp.shutdownWrite(nowNs);
        path.reschedule(this);
    }

    /** The reader and writer is gone; what was written still goes. */
    public void close(final long nowNs) {
        path.now(nowNs);
        tcp.close(nowNs);
        path.reschedule(this);
    }

    /** Ends the connection with an RST. */
    public void abort(final long nowNs) {
        path.now(nowNs);
        tcp.abort(nowNs);
        path.reschedule(this);
    }

    /** To be called after options that have to do with time were set on {@link #tcp}. */
    public void reschedule() {
        path.reschedule(this);
    }

    /** @return true while the SYN of an active open waits for its answer */
    boolean isConnecting() {
        return tcp.state() == TcpState.SYN_SENT;
    }

    /** The next hop does not answer: a connect fails; what is established goes on trying. */
    void onNextHopLost(final int errno) {
        tcp.onUnreachable(errno, lastSequence);
        path.reschedule(this);
    }

    /** An ICMP error says that a segment did not arrive. */
    void onUnreachable(final int errno, final int sequence) {
        tcp.onUnreachable(errno, sequence);
        path.reschedule(this);
    }

    /** An ICMP error says that a segment was too large for the way. */
    void onPathMtu(final int mss, final int sequence, final long nowNs) {
        path.now(nowNs);
        tcp.onPathMtu(mss, sequence, nowNs);
        path.reschedule(this);
    }

    @Override
    long deadlineNanos() {
        return tcp.nextDeadlineNs();
    }

    @Override
    void onDeadline(final long nowNs) {
        path.ledger().charge(account);
        tcp.onDeadline(nowNs);
    }

    /** {@inheritDoc} For TCP only. */
    @Override
    public OutgoingSegment claim() {
        return path.claim();
    }

    /** {@inheritDoc} For TCP only. */
    @Override
    public void send(final TcpConnection connection, final OutgoingSegment segment) {
        if (segment.payloadLength > 0) {
            if (segment.payloadPosition < sentUpTo) {
                path.counters().count(StackCounter.SEGMENTS_RETRANSMITTED);
                account.retransmitted(1);
            }
            sentUpTo = Math.max(sentUpTo, segment.payloadPosition + segment.payloadLength);
        }
        lastSequence = segment.seq;
        segment.typeOfService = typeOfService;
        segment.timeToLive = timeToLive;
        path.send(this, segment);
    }

    /** {@inheritDoc} For TCP only. */
    @Override
    public void established(final TcpConnection connection) {
        endHandshake();
        owner.established(connection);
    }

    /** {@inheritDoc} For TCP only. */
    @Override
    public void peerClosed(final TcpConnection connection) {
        owner.peerClosed(connection);
    }

    /** {@inheritDoc} For TCP only. */
    @Override
    public void failed(final TcpConnection connection, final int errno) {
        owner.failed(connection, errno);
    }

    /** {@inheritDoc} For TCP only. */
    @Override
    public void buffersDone(final TcpConnection connection) {
        owner.buffersDone(connection);
    }

    /** {@inheritDoc} For TCP only. */
    @Override
    public void closed(final TcpConnection connection) {
        endHandshake();
        path.forget(this);
        owner.closed(connection);
    }
}
