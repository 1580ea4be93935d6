package io.virtuoso.guest.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.internal.StringUtil;
import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.core.StreamSocket;
import io.virtuoso.guest.core.Target;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A connection of this guest. Destinations that belong to the platform (IPv6, what the operator's rule says, loopback
 * where this guest has no listener) are refused with a {@link java.net.ConnectException} that says so.
 */
public final class VirtuosoSocketChannel extends AbstractVirtuosoChannel implements SocketChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    private final VirtuosoSocketChannelConfig config = new VirtuosoSocketChannelConfig(this);
    private final StreamBytes bytes = new StreamBytes(socket());
    private volatile boolean connected;
    private volatile boolean inputShut;
    private volatile boolean outputShut;

    /** A connection to be made. */
    public VirtuosoSocketChannel() {
        super(null, new StreamSocket());
    }

    VirtuosoSocketChannel(Channel listener, StreamSocket accepted) {
        super(listener, accepted);
        connected = true;
        want(VirtuosoIoOps.END);
    }

    @Override
    public ServerSocketChannel parent() {
        return (ServerSocketChannel) super.parent();
    }

    @Override
    public VirtuosoSocketChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isActive() {
        return connected && isOpen();
    }

    @Override
    protected StreamUnsafe newUnsafe() {
        return new ConnectionUnsafe();
    }

    // ---- connecting --------------------------------------------------------------------------

    @Override
    protected void doBind(SocketAddress localAddress) throws IOException {
        InetSocketAddress address = Destinations.forBind(localAddress);
        socket().bind(address.getAddress(), address.getPort());
    }

    /** @return whether it is connected already; the outcome comes as readiness to write otherwise */
    boolean startConnect(SocketAddress remoteAddress, SocketAddress localAddress) throws IOException {
        if (connected) {
            throw new AlreadyConnectedException();
        }
        InetSocketAddress address = Destinations.resolved(remoteAddress);
        if (localAddress != null) {
            doBind(localAddress);
        }
        Target target = Routing.forConnect(address.getAddress());
        if (target == Target.VIRTUOSO) {
            socket().connect(address.getAddress(), address.getPort());
            return finishConnect();
        }
        if (target != Target.LOOPBACK || !socket().connectLoopback(address.getAddress(), address.getPort())) {
            throw Destinations.noConnection(address, target);
        }
        connected = true;
        return true;
    }

    boolean finishConnect() throws IOException {
        connected = socket().finishConnect();
        return connected;
    }

    // ---- writing -----------------------------------------------------------------------------

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof FileRegion) {
            return message;
        }
        if (!(message instanceof ByteBuf buffer)) {
            throw new UnsupportedOperationException("unsupported message type: " + StringUtil.simpleClassName(message)
                    + " (expected: ByteBuf, FileRegion)");
        }
        if (buffer.nioBufferCount() > 0) {
            return buffer; // on the heap or not: the bytes are copied into the ring once
        }
        ByteBuf copy = alloc().buffer(buffer.readableBytes());
        copy.writeBytes(buffer);
        buffer.release();
        return copy;
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        for (int spins = config.getWriteSpinCount(); spins > 0; spins--) {
            if (in.isEmpty()) {
                unwant(VirtuosoIoOps.WRITE);
                return;
            }
            if (!bytes.writeSome(in)) {
                want(VirtuosoIoOps.WRITE);
                return;
            }
        }
        unwant(VirtuosoIoOps.WRITE); // there is room still: the other tasks of the loop come first
        eventLoop().execute(((ConnectionUnsafe) unsafe())::flushNow);
    }

    // ---- shutting down -----------------------------------------------------------------------

    @Override
    public boolean isInputShutdown() {
        return inputShut || !isActive();
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShut || !isActive();
    }

    @Override
    public boolean isShutdown() {
        return (inputShut && outputShut) || !isActive();
    }

    void shutInput() throws IOException {
        inputShut = true;
        socket().shutdownInput();
    }

    @Override
    protected void doShutdownOutput() throws Exception {
        outputShut = true;
        socket().shutdownOutput();
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        inLoop(() -> {
            try {
                shutInput();
                promise.setSuccess();
            } catch (IOException e) {
                promise.setFailure(e);
            }
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        inLoop(() -> ((AbstractUnsafe) unsafe()).shutdownOutput(promise));
        return promise;
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        shutdownOutput()
                .addListener(output -> shutdownInput().addListener(input -> {
                    Throwable failure = output.isSuccess() ? input.cause() : output.cause();
                    if (failure == null) {
                        promise.setSuccess();
                    } else {
                        promise.setFailure(failure);
                    }
                }));
        return promise;
    }

    private void inLoop(Runnable task) {
        EventLoop loop = eventLoop();
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    @Override
    protected void doClose() throws Exception {
        ((ConnectionUnsafe) unsafe()).abandonConnect();
        super.doClose();
    }

    /** What the event loop, and netty, do to a connection. */
    @SuppressWarnings("deprecation") // RecvByteBufAllocator.Handle, which netty's own interface names
    private final class ConnectionUnsafe extends StreamUnsafe {
        private ChannelPromise connectPromise; // null: no connect is under way
        private Future<?> connectTimeout;
        private SocketAddress destination;
        private boolean endTold;

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            VirtuosoIoEvent found = (VirtuosoIoEvent) event;
            if (found.isWritable()) {
                if (connectPromise != null) {
                    endConnect();
                } else {
                    flushNow();
                }
            }
            if (found.isReadable()) {
                read();
            }
        }

        // ---- connecting ----------------------------------------------------------------------

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            if (connectPromise != null) {
                promise.tryFailure(new ConnectionPendingException());
                return;
            }
            boolean wasActive = isActive();
            try {
                if (startConnect(remoteAddress, localAddress)) {
                    nowConnected(promise, wasActive);
                } else {
                    awaitConnect(remoteAddress, promise);
                }
            } catch (AlreadyConnectedException e) {
                promise.tryFailure(e);
            } catch (IOException | RuntimeException e) {
                promise.tryFailure(annotateConnectException(e, remoteAddress));
                close(voidPromise());
            }
        }

        private void awaitConnect(SocketAddress remoteAddress, ChannelPromise promise) {
            connectPromise = promise;
            destination = remoteAddress;
            want(VirtuosoIoOps.WRITE);
            int limit = config.getConnectTimeoutMillis();
            if (limit > 0) {
                connectTimeout = eventLoop().schedule(() -> timeOut(promise, limit), limit, TimeUnit.MILLISECONDS);
            }
            promise.addListener(future -> {
                if (future.isCancelled()) {
                    close(voidPromise());
                }
            });
        }

        private void timeOut(ChannelPromise promise, int limit) {
            if (promise.tryFailure(
                    new ConnectTimeoutException("no connection to " + destination + " within " + limit + " ms"))) {
                close(voidPromise());
            }
        }

        private void endConnect() {
            boolean wasActive = isActive();
            ChannelPromise promise = connectPromise;
            try {
                if (finishConnect()) {
                    forgetConnect();
                    nowConnected(promise, wasActive);
                }
            } catch (IOException e) {
                forgetConnect();
                promise.tryFailure(annotateConnectException(e, destination));
                close(voidPromise());
            }
        }

        private void nowConnected(ChannelPromise promise, boolean wasActive) {
            want(VirtuosoIoOps.END);
            boolean active = isActive(); // a listener of the promise may close the channel
            boolean taken = promise.trySuccess();
            if (!wasActive && active) {
                pipeline().fireChannelActive();
            }
            if (!taken) { // cancelled meanwhile
                close(voidPromise());
            }
        }

        private void forgetConnect() {
            connectPromise = null;
            unwant(VirtuosoIoOps.WRITE);
            if (connectTimeout != null) {
                connectTimeout.cancel(false);
                connectTimeout = null;
            }
        }

        /** The channel is being closed. */
        void abandonConnect() {
            ChannelPromise promise = connectPromise;
            if (promise != null) {
                forgetConnect();
                promise.tryFailure(new ClosedChannelException());
            }
        }

        // ---- reading -------------------------------------------------------------------------

        private void read() {
            if (inputShut && (endTold || !config.isAllowHalfClosure())) {
                stopReading();
                unwant(VirtuosoIoOps.END);
                return;
            }
            RecvByteBufAllocator.Handle allocator = recvBufAllocHandle();
            allocator.reset(config);
            try {
                boolean ended = readMessages(allocator);
                allocator.readComplete();
                pipeline().fireChannelReadComplete();
                if (ended) {
                    inputEnded();
                }
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                allocator.readComplete();
                pipeline().fireChannelReadComplete();
                pipeline().fireExceptionCaught(e);
                if (!(e instanceof RuntimeException)) {
                    inputEnded();
                }
            } finally {
                readOnIfWanted();
            }
        }

        /** @return whether the stream has ended */
        private boolean readMessages(RecvByteBufAllocator.Handle allocator) throws IOException {
            do {
                ByteBuf buffer = allocator.allocate(config.getAllocator());
                allocator.attemptedBytesRead(buffer.writableBytes());
                int count = 0;
                try {
                    count = bytes.readInto(buffer);
                } finally {
                    if (count <= 0) {
                        buffer.release();
                    }
                }
                allocator.lastBytesRead(count);
                if (count <= 0) {
                    if (count < 0) {
                        readFulfilled();
                    }
                    return count < 0;
                }
                allocator.incMessagesRead(1);
                readFulfilled();
                pipeline().fireChannelRead(buffer);
            } while (allocator.continueReading());
            return false;
        }

        /** The first time the end of the stream is an event or the end of the channel, the second time it is told. */
        private void inputEnded() {
            if (isInputShutdown()) {
                if (!endTold) {
                    endTold = true;
                    pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
                }
            } else if (!config.isAllowHalfClosure()) {
                close(voidPromise());
            } else {
                boolean stillThere = true;
                try {
                    shutInput();
                } catch (IOException e) { // the connection is over in both directions
                    stillThere = false;
                }
                pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
                if (!stillThere) {
                    close(voidPromise());
                }
            }
        }

        // ---- writing and closing -------------------------------------------------------------

        /** While the event loop waits for room there is nothing to gain by trying. */
        @Override
        protected void flush0() {
            if (connectPromise != null || !wants(VirtuosoIoOps.WRITE)) {
                super.flush0();
            }
        }

        void flushNow() {
            super.flush0();
        }

        /** With SO_LINGER the end may take its time, which the event loop has not. */
        @Override
        protected Executor prepareToClose() {
            if (!isOpen() || config.getSoLinger() <= 0) {
                return null;
            }
            doDeregister();
            socket().lingerMayBlock(true);
            return GlobalEventExecutor.INSTANCE;
        }
    }
}
