package io.virtuoso.guest.core;

import io.virtuoso.guest.core.SocketState.Phase;
import io.virtuoso.protocol.AcceptedRecord;
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
import java.util.concurrent.locks.ReentrantLock;

/**
 * Names, connections and the end of one socket: all that takes a command to the host stack. What each method means
 * stands at the one of {@link StreamSocket} that calls it. Any thread.
 */
final class SocketControl {
    private static final long LOOPBACK_LIMIT_NS = 2_000_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int DEFAULT_BUFFER = 65_536;
    private static final int PORTS_TO_TRY = 16;

    private final StreamSocket socket;
    private final Link link;
    private final boolean dual; // any address is IPv6's, too
    private final SocketState state;
    private final Home home;
    private final DataPath data;
    private final WaitList waits;
    private final OptionTable options = new OptionTable();
    private final PlatformPort platformPort = new PlatformPort();
    private final ReentrantLock lock = new ReentrantLock();

    private volatile boolean lingerMayBlock;
    private boolean counted;
    private InetAddress boundAddress;
    private int boundPort;
    private int backlog;
    private Placeholder inherited; // null: this JVM's own
    private InetAddress shownPeer; // of a connection to 127.x: what the application asked for

    SocketControl(
            StreamSocket socket, Link link, boolean dual, SocketState state, Home home, DataPath data, WaitList waits) {
        this.socket = socket;
        this.link = link;
        this.dual = dual;
        this.state = state;
        this.home = home;
        this.data = data;
        this.waits = waits;
    }

    // ---- bind, listen, accept ----------------------------------------------------------------

    void bind(InetAddress address, int port) throws IOException {
        lock.lock();
        try {
            Attachment attachment = attachment();
            boolean any = Routing.isWildcard(address);
            if (!any && !attachment.isOwn(address)) {
                throw Errnos.exception(Errno.EADDRNOTAVAIL, Errnos.Operation.CONTROL);
            }
            InetAddress name = any ? attachment.any(dual) : address;
            takeSlot(attachment);
            int errno = askBind(name, port);
            for (int i = 1; any && port == 0 && errno == 0 && !platformPort.take(boundPort) && i < PORTS_TO_TRY; i++) {
                giveUp();
                takeSlot(attachment);
                errno = askBind(name, 0);
            }
            if (errno != 0) {
                giveUp();
                throw Errnos.exception(errno, Errnos.Operation.CONTROL);
            }
            boundAddress = name;
            state.phase(Phase.BOUND);
        } finally {
            lock.unlock();
        }
    }

    private int askBind(InetAddress name, int port) {
        Context.Request answer = ask(Command.BIND, Routing.high(name), Routing.low(name), port, bindFlags());
        if (answer.errno() == 0) {
            boundPort = (int) answer.value();
        }
        return answer.errno();
    }

    private int bindFlags() {
        return (options.isOn(StandardSocketOptions.SO_REUSEADDR) ? Command.BIND_REUSEADDR : 0)
                | (options.isOn(StandardSocketOptions.SO_REUSEPORT) ? Command.BIND_REUSEPORT : 0);
    }

    void listen(int backlog) throws IOException {
        lock.lock();
        try {
            if (state.phase() == Phase.FRESH) {
                bind(null, 0);
            }
            int errno = askListen(backlog);
            if (errno != 0) {
                throw Errnos.exception(errno, Errnos.Operation.CONTROL);
            }
            this.backlog = backlog;
            state.phase(Phase.LISTENING);
            link.comesBack(socket);
            options.tellAll(this::tell);
            command(Command.ARM, 0);
        } finally {
            lock.unlock();
        }
    }

    private int askListen(int connections) {
        SlotUse now = state.use();
        if (now == null || now.attachment().isDead()) {
            return Errno.ENETDOWN;
        }
        return ask(Command.LISTEN, connections, bindFlags(), 0, 0).errno();
    }

    /** The host stack came back: takes the listener's place there again. Called by the hub. */
    void listenAgain(Attachment attachment) {
        lock.lock();
        try {
            SlotUse now = state.use();
            if (state.phase() != Phase.LISTENING || (now != null && now.attachment() == attachment)) {
                return;
            }
            drop();
            if (inherited != null) {
                options.set(StandardSocketOptions.SO_REUSEPORT, true, null); // others that shared it come back, too
            }
            takeSlot(attachment);
            InetAddress name = boundAddress.isAnyLocalAddress()
                    ? attachment.any(!Routing.isIpv4(boundAddress))
                    : attachment.ownLike(boundAddress);
            if (askBind(name, boundPort) != 0 || askListen(backlog) != 0) {
                giveUp();
                return;
            }
            options.tellAll(this::tell);
            command(Command.ARM, 0);
        } catch (IOException e) {
            drop();
        } finally {
            lock.unlock();
        }
        waits.onEvent();
    }

    StreamSocket accept() {
        SlotUse now = state.use();
        if (now == null || now.attachment().isDead() || state.phase() != Phase.LISTENING) {
            return null;
        }
        SlotUse taken = takePushed(now);
        if (taken == null && (now.state() & State.ACCEPTABLE) != 0) {
            taken = takeShared(now);
            taken = taken == null ? takePushed(now) : taken;
        }
        return taken == null ? null : accepted(taken);
    }

