package io.virtuoso.guest.core;

import io.virtuoso.protocol.AcceptedRecord;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One TCP socket of this JVM at the host stack.
 *
 * <p>Data calls never block. At most one thread at a time reads and one writes: callers hold locks of their own.
 * {@link #close} is called when no data call is under way: mark, {@link #wakeWaiters}, and the last one out closes.
 * Everything else may be called by any thread at any time.
 */
public final class StreamSocket {
    /** Interest in, or readiness for, reading; for a listener, accepting. */
    public static final int READ = 1;

    /** Interest in, or readiness for, writing; for a connect that is under way, its outcome. */
    public static final int WRITE = 2;

    /** In results: the connection is over in both directions, or there is none. */
    public static final int HANGUP = 4;

    /** In results: the connection has failed. */
    public static final int ERROR = 8;

    /** Result of {@link #await}: an interest holds. */
    public static final int READY = 0;

    /** Result of {@link #await}: time is over. */
    public static final int TIMEOUT = 1;

    /** Result of {@link #await}: {@link #wakeWaiters} was called. */
    public static final int WOKEN = 2;

    /** Result of {@link #await}: the thread was interrupted; its flag is still set. */
    public static final int INTERRUPTED = 3;

    private static final long LOOPBACK_LIMIT_NS = 2_000_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int DEFAULT_BUFFER = 65_536;
    private static final int BOTH = READ | WRITE;

    private enum Phase {
        FRESH,
        BOUND,
        LISTENING,
        CONNECTING,
        CONNECTED,
        CLOSED
    }

    /** Hears that something may have changed for a socket. */
    public interface Watcher {
        /**
         * Called by whichever thread took the event, also when nothing has changed; must not block.
         *
         * @param socket the one that may have changed
         */
        void onEvent(StreamSocket socket);
    }

    private final Link link = Link.get();
    private final OptionTable options = new OptionTable();
    private final Home home = new Home();
    private final WaitList waits = new WaitList(this, home);
    private final ReentrantLock controlLock = new ReentrantLock();

    private volatile SlotUse use;
    private volatile Phase phase = Phase.FRESH;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private volatile boolean wasReset;
    private volatile boolean errorTaken;
    private volatile boolean lingerMayBlock;
    private InetAddress boundAddress;
    private int boundPort;
    private int backlog;
    private InetAddress shownPeer; // of a connection to 127.x: what the application asked for

    /** A socket that the host stack does not know yet. */
    public StreamSocket() {
        link.countSocket();
    }

    // ---- bind, listen, accept ----------------------------------------------------------------

    /**
     * Takes a port.
     *
     * @param address the wildcard (also as null) or the guest's own
     * @param port 0: any
     * @throws IOException a BindException if the address is not this guest's or the port is taken
     */
    public void bind(InetAddress address, int port) throws IOException {
        controlLock.lock();
        try {
            Attachment attachment = attachment();
            boolean any = address == null || address.isAnyLocalAddress();
            if (!any && Routing.ipv4(address) != attachment.address()) {
                throw Errnos.exception(Errno.EADDRNOTAVAIL, Errnos.Operation.CONTROL);
            }
            takeSlot(attachment);
            int errno = askBind(any ? 0 : attachment.address(), port);
            if (errno != 0) {
                giveUp();
                throw Errnos.exception(errno, Errnos.Operation.CONTROL);
            }
            boundAddress = any ? SlotUse.inetAddress(0) : address;
            phase = Phase.BOUND;
        } finally {
            controlLock.unlock();
        }
    }

    private int askBind(int ipv4, int port) {
        Context.Request answer = ask(Command.BIND, Addresses.IPV4_HIGH, Addresses.ipv4Low(ipv4), port, bindFlags());
        if (answer.errno() == 0) {
            boundPort = (int) answer.value();
        }
        return answer.errno();
    }

    private int bindFlags() {
        return (options.isOn(StandardSocketOptions.SO_REUSEADDR) ? Command.BIND_REUSEADDR : 0)
                | (options.isOn(StandardSocketOptions.SO_REUSEPORT) ? Command.BIND_REUSEPORT : 0);
    }

    /**
     * Begins to listen; takes any port if none was taken.
     *
     * @param backlog connections that may wait to be accepted
     */
    public void listen(int backlog) throws IOException {
        controlLock.lock();
        try {
            if (phase == Phase.FRESH) {
                bind(null, 0);
            }
            int errno = askListen(backlog);
            if (errno != 0) {
                throw Errnos.exception(errno, Errnos.Operation.CONTROL);
            }
            this.backlog = backlog;
            phase = Phase.LISTENING;
            link.listening(this);
            options.tellAll(this::tell);
            command(Command.ARM, 0);
        } finally {
            controlLock.unlock();
        }
    }

    private int askListen(int connections) {
        SlotUse now = use;
        if (now == null || now.attachment().isDead()) {
            return Errno.ENETDOWN;
        }
        return ask(Command.LISTEN, connections, bindFlags(), 0, 0).errno();
    }

    /** The host stack came back: takes the listener's place there again. Called by the hub. */
    void listenAgain(Attachment attachment) {
        controlLock.lock();
        try {
            SlotUse now = use;
            if (phase != Phase.LISTENING || (now != null && now.attachment() == attachment)) {
                return;
            }
            drop();
            takeSlot(attachment);
            int ipv4 = boundAddress.isAnyLocalAddress() ? 0 : attachment.address();
            if (askBind(ipv4, boundPort) != 0 || askListen(backlog) != 0) {
                giveUp();
                return;
            }
            options.tellAll(this::tell);
            command(Command.ARM, 0);
        } catch (IOException e) {
            drop();
        } finally {
            controlLock.unlock();
        }
        onEvent();
    }

    /**
     * Takes a connection that waits.
     *
     * @return null if none does, also while the host stack is away
     */
    public StreamSocket accept() {
        SlotUse now = use;
        if (now == null || phase != Phase.LISTENING) {
            return null;
        }
        ByteBuffer record = ByteBuffer.allocate(AcceptedRecord.BYTES)
                .order(now.attachment().region().order());
        while (now.receive().copy(record, 0, AcceptedRecord.BYTES) == AcceptedRecord.BYTES) {
            consume(now, AcceptedRecord.BYTES);
            long words = AcceptedRecord.read(record, 0);
            int index = AcceptedRecord.slot(words);
            if (index >= 0 && index < now.attachment().layout().slotCount()) {
                SlotUse accepted = new SlotUse(now.attachment(), index, AcceptedRecord.generation(words));
                if (accepted.begun()) { // else the host stack took it back, for another process
                    return accepted(accepted);
                }
            }
        }
        return null;
    }

    private StreamSocket accepted(SlotUse accepted) {
        StreamSocket socket = new StreamSocket();
        socket.options.inherit(options);
        socket.phase = Phase.CONNECTED;
        socket.enter(accepted);
        socket.options.tellAll(socket::tell);
        return socket;
    }

    // ---- connect -----------------------------------------------------------------------------

    /** Starts to connect; {@link #finishConnect} tells the outcome, for which WRITE is the interest. */
    public void connect(InetAddress address, int port) throws IOException {
        startConnect(Routing.ipv4(address), port);
    }

    private void startConnect(int ipv4, int port) throws IOException {
        controlLock.lock();
        try {
            SlotUse now = use;
            if (now == null || now.attachment().isDead()) {
                drop();
                takeSlot(attachment());
            }
            phase = Phase.CONNECTING;
            errorTaken = false;
            command(Command.CONNECT, Addresses.IPV4_HIGH, Addresses.ipv4Low(ipv4), port);
            options.tellAll(this::tell);
        } finally {
            controlLock.unlock();
        }
    }

    /**
     * The outcome of a connect.
     *
     * @return true: connected; false: still under way
     * @throws IOException why it failed; the socket is then as if new
     */
    public boolean finishConnect() throws IOException {
        progress();
        if (phase == Phase.CONNECTED) {
            return true;
        }
        SlotUse now = use;
        if (now == null) {
            throw Errnos.exception(Errno.ECONNABORTED, Errnos.Operation.CONTROL);
        }
        boolean failed = (now.state() & State.FAILED) != 0;
        if (!failed && !now.attachment().isDead()) {
            return false;
        }
        int errno = takeError();
        giveUp();
        throw Errnos.exception(errno != 0 ? errno : Errno.ECONNABORTED, Errnos.Operation.CONTROL);
    }

    /**
     * Connects to a listener of this guest by a loopback address. The attempt stays inside this machine and takes
     * microseconds, at most two seconds, also for a caller that must not block.
     *
     * @param shown the address that the application asked for
     * @return false if nobody listens: the platform's loopback may have somebody
     */
    public boolean connectLoopback(InetAddress shown, int port) {
        try {
            Attachment attachment = link.attachment();
            if (attachment == null) {
                return false;
            }
            startConnect(attachment.address(), port);
            while (!finishConnect()) {
                if (await(WRITE, LOOPBACK_LIMIT_NS, false) == TIMEOUT) {
                    giveUp();
                    return false;
                }
            }
            shownPeer = shown.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : shown;
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** A connect that has succeeded makes the socket connected. */
    private void progress() {
        SlotUse now = use;
        if (phase == Phase.CONNECTING
                && now != null
                && (now.state() & (State.CONNECTED | State.FAILED)) == State.CONNECTED) {
            phase = Phase.CONNECTED;
        }
    }

    // ---- data --------------------------------------------------------------------------------

    /**
     * Reads what is there.
     *
     * @return bytes; 0: nothing there now; -1: end of stream
     * @throws IOException a SocketException "Connection reset", again at every call
     */
    public int read(ByteBuffer dst) throws IOException {
        int got = read(dst, dst.position(), dst.remaining());
        if (got > 0) {
            dst.position(dst.position() + got);
        }
        return got;
    }

    /** Reads into a part of an array; see {@link #read(ByteBuffer)}. */
    public int read(byte[] dst, int offset, int length) throws IOException {
        return read(ByteBuffer.wrap(dst), offset, length);
    }

    /** Reads into several buffers; see {@link #read(ByteBuffer)}. */
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        long total = 0;
        for (int i = offset; i < offset + length; i++) {
            if (!dsts[i].hasRemaining()) {
                continue;
            }
            if (total != 0 && available() == 0) {
                break;
            }
            int got = read(dsts[i]);
            if (got <= 0) {
                return total != 0 ? total : got;
            }
            total += got;
            if (dsts[i].hasRemaining()) {
                break;
            }
        }
        return total;
    }

    private int read(ByteBuffer target, int index, int length) throws IOException {
        SlotUse now = use;
        if (phase == Phase.CONNECTED && now != null && !inputShut) {
            int count = now.receive().copy(target, index, length);
            if (count > 0) {
                consume(now, count);
                return count;
            }
        }
        return readNothing(target, index, length);
    }

    /** State comes before rx_tail: with the end seen, what is unread then is the last. */
    private int readNothing(ByteBuffer target, int index, int length) throws IOException {
        progress();
        SlotUse now = use;
        if (wasReset) {
            throw Errnos.exception(Errno.ECONNRESET, Errnos.Operation.READ);
        }
        if (inputShut) {
            return -1;
        }
        if (length == 0 || phase != Phase.CONNECTED || now == null) {
            return 0;
        }
        int state = now.state();
        if (now.receive().unread() != 0) {
            return read(target, index, length);
        }
        int errno = takeError();
        if (errno != 0) {
            wasReset = errno == Errno.ECONNRESET;
            throw Errnos.exception(errno, Errnos.Operation.READ);
        }
        boolean ended = (state & (State.READ_CLOSED | State.FAILED)) != 0;
        return ended || now.attachment().isDead() ? -1 : 0;
    }

    private void consume(SlotUse now, int count) {
        if (now.receive().consume(count)) {
            home.post(Command.RX_ROOM, now, 0);
        }
    }

    /**
     * Writes what fits.
     *
     * @return bytes; 0: no room now
     * @throws IOException "Broken pipe" or "Connection reset by peer"
     */
    public int write(ByteBuffer src) throws IOException {
        int done = write(src, src.position(), src.remaining());
        src.position(src.position() + done);
        return done;
    }

    /** Writes a part of an array; see {@link #write(ByteBuffer)}. */
    public int write(byte[] src, int offset, int length) throws IOException {
        return write(ByteBuffer.wrap(src), offset, length);
    }

    private int write(ByteBuffer source, int index, int length) throws IOException {
        SlotUse now = checkWritable();
        if (now == null) {
            return 0;
        }
        int count = Math.min(now.transmit().room(), length);
        if (count > 0) {
            now.transmit().put(source, index, count, 0);
        }
        publish(now, count, (long) length - count);
        return count;
    }

    /** Writes from several buffers; see {@link #write(ByteBuffer)}. */
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        SlotUse now = checkWritable();
        if (now == null) {
            return 0;
        }
        int room = now.transmit().room();
        int done = 0;
        long left = 0;
        for (int i = offset; i < offset + length; i++) {
            ByteBuffer src = srcs[i];
            int count = Math.min(room - done, src.remaining());
            if (count > 0) {
                now.transmit().put(src, src.position(), count, done);
                src.position(src.position() + count);
                done += count;
            }
            left += src.remaining();
        }
        publish(now, done, left);
        return done;
    }

    private void publish(SlotUse now, int count, long left) {
        long notice = now.transmit().publish(count, left);
        if (notice != TransmitSide.NO_NOTICE) {
            home.post(Command.TX, now, notice);
        }
    }

    /** @return null: not connected yet */
    private SlotUse checkWritable() throws IOException {
        progress();
        SlotUse now = use;
        if (now == null || phase == Phase.CLOSED) {
            throw Errnos.exception(Errno.EPIPE, Errnos.Operation.WRITE);
        }
        int state = now.state();
        if ((state & (State.WRITE_CLOSED | State.FAILED)) != 0
                || outputShut
                || now.attachment().isDead()) {
            int errno = takeError();
            throw Errnos.exception(errno != 0 ? errno : Errno.EPIPE, Errnos.Operation.WRITE);
        }
        return phase == Phase.CONNECTED ? now : null;
    }

    /** The pending error, which is then no longer pending; 0 if none. */
    private int takeError() {
        SlotUse now = use;
        if (now == null || errorTaken) {
            return 0;
        }
        if (now.attachment().isDead()) {
            errorTaken = true;
            return phase == Phase.CONNECTING ? Errno.ENETDOWN : Errno.ECONNRESET;
        }
        if ((now.state() & State.FAILED) == 0) {
            return 0;
        }
        errorTaken = true;
        return now.error() != 0 ? now.error() : Errno.ECONNRESET;
    }

    /** Bytes that can be read at once. */
    public int available() {
        SlotUse now = use;
        if (now == null || phase != Phase.CONNECTED || inputShut) {
            return 0;
        }
        return (int) Math.min(now.receive().unread(), Integer.MAX_VALUE);
    }

    // ---- shutdown and close ------------------------------------------------------------------

    /** Reads give the end of the stream from now on. */
    public void shutdownInput() throws IOException {
        inputShut = true;
        shutdown(Command.SHUT_READ);
    }

    /** Sends FIN after what was written. */
    public void shutdownOutput() throws IOException {
        outputShut = true;
        shutdown(Command.SHUT_WRITE);
    }

    private void shutdown(int how) throws IOException {
        progress();
        SlotUse now = use;
        if (now == null || phase != Phase.CONNECTED || now.attachment().isDead() || (now.state() & State.FAILED) != 0) {
            throw new SocketException(Errnos.text(Errno.ENOTCONN));
        }
        command(Command.SHUTDOWN, how);
        onEvent();
    }

    /** Whether {@link #close} may wait for SO_LINGER's time: it may not in non-blocking mode. */
    public void lingerMayBlock(boolean mayBlock) {
        lingerMayBlock = mayBlock;
    }

    /** Closes: FIN after what was written, or RST if there is unread data or SO_LINGER is 0. Idempotent. */
    public void close() {
        controlLock.lock();
        try {
            progress();
            Phase before = phase;
            if (before == Phase.CLOSED) {
                return;
            }
            SlotUse now = use;
            if (now != null && !now.attachment().isDead()) {
                int linger = options.linger();
                boolean abort = before == Phase.CONNECTED
                        && (linger == 0 || now.receive().unread() != 0);
                if (before == Phase.CONNECTED && linger > 0 && !abort && lingerMayBlock) {
                    linger(now, linger);
                }
                command(Command.CLOSE, abort ? Command.CLOSE_ABORT : Command.CLOSE_GRACEFUL);
            }
            phase = Phase.CLOSED;
            link.notListening(this);
            drop();
        } finally {
            controlLock.unlock();
        }
        wakeWaiters();
    }

    /** Waits until all written bytes are acknowledged, or the time is over. */
    private void linger(SlotUse now, int seconds) {
        command(Command.SHUTDOWN, Command.SHUT_WRITE);
        long deadline = System.nanoTime() + seconds * NANOS_PER_SECOND;
        while (now.transmit().unsent() != 0 && !now.attachment().isDead() && (now.state() & State.FAILED) == 0) {
            now.transmit().wantEmpty();
            long left = deadline - System.nanoTime();
            if (left <= 0 || now.transmit().unsent() == 0) {
                break;
            }
            waits.awaitEvent(left);
        }
    }

    /** Gives a slot that came to nothing back; the socket is as if new. */
    private void giveUp() {
        SlotUse now = use;
        if (now != null && !now.attachment().isDead()) {
            command(Command.CLOSE, Command.CLOSE_ABORT);
        }
        drop();
        if (phase != Phase.LISTENING) {
            phase = Phase.FRESH;
        }
    }

    private void drop() {
        SlotUse now = use;
        if (now != null) {
            now.attachment().disown(now.index(), this);
            use = null;
            home.leave();
        }
    }

    // ---- slots and commands ------------------------------------------------------------------

    private Attachment attachment() throws IOException {
        Attachment attachment = link.attachment();
        if (attachment == null) {
            String refusal = Link.refusal();
            throw new SocketException(Errnos.text(Errno.ENETDOWN) + (refusal == null ? "" : ": " + refusal));
        }
        return attachment;
    }

    private void takeSlot(Attachment attachment) throws IOException {
        int index = attachment.takeSlot();
        if (index < 0) {
            throw Errnos.exception(-index, Errnos.Operation.CONTROL);
        }
        enter(new SlotUse(attachment, index, attachment.newGeneration()));
    }

    private void enter(SlotUse entered) {
        home.enter(entered);
        entered.attachment().own(entered.index(), this);
        use = entered;
        home.look();
    }

    /** The attachment that knows this socket, if it is alive. */
    Attachment attachmentInUse() {
        SlotUse now = use;
        return now == null || now.attachment().isDead() ? null : now.attachment();
    }

    /** Whether an event under this generation is for this socket's present use of a slot. */
    boolean isUse(Attachment attachment, int generation) {
        SlotUse now = use;
        return now != null && now.generation() == generation && now.attachment() == attachment;
    }

    private void command(int type, long arg0) {
        command(type, arg0, 0, 0);
    }

    private void command(int type, long arg0, long arg1, long arg2) {
        SlotUse now = use;
        if (now != null) {
            home.postInOrder(type, now, arg0, arg1, arg2);
        }
    }

    private void tell(int option, long value) {
        command(Command.OPTION, option, value, 0);
    }

    private Context.Request ask(int type, long arg0, long arg1, long arg2, long arg3) {
        return home.ask(type, use, arg0, arg1, arg2, arg3);
    }

    // ---- options and names -------------------------------------------------------------------

    /**
     * Sets an option.
     *
     * @throws UnsupportedOperationException if it is none of {@link #supportedOptions}
     */
    public <T> void setOption(SocketOption<T> name, T value) throws IOException {
        controlLock.lock();
        try {
            boolean known = use != null && phase != Phase.FRESH && phase != Phase.BOUND;
            options.set(name, value, known ? this::tell : null);
        } finally {
            controlLock.unlock();
        }
    }

    /** An option's value. */
    public <T> T getOption(SocketOption<T> name) throws IOException {
        controlLock.lock();
        try {
            SlotUse now = use;
            boolean connected = now != null && phase == Phase.CONNECTED;
            int bytes = connected ? now.ringBytes(name.equals(StandardSocketOptions.SO_SNDBUF)) : 0;
            return options.get(name, bytes != 0 ? bytes : DEFAULT_BUFFER);
        } finally {
            controlLock.unlock();
        }
    }

    /** What can be set and has its effect. */
    public static Set<SocketOption<?>> supportedOptions(boolean server) {
        return OptionTable.supported(server);
    }

    public boolean isConnected() {
        progress();
        return phase == Phase.CONNECTED;
    }

    public boolean isListening() {
        return phase == Phase.LISTENING;
    }

    /** The own address; null before bind and connect. */
    public InetSocketAddress localAddress() {
        SlotUse now = use;
        if ((phase == Phase.CONNECTED || phase == Phase.CONNECTING) && now != null && now.localPort() != 0) {
            return shownPeer == null
                    ? now.local()
                    : new InetSocketAddress(InetAddress.getLoopbackAddress(), now.localPort());
        }
        return boundPort == 0 ? null : new InetSocketAddress(boundAddress, boundPort);
    }

    /** The peer's address; null before a connection is there. */
    public InetSocketAddress remoteAddress() {
        progress();
        SlotUse now = use;
        if (phase != Phase.CONNECTED || now == null) {
            return null;
        }
        InetSocketAddress peer = now.peer();
        return shownPeer == null ? peer : new InetSocketAddress(shownPeer, peer.getPort());
    }

    // ---- readiness ---------------------------------------------------------------------------

    /**
     * What holds now. For interests that do not, a notice is asked for: watchers and waiters hear of it.
     *
     * @param interest READ, WRITE or both
     * @return those that hold, and HANGUP or ERROR
     */
    public int readiness(int interest) {
        SlotUse now = use;
        if (phase == Phase.CLOSED) {
            return (BOTH & interest) | HANGUP;
        }
        if (now == null) {
            return phase == Phase.LISTENING ? 0 : (WRITE & interest) | HANGUP;
        }
        if (now.attachment().isDead()) {
            return phase == Phase.LISTENING ? 0 : (BOTH & interest) | HANGUP | ERROR;
        }
        progress();
        int state = now.state();
        if (phase == Phase.LISTENING) {
            return now.receive().unread() != 0 ? READ & interest : 0;
        }
        if ((state & State.FAILED) != 0) {
            return (BOTH & interest) | HANGUP | ERROR;
        }
        return phase == Phase.CONNECTED ? readiness(now, state, interest) : 0;
    }

    private int readiness(SlotUse now, int state, int interest) {
        boolean readEnd = inputShut || (state & State.READ_CLOSED) != 0;
        boolean writeEnd = outputShut || (state & State.WRITE_CLOSED) != 0;
        int ready = readEnd && writeEnd ? HANGUP : 0;
        if ((interest & READ) != 0 && (readEnd || now.receive().unread() != 0)) {
            ready |= READ;
        }
        if ((interest & WRITE) != 0 && (writeEnd || now.transmit().writable())) {
            ready |= WRITE;
        }
        return ready;
    }

    /**
     * Parks the calling thread, platform or virtual, until an interest holds.
     *
     * @param timeoutNanos 0 or less: no limit
     * @param interruptible false: an interrupt is remembered and set again at the end
     * @return READY, TIMEOUT, WOKEN or INTERRUPTED
     */
    public int await(int interest, long timeoutNanos, boolean interruptible) {
        return waits.await(interest, timeoutNanos, interruptible);
    }

    /** Ends all present and future {@link #await} calls: the socket is being closed. */
    public void wakeWaiters() {
        waits.release();
    }

    /** The watcher hears of all events from now on. */
    public void addWatcher(Watcher watcher) {
        waits.addWatcher(watcher);
    }

    /** The watcher hears of no events that come from now on. */
    public void removeWatcher(Watcher watcher) {
        waits.removeWatcher(watcher);
    }

    /**
     * Whose {@link EventContext#drain} delivers this socket's events. The caller looks at the readiness afterwards.
     *
     * @param context null: the hub's thread
     */
    public void moveTo(EventContext context) {
        home.prefer(context);
    }

    /** Something may have changed. Any thread. */
    void onEvent() {
        waits.onEvent();
    }

    @Override
    public String toString() {
        return phase + " " + localAddress() + " " + remoteAddress();
    }
}
