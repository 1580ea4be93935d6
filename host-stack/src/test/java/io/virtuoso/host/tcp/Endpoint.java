package io.virtuoso.host.tcp;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One side of a simulated connection: the connection, its buffers, and an application that writes and reads. */
final class Endpoint implements TcpOutput, TcpEvents, TcpListener.Acceptor {
    final SimulatedNetwork network;
    final List<String> events = new ArrayList<>();
    final OutgoingSegment outgoing = new OutgoingSegment();
    final TcpSegment incoming = new TcpSegment();
    private final SynCookies cookies = new SynCookies(TcpConfig.DEFAULTS, null, 3, 4);
    TcpConfig config;
    TcpConnection connection;
    TestSendBuffer sendBuffer;
    TestReceiveBuffer receiveBuffer;
    Endpoint peer;

    int iss = 1000;
    int sendCapacity = 64 * 1024;
    int receiveCapacity = 64 * 1024;
    /** Up to this the receive buffer is tuned. */
    int receiveLimit;

    boolean listening;
    boolean backlogFull;

    /** Bytes the application still has to write. */
    long toWrite;
    /** Whether the application closes its direction when all is written. */
    boolean shutdownAfterWriting;

    boolean reading = true;
    /** Most that the application reads at once. */
    long readAtOnce = Long.MAX_VALUE;
    /** Whether an idle connection is probed, so that it ends even if the peer's RST was lost. */
    boolean keepalive;

    private boolean writeShut;
    int segmentsSent;
    int dataSegmentsSent;
    /** Calls of {@link #send} with payload, before segmentation. */
    TcpVerdict lastVerdict;

    private final int stream;

    Endpoint(SimulatedNetwork network, TcpConfig config, int stream) {
        this.network = network;
        this.config = config;
        this.stream = stream;
    }

    void connect() {
        connection = new TcpConnection(config, this, this);
        connection.connect(iss, 7 * stream, network.nowNs());
    }

    /** A segment from the network. */
    void receive(Sent segment) {
        segment.fill(incoming);
        TcpVerdict verdict =
                connection == null ? TcpVerdict.RESET_NEEDED : connection.onSegment(incoming, network.nowNs());
        if (verdict == TcpVerdict.TIME_WAIT_REUSED || connection == null && listening) {
            connection = null;
            verdict = TcpListener.onSegment(incoming, this, network.nowNs());
        }
        if (verdict == TcpVerdict.RESET_NEEDED && TcpResets.reply(incoming, outgoing)) {
            network.transmit(this, Sent.copyOf(connection, outgoing));
        }
        lastVerdict = verdict;
        runApplication();
    }

    void onDeadline() {
        connection.onDeadline(network.nowNs());
        runApplication();
    }

    long nextDeadlineNs() {
        return connection == null ? Long.MAX_VALUE : connection.nextDeadlineNs();
    }

    void runApplication() {
        if (connection == null || sendBuffer == null || connection.state() == TcpState.CLOSED) {
            return;
        }
        long now = network.nowNs();
        if (reading && receiveBuffer.read(readAtOnce) > 0) {
            connection.onRoomMade(now);
        }
        if (toWrite > 0) {
            int written = sendBuffer.write(toWrite);
            toWrite -= written;
            if (written > 0) {
                connection.onDataToSend(now);
            }
        }
        if (toWrite == 0 && shutdownAfterWriting && !writeShut) {
            writeShut = true;
            connection.shutdownWrite(now);
        }
    }

    boolean saw(String event) {
        return events.contains(event);
    }

    // ---- TcpOutput ---------------------------------------------------------------------------------------------

    @Override
    public OutgoingSegment claim() {
        return outgoing;
    }

    @Override
    public void send(TcpConnection sender, OutgoingSegment segment) {
        segmentsSent++;
        dataSegmentsSent += segment.payloadLength > 0 ? 1 : 0;
        network.transmit(this, Sent.copyOf(sender, segment));
    }

    // ---- TcpEvents ---------------------------------------------------------------------------------------------

    @Override
    public void established(TcpConnection established) {
        events.add("established");
        sendBuffer = new TestSendBuffer(sendCapacity, stream);
        receiveBuffer = new TestReceiveBuffer(receiveCapacity, peer == null ? 0 : peer.stream);
        receiveBuffer.limit = receiveLimit;
        established.attachBuffers(sendBuffer, receiveBuffer);
        if (keepalive) {
            established.keepalive().setIdleNs(TimeUnit.MINUTES.toNanos(1), network.nowNs());
            established.keepalive().setEnabled(true, network.nowNs());
        }
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

    // ---- TcpListener.Acceptor ----------------------------------------------------------------------------------

    @Override
    public boolean mayAccept() {
        return !backlogFull;
    }

    @Override
    public boolean mayRemember() {
        return true;
    }

    @Override
    public SynCookies cookies() {
        return cookies;
    }

    @Override
    public TcpConnection newConnection(TcpSegment syn) {
        connection = new TcpConnection(config, this, this);
        return connection;
    }

    @Override
    public int initialSequence(long nowNs) {
        return iss;
    }

    @Override
    public int timestampOffset() {
        return 7 * stream;
    }
}
