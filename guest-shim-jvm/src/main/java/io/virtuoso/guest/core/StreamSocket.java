package io.virtuoso.guest.core;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.util.Set;

/**
 * One TCP socket of this JVM at the host stack.
 *
 * <p>Data calls never block. At most one thread at a time reads and one writes: callers hold locks of their own.
 * {@link #close} is called when no data call is under way: mark, {@link #wakeWaiters}, and the last one out closes.
 * Everything else may be called by any thread at any time.
 */
public final class StreamSocket extends HostSocket {
    /** What takes options. */
    public interface OptionTarget {
        /** Sets an option. */
        <T> void setOption(SocketOption<T> name, T value) throws IOException;
    }

    private final SocketState state = new SocketState();
    private final DataPath data = new DataPath(state, home());
    private final SocketControl control;

    /** A socket that the host stack does not know yet, of both families as the JDK's are. */
    public StreamSocket() {
        this(false);
    }

    /** @param ipv4Only any address is to be IPv4's only */
    public StreamSocket(boolean ipv4Only) {
        boolean dual = !ipv4Only && !Routing.isIpv4Stack();
        control = new SocketControl(this, Link.get(), dual, state, home(), data, waits());
    }

    SocketControl control() {
        return control;
    }

    // ---- names and connections ---------------------------------------------------------------

    /**
     * Takes a port.
     *
     * @param address the wildcard (also as null) or the guest's own
     * @param port 0: any
     * @throws IOException a BindException if the address is not this guest's or the port is taken
     */
    public void bind(InetAddress address, int port) throws IOException {
        control.bind(address, port);
    }

    /**
     * Begins to listen; takes any port if none was taken.
     *
     * @param backlog connections that may wait to be accepted
     */
    public void listen(int backlog) throws IOException {
        control.listen(backlog);
    }

    /**
     * Takes a connection that waits.
     *
     * @return null if none does, also while the host stack is away
     */
    public StreamSocket accept() {
        return control.accept();
    }

    /** Starts to connect; {@link #finishConnect} tells the outcome, for which WRITE is the interest. */
    public void connect(InetAddress address, int port) throws IOException {
        control.connect(address, port);
    }

    /**
     * The outcome of a connect.
     *
     * @return true: connected; false: still under way
     * @throws IOException why it failed; the socket is then as if new
     */
    public boolean finishConnect() throws IOException {
        return control.finishConnect();
    }

    /**
     * Connects to a listener of this guest by a loopback address. The attempt stays inside this machine and takes
     * microseconds, at most two seconds, also for a caller that must not block.
     *
     * @param shown the address that the application asked for
     * @return false if nobody listens: the platform's loopback may have somebody
     */
    public boolean connectLoopback(InetAddress shown, int port) {
        return control.connectLoopback(shown, port);
    }

    public boolean isConnected() {
        return state.progress() == SocketState.Phase.CONNECTED;
    }

    public boolean isListening() {
        return state.phase() == SocketState.Phase.LISTENING;
    }

    /** The own address; null before bind and connect. */
    public InetSocketAddress localAddress() {
        return control.localAddress();
    }

    /** The peer's address; null before a connection is there. */
    public InetSocketAddress remoteAddress() {
        return control.remoteAddress();
    }

    // ---- data --------------------------------------------------------------------------------

    /**
     * Reads what is there.
     *
     * @return bytes; 0: nothing there now; -1: end of stream
     * @throws IOException a SocketException "Connection reset", again at every call
     */
    public int read(ByteBuffer dst) throws IOException {
        return data.read(dst);
    }

    /** Reads into a part of an array; see {@link #read(ByteBuffer)}. */
    public int read(byte[] dst, int offset, int length) throws IOException {
        return data.read(dst, offset, length);
    }

    /** Reads into several buffers; see {@link #read(ByteBuffer)}. */
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        return data.read(dsts, offset, length);
    }

    /**
     * Writes what fits.
     *
     * @return bytes; 0: no room now
     * @throws IOException "Broken pipe" or "Connection reset by peer"
     */
    public int write(ByteBuffer src) throws IOException {
        return data.write(src);
    }

    /** Writes a part of an array; see {@link #write(ByteBuffer)}. */
    public int write(byte[] src, int offset, int length) throws IOException {
        return data.write(src, offset, length);
    }

    /** Writes from several buffers; see {@link #write(ByteBuffer)}. */
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return data.write(srcs, offset, length);
    }

    /**
     * Writes what a kernel's socket would take at least: who does not wait for the peer must not notice that rings begin
     * small. Where the host stack has to make room first this waits for it, some ten microseconds.
     *
     * @return as {@link #write(ByteBuffer)}
     */
    public int writeNow(ByteBuffer src) throws IOException {
        return data.writeNow(src);
    }

    /** Writes from several buffers; see {@link #writeNow(ByteBuffer)}. */
    public long writeNow(ByteBuffer[] srcs, int offset, int length) throws IOException {
        return data.writeNow(srcs, offset, length);
    }

    /** Bytes that can be read at once. */
    public int available() {
        return data.available();
    }

    // ---- end and options ---------------------------------------------------------------------

    /** Reads give the end of the stream from now on. */
    public void shutdownInput() throws IOException {
        control.shutdownInput();
    }

    /** Sends FIN after what was written. */
    public void shutdownOutput() throws IOException {
        control.shutdownOutput();
    }

    /** Whether {@link #close} may wait for SO_LINGER's time: it may not in non-blocking mode. */
    public void lingerMayBlock(boolean mayBlock) {
        control.lingerMayBlock(mayBlock);
    }

    /** FIN after what was written, or RST if there is unread data or SO_LINGER is 0. */
    @Override
    public void close() {
        control.close();
    }

    @Override
    public <T> void setOption(SocketOption<T> name, T value) throws IOException {
        control.setOption(name, value);
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return control.getOption(name);
    }

    /** Sets elsewhere what was set here: for a socket that turns out to be the platform's. */
    public void copyOptionsTo(OptionTarget target) throws IOException {
        control.copyOptionsTo(target);
    }

    /** What can be set and has its effect. */
    public static Set<SocketOption<?>> supportedOptions(boolean server) {
        return OptionTable.supported(server);
    }

    // ---- readiness ---------------------------------------------------------------------------

    @Override
    public int readiness(int interest) {
        return state.readiness(interest);
    }

    @Override
    SlotUse use() {
        return state.use();
    }

    @Override
    void comeBack(Attachment attachment) {
        control.listenAgain(attachment);
    }

    /** The host stack would have an idle transmit ring back. Any thread. */
    void adoptRing() {
        data.adoptRing();
    }

    @Override
    public String toString() {
        return state.phase() + " " + localAddress() + " " + remoteAddress();
    }
}
