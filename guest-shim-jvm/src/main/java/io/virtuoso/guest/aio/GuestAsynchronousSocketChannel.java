package io.virtuoso.guest.aio;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.HostSocket;
import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.core.StreamSocket;
import io.virtuoso.guest.core.Target;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.WritePendingException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** A channel whose connection is the host stack's, unless its address turns out to be the platform's. */
final class GuestAsynchronousSocketChannel extends AsynchronousSocketChannel implements HostSocket.Watcher {
    private enum Progress {
        UNCONNECTED("unconnected"),
        PENDING("connection-pending"),
        CONNECTED("connected");

        private final String words;

        Progress(String words) {
            this.words = words;
        }
    }

    private static final long NO_LIMIT = 0;

    /** As the platform's asynchronous channels without SO_LINGER: their close does not wait. */
    private static final Set<SocketOption<?>> OPTIONS = options();

    private final GuestChannelGroup group;
    private final StreamSocket socket;
    private final Attempts data;
    private final Lane connecting;
    private final Lane reading;
    private final Lane writing;
    private final ReentrantLock stateLock = new ReentrantLock();
    private final PlatformPart<AsynchronousSocketChannel> platform;
    private volatile Progress progress = Progress.UNCONNECTED;
    private InetSocketAddress bound; // as asked for; null: not bound

    GuestAsynchronousSocketChannel(AsynchronousChannelProvider provider, GuestChannelGroup group) {
        this(provider, group, new StreamSocket());
    }

    private GuestAsynchronousSocketChannel(
            AsynchronousChannelProvider provider, GuestChannelGroup group, StreamSocket socket) {
        super(provider);
        this.group = group;
        this.socket = socket;
        data = new Attempts(socket);
        platform = new PlatformPart<>(socket, OPTIONS, stateLock);
        connecting = new Lane(group, socket, StreamSocket.WRITE, "Connecting", ConnectionPendingException::new);
        reading = new Lane(group, socket, StreamSocket.READ, "Reading", ReadPendingException::new);
        writing = new Lane(group, socket, StreamSocket.WRITE, "Writing", WritePendingException::new);
        group.add(this);
        socket.addWatcher(this);
    }

    /** A channel for a connection that is there. */
    static GuestAsynchronousSocketChannel connected(
            AsynchronousChannelProvider provider, GuestChannelGroup group, StreamSocket socket) {
        GuestAsynchronousSocketChannel channel = new GuestAsynchronousSocketChannel(provider, group, socket);
        channel.progress = Progress.CONNECTED;
        socket.moveTo(null);
        return channel;
    }

    @Override
    public void onEvent(HostSocket changed) {
        connecting.onEvent();
        reading.onEvent();
        writing.onEvent();
    }

    // ---- connecting --------------------------------------------------------------------------

    @Override
    public <A> void connect(SocketAddress remote, A attachment, CompletionHandler<Void, ? super A> handler) {
        Objects.requireNonNull(handler);
        InetSocketAddress address = ChannelParts.checkAddress(remote);
        if (!connectHere(address, new HandlerCompletion<>(group, attachment, handler))) {
            platform.channel().connect(address, attachment, handler);
        }
    }

    @Override
    public Future<Void> connect(SocketAddress remote) {
        InetSocketAddress address = ChannelParts.checkAddress(remote);
        OperationFuture<Void> future = new OperationFuture<>();
        return connectHere(address, future) ? future : platform.channel().connect(address);
    }

    /** @return false: the platform must do it */
    private boolean connectHere(InetSocketAddress remote, Completion<Void> completion) {
        if (platform.channel() != null) {
            return false;
        }
        if (platform.isClosed()) {
            completion.fail(new ClosedChannelException());
            return true;
        }
        beginConnect();
        Target target = Routing.forConnect(remote.getAddress());
        if (target == Target.VIRTUOSO) {
            connect(remote, completion);
            return true;
        }
        try {
            if (target == Target.LOOPBACK && connectLoopback(remote)) {
                progress = Progress.CONNECTED;
                completion.succeed(null);
                return true;
            }
            fallBack(FallbackReason.of(target));
            return false;
        } catch (IOException e) {
            new ConnectCompletion(completion).fail(e);
            return true;
        }
    }

    private void beginConnect() {
        stateLock.lock();
        try {
            if (progress == Progress.CONNECTED) {
                throw new AlreadyConnectedException();
            }
            if (progress == Progress.PENDING) {
                throw new ConnectionPendingException();
            }
            progress = Progress.PENDING;
        } finally {
            stateLock.unlock();
        }
    }

