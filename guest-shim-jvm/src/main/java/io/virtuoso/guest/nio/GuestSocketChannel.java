package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.core.StreamSocket;
import io.virtuoso.guest.core.Target;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A channel whose connection is the host stack's, unless its address turns out to be the platform's: then a platform
 * channel does the work behind it, with the same options, mode and registrations.
 */
final class GuestSocketChannel extends SocketChannel implements OwnChannel, StreamIo.Blocker {
    /** A call of the platform's channel. */
    @FunctionalInterface
    private interface PlatformCall {
        long run(SocketChannel channel) throws IOException;
    }

    private final ProtocolFamily family;
    private final StreamSocket socket;
    private final StreamState state = new StreamState();
    private final StreamIo io;
    private final ChannelKeys keys;
    private final PlatformPart<SocketChannel> platform;
    private final AtomicReference<Socket> adaptor = new AtomicReference<>();
    private volatile boolean bound;
    private volatile InetSocketAddress peer;

    /** @param family null: any */
    GuestSocketChannel(SelectorProvider provider, ProtocolFamily family) {
        this(provider, family, new StreamSocket(family == StandardProtocolFamily.INET));
    }

    private GuestSocketChannel(SelectorProvider provider, ProtocolFamily family, StreamSocket socket) {
        super(provider);
        this.family = family;
        this.socket = socket;
        this.io = new StreamIo(socket, state, this);
        this.keys = new ChannelKeys(socket);
        this.platform = new PlatformPart<>(this, socket, keys, StreamSocket.supportedOptions(false));
    }

    /** A channel for a connection that is there. */
    static GuestSocketChannel connected(SelectorProvider provider, StreamSocket socket) {
        GuestSocketChannel channel = new GuestSocketChannel(provider, null, socket);
        channel.bound = true;
        channel.state.connected();
        return channel;
    }

    // ---- addresses ---------------------------------------------------------------------------

    @Override
    public SocketChannel bind(SocketAddress local) throws IOException {
        io.lockBoth();
        try {
            SocketChannel other = platform.channel();
            if (other != null) {
                other.bind(local);
            } else {
                bindHere(local);
            }
        } finally {
            io.unlockBoth();
        }
        return this;
    }

    private void bindHere(SocketAddress local) throws IOException {
        state.enter();
        try {
            state.checkNotPending();
            if (bound) {
                throw new AlreadyBoundException();
            }
            InetSocketAddress address = SocketAddresses.checkLocal(local, family);
            Target target = Routing.forBind(address.getAddress());
            if (target == Target.VIRTUOSO) {
                socket.bind(address.getAddress(), address.getPort());
            } else {
                fallBack(target).bind(address);
            }
            bound = true;
        } finally {
            io.leave();
        }
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        platform.checkOpen();
        SocketChannel other = platform.channel();
        return other != null ? other.getLocalAddress() : socket.localAddress();
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        platform.checkOpen();
        SocketChannel other = platform.channel();
        if (other != null) {
            return other.getRemoteAddress();
        }
        InetSocketAddress connected = state.isConnected() ? socket.remoteAddress() : null;
        return connected != null ? connected : peer;
    }

    // ---- connecting --------------------------------------------------------------------------

    @Override
    public boolean connect(SocketAddress remote) throws IOException {
        return connect(remote, StreamIo.NO_LIMIT, false);
    }

    /** For the adaptor. */
    void blockingConnect(SocketAddress remote, long timeoutMillis) throws IOException {
        connect(remote, TimeUnit.MILLISECONDS.toNanos(timeoutMillis), true);
    }

    private boolean connect(SocketAddress remote, long timeoutNanos, boolean mustBlock) throws IOException {
        InetSocketAddress address = SocketAddresses.check(remote, family);
        io.lockBoth();
        try {
            if (mustBlock && !isBlocking()) {
                throw new IllegalBlockingModeException();
            }
            if (platform.channel() == null && connectHere(address, timeoutNanos)) {
                return true;
            }
            if (platform.channel() == null) {
                return false;
            }
        } catch (IOException e) {
            close();
            throw e;
        } finally {
            io.unlockBoth();
        }
        return onPlatform(other -> connect(other, address, timeoutNanos)) != 0;
    }