    private SlotUse takePushed(SlotUse now) {
        ByteBuffer record = ByteBuffer.allocate(AcceptedRecord.BYTES)
                .order(now.attachment().region().order());
        while (now.receive().copy(record, 0, AcceptedRecord.BYTES) == AcceptedRecord.BYTES) {
            data.consume(now, AcceptedRecord.BYTES);
            SlotUse pushed = useOf(AcceptedRecord.read(record, 0), now.attachment());
            if (pushed != null && pushed.begun()) { // else it is gone
                return pushed;
            }
        }
        return null;
    }

    /** Other processes have the listener, too: the connections stay with the host stack until somebody asks. */
    private SlotUse takeShared(SlotUse now) {
        Context.Request answer = ask(Command.ACCEPT, 0, 0, 0, 0);
        return answer.errno() == 0 ? useOf(answer.value(), now.attachment()) : null;
    }

    private static SlotUse useOf(long record, Attachment attachment) {
        int index = AcceptedRecord.slot(record);
        boolean known = index >= 0 && index < attachment.layout().slotCount();
        return known ? new SlotUse(attachment, index, AcceptedRecord.generation(record)) : null;
    }

    private StreamSocket accepted(SlotUse accepted) {
        StreamSocket made = new StreamSocket();
        made.control().beAccepted(accepted, options);
        return made;
    }

    private void beAccepted(SlotUse accepted, OptionTable listener) {
        options.inherit(listener);
        state.phase(Phase.CONNECTED);
        enter(accepted);
        options.tellAll(this::tell);
    }

    /** Becomes a socket that another process of this guest made. */
    void beInherited(Placeholder placeholder) throws IOException {
        lock.lock();
        try {
            SlotUse adopted = placeholder.adopt(attachment());
            inherited = placeholder;
            boundAddress = placeholder.localAddress();
            boundPort = placeholder.localPort();
            backlog = placeholder.backlog();
            state.phase(placeholder.isListener() ? Phase.LISTENING : Phase.CONNECTED);
            enter(adopted);
            adopted.share();
            if (placeholder.isListener()) {
                link.comesBack(socket);
                command(Command.ARM, 0);
            }
        } finally {
            lock.unlock();
        }
    }

    // ---- connect -----------------------------------------------------------------------------

    void connect(InetAddress to, int port) throws IOException {
        lock.lock();
        try {
            SlotUse now = state.use();
            if (now == null || now.attachment().isDead()) {
                drop();
                takeSlot(attachment());
            }
            state.phase(Phase.CONNECTING);
            command(Command.CONNECT, Routing.high(to), Routing.low(to), port, options.ofSyn());
            options.tellAll(this::tell);
        } finally {
            lock.unlock();
        }
    }

    boolean finishConnect() throws IOException {
        state.progress();
        if (state.phase() == Phase.CONNECTED) {
            return true;
        }
        SlotUse now = state.use();
        if (now == null) {
            throw Errnos.exception(Errno.ECONNABORTED, Errnos.Operation.CONTROL);
        }
        boolean failed = (now.state() & State.FAILED) != 0;
        if (!failed && !now.attachment().isDead()) {
            return false;
        }
        int errno = state.takeError();
        giveUp();
        throw Errnos.exception(errno != 0 ? errno : Errno.ECONNABORTED, Errnos.Operation.CONTROL);
    }

