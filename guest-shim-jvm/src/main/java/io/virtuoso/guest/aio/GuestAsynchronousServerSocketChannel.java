package io.virtuoso.guest.aio;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.HostSocket;
import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.core.StreamSocket;
import io.virtuoso.guest.core.Target;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.AcceptPendingException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;

/** A listener at the host stack, or at the platform if it is bound to an address of the platform's. */
final class GuestAsynchronousServerSocketChannel extends AsynchronousServerSocketChannel implements HostSocket.Watcher {
    private static final long NO_LIMIT = 0;
    private static final int DEFAULT_BACKLOG = 50;

    private final GuestChannelGroup group;
    private final StreamSocket socket = new StreamSocket();
    private final Lane accepting;
    private final ReentrantLock stateLock = new ReentrantLock();
    private final PlatformPart<AsynchronousServerSocketChannel> platform =
            new PlatformPart<>(socket, StreamSocket.supportedOptions(true), stateLock);
    private volatile boolean bound;

    GuestAsynchronousServerSocketChannel(AsynchronousChannelProvider provider, GuestChannelGroup group)
            throws IOException {
        super(provider);
        this.group = group;
        accepting = new Lane(group, socket, StreamSocket.READ, "Accepting", AcceptPendingException::new);
        socket.setOption(StandardSocketOptions.SO_REUSEADDR, true); // the platform's default, too
        group.add(this);
        socket.addWatcher(this);
    }

    @Override
    public void onEvent(HostSocket changed) {
        accepting.onEvent();
    }

    // ---- accepting ---------------------------------------------------------------------------

    @Override
    public <A> void accept(A attachment, CompletionHandler<AsynchronousSocketChannel, ? super A> handler) {
        Objects.requireNonNull(handler);
        AsynchronousServerSocketChannel other = platform.channel();
        if (other != null) {
            other.accept(attachment, handler);
        } else {
            start(new HandlerCompletion<>(group, attachment, handler));
        }
    }

    @Override
    public Future<AsynchronousSocketChannel> accept() {
        AsynchronousServerSocketChannel other = platform.channel();
        if (other != null) {
            return other.accept();
        }
        OperationFuture<AsynchronousSocketChannel> future = new OperationFuture<>();
        Operation<AsynchronousSocketChannel> operation = start(future);
        future.onCancel(mayClose -> {
            accepting.giveUp(operation);
            if (mayClose) {
                close();
            }
        });
        return future;
    }

    private Operation<AsynchronousSocketChannel> start(Completion<AsynchronousSocketChannel> completion) {
        Operation<AsynchronousSocketChannel> operation = new Operation<>(this::tryToAccept, completion);
        if (platform.isClosed()) {
            completion.fail(new ClosedChannelException());
        } else if (!bound) {
            throw new NotYetBoundException();
        } else {
            accepting.start(operation, NO_LIMIT);
        }
        return operation;
    }

    private AsynchronousSocketChannel tryToAccept() {
        StreamSocket connection = socket.accept();
        if (connection == null) {
            return null;
        }
        try {
            return GuestAsynchronousSocketChannel.connected(provider(), group, connection);
        } catch (ShutdownChannelGroupException e) {
            connection.close();
            throw e;
        }
    }

    // ---- binding and the end -----------------------------------------------------------------

    @Override
    public AsynchronousServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
        InetSocketAddress address = ChannelParts.checkLocal(local);
        int connections = backlog < 1 ? DEFAULT_BACKLOG : backlog;
        stateLock.lock();
        try {
            platform.checkOpen();
            if (bound) {
                throw new AlreadyBoundException();
            }
            Target target = Routing.forBind(address.getAddress());
            if (target != Target.VIRTUOSO) {
                bindAtPlatform(FallbackReason.of(target), address, connections);
            } else {
                socket.bind(address.getAddress(), address.getPort());
                socket.listen(connections);
                socket.moveTo(null); // this thread may have a context of its own, where nobody would look
            }
            bound = true;
        } finally {
            stateLock.unlock();
        }
        return this;
    }

    private void bindAtPlatform(FallbackReason reason, InetSocketAddress address, int backlog) throws IOException {
        AsynchronousServerSocketChannel other = AsynchronousServerSocketChannel.open(group.platform());
        platform.become(other, reason, channel -> channel.bind(address, backlog));
        socket.close();
        group.remove(this);
    }

    @Override
    public boolean isOpen() {
        return platform.isOpen();
    }

    @Override
    public void close() {
        if (platform.close()) {
            accepting.close();
            socket.close();
            group.remove(this);
        }
    }

    // ---- names and options -------------------------------------------------------------------

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return platform.localAddress();
    }

    @Override
    public <T> AsynchronousServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
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
}
