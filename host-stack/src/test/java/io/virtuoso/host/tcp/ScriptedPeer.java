package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One connection under test, and its peer, application and clock played by the test. Positions as in the package. */
public final class ScriptedPeer implements TcpOutput, TcpEvents, TcpListener.Acceptor, SynCookies.Exchange {
    public static final int ISS = 0x7fff_fff0;
    public static final int PEER_ISS = 0xffff_fff0;
    public static final int MSS = 1000;
    public static final TcpConfig CONFIG = TcpConfig.DEFAULTS
            .withSegments(MSS, 20 * MSS)
            .withOptions(false, false)
            .withCongestion(CongestionAlgorithm.RENO);

    public final List<String> events = new ArrayList<>();
    public final Deque<Sent> sent = new ArrayDeque<>();
    final TcpConfig config;
    public TcpConnection connection;
    public TestSendBuffer sendBuffer = new TestSendBuffer(1 << 20, 1);
    public TestReceiveBuffer receiveBuffer = new TestReceiveBuffer(64 * 1024, 2);
    public boolean backlogFull;
    public boolean handshakesFull;
    public long deferAccept;
    public long nowNs = TimeUnit.SECONDS.toNanos(100);

    /** What the peer's segments carry besides what a call says. */
    int peerWindow = 60_000;

    int peerTsVal;

    private final OutgoingSegment outgoing = new OutgoingSegment();
    private final TcpSegment incoming = new TcpSegment();
    private final SynCookies cookies;

    public ScriptedPeer(TcpConfig config) {
        this.config = config;
        cookies = new SynCookies(config, this, 3, 4);
    }

    /** A connection that we opened, established; nothing is left in {@link #sent}. */
    static ScriptedPeer established() {
        return established(CONFIG);
    }

    static ScriptedPeer established(TcpConfig config) {
        ScriptedPeer peer = new ScriptedPeer(config);
        peer.connect();
        peer.nowNs += TimeUnit.MILLISECONDS.toNanos(1);
        peer.deliver(TcpFlags.SYN | TcpFlags.ACK, -1, 0, 0);
        assertEquals(TcpState.ESTABLISHED, peer.connection.state());
        peer.sent.clear();
        return peer;
    }

    /** A connection brought into {@code state} by the shortest way. */
    static ScriptedPeer in(TcpState state) {
        return in(state, CONFIG);
    }

    static ScriptedPeer in(TcpState state, TcpConfig config) {
        ScriptedPeer peer = new ScriptedPeer(config);
        if (state == TcpState.SYN_RECEIVED) {
            peer.deliverSyn();
        } else {
            peer.connect();
        }
        if (state.isSynchronized()) {
            peer.deliver(TcpFlags.SYN | TcpFlags.ACK, -1, 0, 0);
            peer.closeTo(state);
        }
        assertEquals(state, peer.connection.state());
        peer.sent.clear();
        return peer;
    }

    private void closeTo(TcpState state) {
        switch (state) {
            case CLOSE_WAIT -> deliver(TcpFlags.ACK | TcpFlags.FIN, 0, 0, 0);
            case FIN_WAIT_1 -> connection.shutdownWrite(nowNs);
            case FIN_WAIT_2 -> {
                connection.shutdownWrite(nowNs);
                deliver(TcpFlags.ACK, 0, 1, 0);
            }
            case CLOSING -> {
                connection.shutdownWrite(nowNs);
                deliver(TcpFlags.ACK | TcpFlags.FIN, 0, 0, 0);
            }
            case LAST_ACK -> {
                deliver(TcpFlags.ACK | TcpFlags.FIN, 0, 0, 0);
                connection.shutdownWrite(nowNs);
            }
            case TIME_WAIT -> {
                connection.shutdownWrite(nowNs);
                deliver(TcpFlags.ACK | TcpFlags.FIN, 0, 1, 0);
            }
            default -> {}
        }
    }

    public void connect() {
        connection = new TcpConnection(config, this, this);
        connection.connect(ISS, 0, nowNs);
    }

    /** The peer's SYN, to our listener. */
    TcpVerdict deliverSyn() {
        fill(TcpFlags.SYN, -1, 0, 0);
        return TcpListener.onSegment(incoming, this, nowNs);
    }

    /** A segment of the peer, payload and all at these positions. */
    TcpVerdict deliver(int flags, long position, long ackPosition, int length) {
        fill(flags, position, ackPosition, length);
        return connection.onSegment(incoming, nowNs);
    }

    TcpVerdict deliverData(long position, int length) {
        return deliver(TcpFlags.ACK, position, 0, length);
    }

