package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.Deadline;
import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.core.StreamSocket;
import io.virtuoso.guest.core.Target;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/** A listener at the host stack, or, if it binds to an address of the platform, one of the platform's behind this. */
final class GuestServerSocketChannel extends ServerSocketChannel implements OwnChannel {
    private static final int DEFAULT_BACKLOG = 50;

    private final ProtocolFamily family;
    private final StreamSocket socket;
    private final StreamState state = new StreamState();
    private final ChannelKeys keys;
    private final PlatformPart<ServerSocketChannel> platform;
    private final ReentrantLock acceptLock = new ReentrantLock();
    private final AtomicReference<ServerSocket> adaptor = new AtomicReference<>();
    private volatile boolean bound;

    /** @param family null: any */
    GuestServerSocketChannel(SelectorProvider provider, ProtocolFamily family) {
        this(provider, family, new StreamSocket(family == StandardProtocolFamily.INET));
    }

    private GuestServerSocketChannel(SelectorProvider provider, ProtocolFamily family, StreamSocket socket) {
        super(provider);
        this.family = family;
        this.socket = socket;
        this.keys = new ChannelKeys(socket);
        this.platform = new PlatformPart<>(this, socket, keys, StreamSocket.supportedOptions(true));
    }

    /** A channel for a socket that listens. */
    static GuestServerSocketChannel listening(SelectorProvider provider, StreamSocket socket) {
        GuestServerSocketChannel channel = new GuestServerSocketChannel(provider, null, socket);
        channel.bound = true;
        return channel;
    }

    // ---- binding -----------------------------------------------------------------------------

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
        acceptLock.lock();
        try {
            state.enter();
            try {
                if (bound) {
                    throw new AlreadyBoundException();
                }
                listen(SocketAddresses.checkLocal(local, family), backlog < 1 ? DEFAULT_BACKLOG : backlog);
                bound = true;
            } finally {
                leave();
            }
        } finally {
            acceptLock.unlock();
        }
        keys.lookAgain();
        return this;
    }

    private void listen(InetSocketAddress address, int backlog) throws IOException {
        Target target = Routing.forBind(address.getAddress());
        if (target == Target.VIRTUOSO) {
            socket.bind(address.getAddress(), address.getPort());
            socket.listen(backlog);
            return;
        }
        ServerSocketChannel other = platform.channel();
        if (other == null) {
            other = family == StandardProtocolFamily.INET
                    ? Platform.provider().openServerSocketChannel(family)
                    : Platform.provider().openServerSocketChannel();
            platform.become(other, FallbackReason.of(target), isBlocking());
        }
        other.bind(address, backlog);
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        platform.checkOpen();
        ServerSocketChannel other = platform.channel();
        return other != null ? other.getLocalAddress() : socket.localAddress();
    }

    // ---- accepting ---------------------------------------------------------------------------

    @Override
    public SocketChannel accept() throws IOException {
        return accept(StreamIo.NO_LIMIT, false);
    }

    /** For the adaptor, which has a timeout. */
    SocketChannel blockingAccept(int timeoutMillis) throws IOException {
        return accept(TimeUnit.MILLISECONDS.toNanos(timeoutMillis), true);
    }

    private SocketChannel accept(long timeoutNanos, boolean mustBlock) throws IOException {
        ServerSocketChannel other = platform.channel();
        if (other != null) {
            return acceptOnPlatform(other, timeoutNanos);
        }
        StreamSocket accepted;
        acceptLock.lock();
        try {
            boolean blocking = isBlocking();
            if (mustBlock && !blocking) {
                platform.checkOpen();
                throw new IllegalBlockingModeException();
            }
            accepted = acceptHere(blocking, timeoutNanos);
        } finally {
            acceptLock.unlock();
        }
        return accepted == null ? null : GuestSocketChannel.connected(provider(), accepted);
    }

    private SocketChannel acceptOnPlatform(ServerSocketChannel other, long timeoutNanos) throws IOException {
        try {
            if (timeoutNanos == StreamIo.NO_LIMIT) {
                return other.accept();
            }
            other.socket().setSoTimeout((int) TimeUnit.NANOSECONDS.toMillis(timeoutNanos));
            return other.socket().accept().getChannel();
        } catch (IOException e) {
            platform.follow();
            throw e;
        }
    }

    private StreamSocket acceptHere(boolean blocking, long timeoutNanos) throws IOException {
        state.checkOpen();
        boolean entered = false;
        StreamSocket accepted = null;
        boolean handedOver = false;
        try {
            if (blocking) {
                begin();
            }
            state.enter();
            entered = true;
            if (!bound) {
                throw new NotYetBoundException();
            }
            accepted = socket.accept();
            if (accepted == null && blocking) {
                accepted = waitAndAccept(timeoutNanos);
            }
        } finally {
            if (entered) {
                leave();
            }
            try {
                if (blocking) {
                    end(accepted != null);
                }
                handedOver = true;
            } finally {
                if (accepted != null && !handedOver) {
                    accepted.close(); // interrupted: nobody will ever hear of it
                }
            }
        }
        return accepted;
    }

    private StreamSocket waitAndAccept(long timeoutNanos) throws IOException {
        Deadline deadline = Deadline.inNanos(timeoutNanos, "Accept timed out");
        StreamSocket accepted = null;
        while (accepted == null && state.isOpen()) {
            StreamIo.await(socket, StreamSocket.READ, deadline);
            if (state.isOpen()) {
                accepted = socket.accept();
            }
        }
        return accepted;
    }

    // ---- options -----------------------------------------------------------------------------

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        platform.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return platform.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return platform.supportedOptions();
    }

    @Override
    public ServerSocket socket() {
        ServerSocket made = adaptor.get();
        if (made == null) {
            adaptor.compareAndSet(null, GuestServerSocket.of(this));
            made = adaptor.get();
        }
        return made;
    }

    // ---- for selectors and superclasses ------------------------------------------------------

    @Override
    public int readyOps(int interestOps) {
        boolean asked = bound && (interestOps & SelectionKey.OP_ACCEPT) != 0;
        return asked && socket.readiness(StreamSocket.READ) != 0 ? SelectionKey.OP_ACCEPT : 0;
    }

    @Override
    public ChannelKeys selectionKeys() {
        return keys;
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        acceptLock.lock();
        try {
            platform.configureBlocking(block);
        } finally {
            acceptLock.unlock();
        }
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        if (state.close()) {
            socket.close();
        } else {
            socket.wakeWaiters();
        }
        platform.close();
    }

    private void leave() {
        if (state.leave()) {
            socket.close();
        }
    }

    @Override
    public String toString() {
        String text;
        try {
            SocketAddress local = getLocalAddress();
            text = local == null ? "unbound" : local.toString();
        } catch (ClosedChannelException e) {
            text = "closed";
        } catch (IOException e) {
            text = "unknown";
        }
        return ServerSocketChannel.class.getName() + "[" + text + "]";
    }
}