    private void connect(InetSocketAddress remote, Completion<Void> completion) {
        Operation<Boolean> operation =
                new Operation<>(new ConnectAttempt(socket, remote), new ConnectCompletion(completion));
        if (completion instanceof OperationFuture<Void> future) {
            future.onCancel(mayClose -> {
                connecting.giveUp(operation);
                reading.giveUp();
                writing.giveUp();
                closeIf(mayClose);
            });
        }
        connecting.start(operation, NO_LIMIT);
    }

    private boolean connectLoopback(InetSocketAddress remote) {
        boolean done = connecting.exclusively(() -> socket.connectLoopback(remote.getAddress(), remote.getPort()));
        if (done) {
            socket.moveTo(null);
        }
        return done;
    }

    /** A channel that could not connect is closed. */
    private final class ConnectCompletion implements Completion<Boolean> {
        private final Completion<Void> completion;

        ConnectCompletion(Completion<Void> completion) {
            this.completion = completion;
        }

        @Override
        public void succeed(Boolean value) {
            progress = Progress.CONNECTED;
            completion.succeed(null);
        }

        @Override
        public void fail(Throwable why) {
            close();
            completion.fail(why);
        }
    }

    /** From now on the platform does it. */
    private void fallBack(FallbackReason reason) throws IOException {
        stateLock.lock();
        try {
            if (platform.isClosed()) {
                throw new ClosedChannelException();
            }
            platform.become(AsynchronousSocketChannel.open(group.platform()), reason, this::bindAsBefore);
        } finally {
            stateLock.unlock();
        }
        socket.close();
        group.remove(this);
    }

    /** To the port that the program may have seen; if somebody has that on the platform, and any was wanted, to any. */
    private void bindAsBefore(AsynchronousSocketChannel channel) throws IOException {
        if (bound == null) {
            return;
        }
        try {
            channel.bind(new InetSocketAddress(
                    bound.getAddress(), socket.localAddress().getPort()));
        } catch (BindException e) {
            if (bound.getPort() != 0) {
                throw e;
            }
            channel.bind(bound);
        }
    }

    // ---- data --------------------------------------------------------------------------------

    @Override
    public <A> void read(
            ByteBuffer dst, long timeout, TimeUnit unit, A attachment, CompletionHandler<Integer, ? super A> handler) {
        Objects.requireNonNull(handler);
        ChannelParts.checkWritable(dst);
        AsynchronousSocketChannel other = platform.channel();
        if (other != null) {
            other.read(dst, timeout, unit, attachment, handler);
        } else {
            start(reading, () -> data.read(dst), new HandlerCompletion<>(group, attachment, handler), timeout, unit);
        }
    }

    @Override
    public Future<Integer> read(ByteBuffer dst) {
        ChannelParts.checkWritable(dst);
        AsynchronousSocketChannel other = platform.channel();
        return other != null ? other.read(dst) : startFuture(reading, () -> data.read(dst));
    }

    @Override
    public <A> void read(
            ByteBuffer[] dsts,
            int offset,
            int length,
            long timeout,
            TimeUnit unit,
            A attachment,
            CompletionHandler<Long, ? super A> handler) {
        Objects.requireNonNull(handler);
        ChannelParts.checkWritable(dsts, offset, length);
        AsynchronousSocketChannel other = platform.channel();
        if (other != null) {
            other.read(dsts, offset, length, timeout, unit, attachment, handler);
        } else {
            ByteBuffer[] own = dsts.clone();
            Completion<Long> completion = new HandlerCompletion<>(group, attachment, handler);
            start(reading, () -> data.read(own, offset, length), completion, timeout, unit);
        }
    }

    @Override
    public <A> void write(
            ByteBuffer src, long timeout, TimeUnit unit, A attachment, CompletionHandler<Integer, ? super A> handler) {
        Objects.requireNonNull(handler);
        AsynchronousSocketChannel other = platform.channel();
        if (other != null) {
            other.write(src, timeout, unit, attachment, handler);
        } else {
            start(writing, () -> data.write(src), new HandlerCompletion<>(group, attachment, handler), timeout, unit);
        }
    }

    @Override
    public Future<Integer> write(ByteBuffer src) {
        AsynchronousSocketChannel other = platform.channel();
        return other != null ? other.write(src) : startFuture(writing, () -> data.write(src));
    }