    private static long connect(SocketChannel channel, InetSocketAddress address, long timeoutNanos)
            throws IOException {
        if (timeoutNanos == StreamIo.NO_LIMIT) {
            return channel.connect(address) ? 1 : 0;
        }
        channel.socket().connect(address, (int) TimeUnit.NANOSECONDS.toMillis(timeoutNanos));
        return 1;
    }

    /** @return whether there is a connection now; if not, the platform may have taken over */
    private boolean connectHere(InetSocketAddress address, long timeoutNanos) throws IOException {
        return io.connecting(blocking -> {
            state.checkUnconnected();
            return start(address) && finish(blocking, timeoutNanos);
        });
    }

    /** @return false: the platform's channel must do it */
    private boolean start(InetSocketAddress address) throws IOException {
        Target target = Routing.forConnect(address.getAddress());
        if (target == Target.VIRTUOSO) {
            peer = address;
            state.beginConnect();
            socket.connect(address.getAddress(), address.getPort());
            keys.lookAgain();
            return true;
        }
        if (target == Target.LOOPBACK && socket.connectLoopback(address.getAddress(), address.getPort())) {
            peer = address;
            state.beginConnect();
            return true;
        }
        int port = bound ? socket.localAddress().getPort() : 0;
        SocketChannel other = fallBack(target);
        if (bound) {
            other.bind(new InetSocketAddress(port));
        }
        return false;
    }

    private boolean finish(boolean blocking, long timeoutNanos) throws IOException {
        boolean done = blocking ? io.awaitConnected(timeoutNanos) : socket.finishConnect();
        if (done) {
            bound = true;
            state.connected();
            keys.lookAgain();
        }
        return done;
    }

    @Override
    public boolean finishConnect() throws IOException {
        if (platform.channel() != null) {
            return onPlatform(other -> other.finishConnect() ? 1 : 0) != 0;
        }
        io.lockBoth();
        try {
            return state.isConnected()
                    || io.connecting(blocking -> {
                        state.checkPending();
                        return finish(blocking, StreamIo.NO_LIMIT);
                    });
        } catch (IOException e) {
            close();
            throw e;
        } finally {
            io.unlockBoth();
        }
    }

    @Override
    public boolean isConnected() {
        SocketChannel other = platform.channel();
        return other != null ? other.isConnected() : state.isConnected();
    }

    @Override
    public boolean isConnectionPending() {
        SocketChannel other = platform.channel();
        return other != null ? other.isConnectionPending() : state.isPending();
    }

    /** The channel becomes one of the platform's. Under both locks, from inside. */
    private SocketChannel fallBack(Target target) throws IOException {
        boolean ipv4Only = family == StandardProtocolFamily.INET;
        SocketChannel other = ipv4Only
                ? Platform.provider().openSocketChannel(family)
                : Platform.provider().openSocketChannel();
        platform.become(other, FallbackReason.of(target), isBlocking());
        return other;
    }

    private long onPlatform(PlatformCall call) throws IOException {
        try {
            return call.run(platform.channel());
        } catch (IOException e) {
            platform.follow();
            throw e;
        }
    }

    // ---- data --------------------------------------------------------------------------------

    @Override
    public int read(ByteBuffer dst) throws IOException {
        Buffers.checkWritable(dst);
        if (platform.channel() != null) {
            return (int) onPlatform(other -> other.read(dst));
        }
        return (int) io.read(() -> socket.read(dst), dst.hasRemaining(), false, StreamIo.NO_LIMIT);
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        long room = Buffers.checkWritable(dsts, offset, length);
        if (platform.channel() != null) {
            return onPlatform(other -> other.read(dsts, offset, length));
        }
        return io.read(() -> socket.read(dsts, offset, length), room > 0, false, StreamIo.NO_LIMIT);
    }

    /** For the adaptor; a timeout of 0 is none. */
    int blockingRead(byte[] bytes, int offset, int length, int timeoutMillis) throws IOException {
        if (platform.channel() != null) {
            return (int) onPlatform(other -> {
                other.socket().setSoTimeout(timeoutMillis);
                return other.socket().getInputStream().read(bytes, offset, length);
            });
        }
        long nanos = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        return (int) io.read(() -> socket.read(bytes, offset, length), length > 0, true, nanos);
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        int bytes = src.remaining();
        if (platform.channel() != null) {
            return (int) onPlatform(other -> other.write(src));
        }
        return (int) io.write(isBlocking() ? () -> socket.write(src) : () -> socket.writeNow(src), bytes, false);
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        long bytes = Buffers.remaining(srcs, offset, length);
        if (platform.channel() != null) {
            return onPlatform(other -> other.write(srcs, offset, length));
        }
        return io.write(
                isBlocking() ? () -> socket.write(srcs, offset, length) : () -> socket.writeNow(srcs, offset, length),
                bytes,
                false);
    }