    /** Gives the segment as {@link #fill} made it and the test changed it. */
    TcpVerdict deliverFilled() {
        return connection.onSegment(incoming, nowNs);
    }

    TcpSegment fill(int flags, long position, long ackPosition, int length) {
        incoming.clear();
        incoming.seq = Seq.of(PEER_ISS, position);
        incoming.ack = (flags & TcpFlags.ACK) == 0 ? 0 : Seq.of(ISS, ackPosition);
        incoming.flags = flags;
        incoming.window = peerWindow;
        if ((flags & TcpFlags.SYN) != 0) {
            incoming.mss = MSS + (config.timestamps() ? 12 : 0);
            incoming.sackPermitted = true;
        }
        incoming.hasTimestamps = config.timestamps();
        incoming.tsVal = peerTsVal;
        ByteBuffer payload = ByteBuffer.allocate(length);
        for (int i = 0; i < length; i++) {
            payload.put(i, Pattern.at(position + i, 2));
        }
        incoming.payload = payload;
        incoming.payloadLength = length;
        return incoming;
    }

    public void write(int length) {
        assertEquals(length, sendBuffer.write(length));
        connection.onDataToSend(nowNs);
    }

    public void read(int length) {
        receiveBuffer.read(length);
        if (receiveBuffer.head() >= connection.roomWanted()) {
            connection.onRoomMade(nowNs);
        }
    }

    /** Lets time pass, deadline by deadline. */
    void pass(long ns) {
        long untilNs = nowNs + ns;
        while (connection.nextDeadlineNs() <= untilNs) {
            nowNs = Math.max(nowNs, connection.nextDeadlineNs());
            connection.onDeadline(nowNs);
        }
        nowNs = untilNs;
    }

    void passMillis(long millis) {
        pass(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    // ---- what was sent -----------------------------------------------------------------------------------------

    /** The next segment sent, which must be there. */
    Sent next() {
        assertTrue(!sent.isEmpty(), "a segment was to be sent");
        return sent.remove();
    }

    /** The only segment sent. */
    Sent only() {
        Sent segment = next();
        assertSilent();
        return segment;
    }

    void assertSilent() {
        assertEquals(List.of(), List.copyOf(sent));
    }

    /** The next segment sent must be this. */
    void expect(int flags, long position, long ackPosition, int length) {
        expect(next(), flags, position, ackPosition, length);
    }

    void expectOnly(int flags, long position, long ackPosition, int length) {
        expect(only(), flags, position, ackPosition, length);
    }

    static void expect(Sent segment, int flags, long position, long ackPosition, int length) {
        String found = segment.toString();
        assertEquals(flags, segment.flags() & ~TcpFlags.PSH, found);
        assertEquals(Seq.of(ISS, position), segment.seq(), found);
        if (segment.has(TcpFlags.ACK)) {
            assertEquals(Seq.of(PEER_ISS, ackPosition), segment.ack(), found);
        }
        assertEquals(length, segment.length(), found);
    }

    // ---- what the connection calls -----------------------------------------------------------------------------

    @Override
    public OutgoingSegment claim() {
        return outgoing;
    }

    @Override
    public void send(TcpConnection sender, OutgoingSegment segment) {
        sent.add(Sent.copyOf(sender, segment));
    }

    @Override
    public void established(TcpConnection established) {
        events.add("established");
        established.attachBuffers(sendBuffer, receiveBuffer);
    }

    @Override
    public void peerClosed(TcpConnection closing) {
        events.add("peerClosed");
    }

    @Override
    public void failed(TcpConnection failing, int errno) {
        events.add("failed " + errno);
    }

    @Override
    public void buffersDone(TcpConnection done) {
        events.add("buffersDone");
    }

    @Override
    public void closed(TcpConnection closed) {
        events.add("closed");
    }

    @Override
    public boolean mayAccept() {
        return !backlogFull;
    }

    @Override
    public boolean mayRemember() {
        return !handshakesFull;
    }

    @Override
    public SynCookies cookies() {
        return cookies;
    }

    @Override
    public long addresses() {
        return 1;
    }

    @Override
    public long ports() {
        return 2;
    }

    @Override
    public int maxSegment() {
        return 0;
    }

    @Override
    public boolean marksAll() {
        return config.congestion().needsEcn();
    }

    @Override
    public void reply(OutgoingSegment segment) {
        sent.add(Sent.copyOf(null, segment));
    }

    @Override
    public TcpConnection newConnection(TcpSegment syn) {
        connection = new TcpConnection(config, this, this);
        connection.setDeferAccept(deferAccept);
        return connection;
    }

    @Override
    public int initialSequence(long now) {
        return ISS;
    }

    @Override
    public int timestampOffset() {
        return 0;
    }
}