    @Override
    public <A> void write(
            ByteBuffer[] srcs,
            int offset,
            int length,
            long timeout,
            TimeUnit unit,
            A attachment,
            CompletionHandler<Long, ? super A> handler) {
        Objects.requireNonNull(handler);
        Objects.checkFromIndexSize(offset, length, srcs.length);
        AsynchronousSocketChannel other = platform.channel();
        if (other != null) {
            other.write(srcs, offset, length, timeout, unit, attachment, handler);
        } else {
            ByteBuffer[] own = srcs.clone();
            Completion<Long> completion = new HandlerCompletion<>(group, attachment, handler);
            start(writing, () -> data.write(own, offset, length), completion, timeout, unit);
        }
    }

    private <V> Future<V> startFuture(Lane lane, Operation.Attempt<V> attempt) {
        OperationFuture<V> future = new OperationFuture<>();
        start(lane, attempt, future, NO_LIMIT, TimeUnit.NANOSECONDS);
        return future;
    }

    private <V> void start(
            Lane lane, Operation.Attempt<V> attempt, Completion<V> completion, long timeout, TimeUnit unit) {
        if (platform.isClosed()) {
            completion.fail(new ClosedChannelException());
            return;
        }
        if (progress != Progress.CONNECTED) {
            throw new NotYetConnectedException();
        }
        Operation<V> operation = new Operation<>(attempt, completion);
        if (completion instanceof OperationFuture<V> future) {
            future.onCancel(mayClose -> {
                lane.giveUp(operation);
                closeIf(mayClose);
            });
        }
        lane.start(operation, unit.toNanos(timeout));
    }

    // ---- the end -----------------------------------------------------------------------------

    @Override
    public AsynchronousSocketChannel shutdownInput() throws IOException {
        AsynchronousSocketChannel other = platform.channel();
        if (other != null) {
            other.shutdownInput();
            return this;
        }
        checkConnected();
        data.shutdownInput();
        return this;
    }

    @Override
    public AsynchronousSocketChannel shutdownOutput() throws IOException {
        AsynchronousSocketChannel other = platform.channel();
        if (other != null) {
            other.shutdownOutput();
            return this;
        }
        checkConnected();
        data.shutdownOutput();
        return this;
    }

    private void checkConnected() throws ClosedChannelException {
        platform.checkOpen();
        if (progress != Progress.CONNECTED) {
            throw new NotYetConnectedException();
        }
    }

    @Override
    public boolean isOpen() {
        return platform.isOpen();
    }

    @Override
    public void close() {
        if (platform.close()) {
            socket.wakeWaiters();
            connecting.close();
            reading.close();
            writing.close();
            socket.close();
            group.remove(this);
        }
    }

    private void closeIf(boolean wanted) {
        if (wanted) {
            close();
        }
    }

    // ---- names and options -------------------------------------------------------------------

    @Override
    public AsynchronousSocketChannel bind(SocketAddress local) throws IOException {
        InetSocketAddress address = ChannelParts.checkLocal(local);
        stateLock.lock();
        try {
            platform.checkOpen();
            if (progress == Progress.PENDING) {
                throw new ConnectionPendingException();
            }
            if (bound != null || progress == Progress.CONNECTED) {
                throw new AlreadyBoundException();
            }
            Target target = Routing.forBind(address.getAddress());
            if (target != Target.VIRTUOSO) {
                fallBack(FallbackReason.of(target));
                platform.channel().bind(address);
            } else {
                socket.bind(address.getAddress(), address.getPort());
            }
            bound = address;
        } finally {
            stateLock.unlock();
        }
        return this;
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return platform.localAddress();
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        platform.checkOpen();
        AsynchronousSocketChannel other = platform.channel();
        return other != null ? other.getRemoteAddress() : socket.remoteAddress();
    }

    @Override
    public <T> AsynchronousSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
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

    private static Set<SocketOption<?>> options() {
        Set<SocketOption<?>> options = new LinkedHashSet<>(StreamSocket.supportedOptions(false));
        options.remove(StandardSocketOptions.SO_LINGER);
        options.remove(StandardSocketOptions.IP_TOS);
        return Collections.unmodifiableSet(options);
    }

    @Override
    public String toString() {
        AsynchronousSocketChannel other = platform.channel();
        String text = isOpen() ? progress.words + data.describe() : "closed";
        return other != null ? other.toString() : AsynchronousSocketChannel.class.getName() + "[" + text + "]";
    }
}