    /** For the adaptor: writes all. */
    void blockingWrite(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer src = ByteBuffer.wrap(bytes, offset, length);
        long written = platform.channel() != null
                ? onPlatform(other -> writeAll(other, src))
                : io.write(() -> socket.write(src), length, true);
        if (written < length) {
            throw new AsynchronousCloseException();
        }
    }

    private static long writeAll(SocketChannel channel, ByteBuffer src) throws IOException {
        int bytes = src.remaining();
        channel.socket().getOutputStream().write(src.array(), src.arrayOffset() + src.position(), bytes);
        return bytes;
    }

    /** For the adaptor. */
    int available() throws IOException {
        SocketChannel other = platform.channel();
        if (other != null) {
            return other.socket().getInputStream().available();
        }
        platform.checkOpen();
        return state.isInputShut() ? 0 : socket.available();
    }

    boolean isInputShut() {
        SocketChannel other = platform.channel();
        return other != null ? other.socket().isInputShutdown() : state.isInputShut();
    }

    boolean isOutputShut() {
        SocketChannel other = platform.channel();
        return other != null ? other.socket().isOutputShutdown() : state.isOutputShut();
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        SocketChannel other = platform.channel();
        if (other != null) {
            other.shutdownInput();
        } else {
            shutdown(true);
        }
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        SocketChannel other = platform.channel();
        if (other != null) {
            other.shutdownOutput();
        } else {
            shutdown(false);
        }
        return this;
    }

    private void shutdown(boolean input) throws IOException {
        state.enter();
        try {
            state.checkConnected();
            if (input && state.shutInput()) {
                socket.shutdownInput();
            } else if (!input && state.shutOutput()) {
                socket.shutdownOutput();
            }
        } catch (SocketException e) {
            // the connection is over in both directions anyway, which a second shutdown is allowed to find
        } finally {
            io.leave();
        }
    }

    // ---- options -----------------------------------------------------------------------------

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
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
    public Socket socket() {
        Socket made = adaptor.get();
        if (made == null) {
            adaptor.compareAndSet(null, GuestSocket.of(this));
            made = adaptor.get();
        }
        return made;
    }

    // ---- for selectors and superclasses ------------------------------------------------------

    @Override
    public int readyOps(int interestOps) {
        if (state.isPending()) {
            boolean known = (interestOps & SelectionKey.OP_CONNECT) != 0 && socket.readiness(StreamSocket.WRITE) != 0;
            return known ? interestOps : 0;
        }
        return state.isConnected() ? keys.readyForData(interestOps) : 0;
    }

    @Override
    public ChannelKeys selectionKeys() {
        return keys;
    }

    @Override
    public void beginBlocking() {
        begin();
    }

    @Override
    public void endBlocking(boolean completed) throws AsynchronousCloseException {
        end(completed);
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        io.lockBoth();
        try {
            platform.configureBlocking(block);
        } finally {
            io.unlockBoth();
        }
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        io.close();
        platform.close();
    }

    @Override
    public String toString() {
        return SocketChannel.class.getName() + "[" + describe() + "]";
    }

    private String describe() {
        if (!isOpen()) {
            return "closed";
        }
        SocketChannel other = platform.channel();
        if (other != null) {
            String text = other.toString();
            return text.substring(text.indexOf('[') + 1, text.length() - 1);
        }
        String local = socket.localAddress() == null ? "" : " local=" + socket.localAddress();
        if (state.isPending()) {
            return "connection-pending" + local + " remote=" + peer;
        }
        if (!state.isConnected()) {
            return "unconnected" + local;
        }
        return (state.isInputShut() ? "ishut " : "")
                + (state.isOutputShut() ? "oshut " : "")
                + "connected" + local + " remote=" + socket.remoteAddress();
    }
}