    boolean connectLoopback(InetAddress shown, int port) {
        try {
            Attachment attachment = link.attachment();
            if (attachment == null) {
                return false;
            }
            connect(attachment.ownLike(shown), port);
            while (!finishConnect()) {
                if (waits.await(StreamSocket.WRITE, LOOPBACK_LIMIT_NS, false) != StreamSocket.READY) {
                    giveUp(); // no answer in time, or closed by another thread
                    return false;
                }
            }
            shownPeer = shown.isAnyLocalAddress() ? Subnet6.loopbackLike(shown) : shown;
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    // ---- shutdown and close ------------------------------------------------------------------

    void shutdownInput() throws IOException {
        state.shutInput();
        shutdown(Command.SHUT_READ);
    }

    void shutdownOutput() throws IOException {
        state.shutOutput();
        shutdown(Command.SHUT_WRITE);
    }

    private void shutdown(int how) throws IOException {
        state.progress();
        SlotUse now = state.use();
        if (now == null
                || state.phase() != Phase.CONNECTED
                || now.attachment().isDead()
                || (now.state() & State.FAILED) != 0) {
            throw new SocketException(Errnos.text(Errno.ENOTCONN));
        }
        command(Command.SHUTDOWN, how);
        waits.onEvent();
    }

    void lingerMayBlock(boolean mayBlock) {
        lingerMayBlock = mayBlock;
    }

    /** Closes: FIN after what was written, or RST if there is unread data or SO_LINGER is 0. Idempotent. */
    void close() {
        lock.lock();
        try {
            state.progress();
            Phase before = state.phase();
            if (before == Phase.CLOSED) {
                return;
            }
            SlotUse now = state.use();
            boolean othersMayHaveIt = inherited != null && before == Phase.CONNECTED;
            if (now != null && !now.attachment().isDead() && !othersMayHaveIt) {
                close(now, before);
            }
            state.phase(Phase.CLOSED);
            link.comesBackNoMore(socket);
            drop();
            if (inherited != null) {
                inherited.release(); // with the last copy the host stack closes a connection
            }
        } finally {
            lock.unlock();
        }
        waits.release();
    }

    private void close(SlotUse now, Phase before) {
        int linger = options.linger();
        boolean abort =
                before == Phase.CONNECTED && (linger == 0 || now.receive().unread() != 0);
        if (before == Phase.CONNECTED && linger > 0 && !abort && lingerMayBlock) {
            linger(now, linger);
        }
        now.transmit().end();
        command(Command.CLOSE, abort ? Command.CLOSE_ABORT : Command.CLOSE_GRACEFUL);
        if (before == Phase.LISTENING || before == Phase.BOUND) {
            home.settle(); // the port is free: others' commands leave by other queues
        }
    }

    /** Waits until all written bytes are acknowledged, or the time is over. */
    private void linger(SlotUse now, int seconds) {
        command(Command.SHUTDOWN, Command.SHUT_WRITE);
        waits.await(() -> nothingUnsent(now), seconds * NANOS_PER_SECOND);
    }

    /** Whether nothing is left to wait for; if not, a notice is asked for. */
    private static boolean nothingUnsent(SlotUse use) {
        use.transmit().wantEmpty();
        return use.transmit().unsent() == 0 || use.attachment().isDead() || (use.state() & State.FAILED) != 0;
    }

    /** Gives a slot that came to nothing back; the socket is as if new. */
    private void giveUp() {
        SlotUse now = state.use();
        if (now != null && !now.attachment().isDead()) {
            now.transmit().end();
            command(Command.CLOSE, Command.CLOSE_ABORT);
        }
        drop();
        if (state.phase() != Phase.LISTENING) {
            state.phase(Phase.FRESH);
        }
    }

    private void drop() {
        platformPort.release();
        SlotUse now = state.use();
        if (now != null) {
            now.transmit().end();
            now.attachment().disown(now.index(), socket);
            state.use(null);
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
        if (!counted) {
            counted = true; // not before: the platform may get it
            link.countSocket();
        }
        home.enter(entered);
        entered.attachment().own(entered.index(), socket);
        state.use(entered);
        home.look();
    }

    private void command(int type, long arg0) {
        command(type, arg0, 0, 0, 0);
    }

    private void command(int type, long arg0, long arg1, long arg2, long arg3) {
        SlotUse now = state.use();
        if (now != null) {
            home.postInOrder(type, now, arg0, arg1, arg2, arg3);
        }
    }

    private void tell(int option, long value) {
        SlotUse now = state.use();
        if (now != null && now.attachment().knowsOption(option)) {
            command(Command.OPTION, option, value, 0, 0);
        }
    }

    private Context.Request ask(int type, long arg0, long arg1, long arg2, long arg3) {
        return home.ask(type, state.use(), arg0, arg1, arg2, arg3);
    }

    // ---- options and names -------------------------------------------------------------------

    <T> void setOption(SocketOption<T> name, T value) throws IOException {
        lock.lock();
        try {
            boolean known = state.use() != null && state.phase() != Phase.FRESH && state.phase() != Phase.BOUND;
            options.set(name, value, known ? this::tell : null);
        } finally {
            lock.unlock();
        }
    }

    <T> T getOption(SocketOption<T> name) throws IOException {
        lock.lock();
        try {
            SlotUse now = state.use();
            boolean connected = now != null && state.phase() == Phase.CONNECTED;
            int bytes = connected ? now.bufferBytes(name.equals(StandardSocketOptions.SO_SNDBUF)) : 0;
            return options.get(name, bytes != 0 ? bytes : DEFAULT_BUFFER);
        } finally {
            lock.unlock();
        }
    }

    void copyOptionsTo(StreamSocket.OptionTarget target) throws IOException {
        lock.lock();
        try {
            options.copyTo(target);
        } finally {
            lock.unlock();
        }
    }

    InetSocketAddress localAddress() {
        SlotUse now = state.use();
        if ((state.phase() == Phase.CONNECTED || state.phase() == Phase.CONNECTING)
                && now != null
                && now.localPort() != 0) {
            return shownPeer == null
                    ? now.local()
                    : new InetSocketAddress(Subnet6.loopbackLike(shownPeer), now.localPort());
        }
        return boundPort == 0 ? null : new InetSocketAddress(boundAddress, boundPort);
    }

    InetSocketAddress remoteAddress() {
        state.progress();
        SlotUse now = state.use();
        if (state.phase() != Phase.CONNECTED || now == null) {
            return null;
        }
        InetSocketAddress peer = now.peer();
        return shownPeer == null ? peer : new InetSocketAddress(shownPeer, peer.getPort());
    }
}
