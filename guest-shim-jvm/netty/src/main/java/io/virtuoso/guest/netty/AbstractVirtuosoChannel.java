package io.virtuoso.guest.netty;

import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;
import io.virtuoso.guest.core.StreamSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** What connections and listeners have in common: one socket, and what the event loop is to tell of it. */
abstract class AbstractVirtuosoChannel extends AbstractChannel {
    private final StreamSocket socket;
    private volatile boolean open = true;
    private IoRegistration registration; // this and the rest: the event loop's thread only
    private int interest;
    private boolean readPending;

    AbstractVirtuosoChannel(Channel parent, StreamSocket socket) {
        super(parent);
        this.socket = socket;
    }

    final StreamSocket socket() {
        return socket;
    }

    // ---- interest ----------------------------------------------------------------------------

    final boolean wants(int bits) {
        return (interest & bits) != 0;
    }

    final void want(int bits) {
        setInterest(interest | bits);
    }

    final void unwant(int bits) {
        setInterest(interest & ~bits);
    }

    private void setInterest(int wanted) {
        if (wanted != interest) {
            interest = wanted;
            submit();
        }
    }

    private void submit() {
        if (registration != null && registration.isValid()) {
            registration.submit(VirtuosoIoOps.of(interest));
        }
    }

    // ---- reading -----------------------------------------------------------------------------

    @Override
    protected void doBeginRead() {
        readPending = true;
        want(VirtuosoIoOps.READ);
    }

    /** Something was read: what was asked for is fulfilled. */
    final void readFulfilled() {
        readPending = false;
    }

    /** After reading: goes on only if that is wanted. */
    final void readOnIfWanted() {
        if (!readPending && !config().isAutoRead()) {
            unwant(VirtuosoIoOps.READ);
        }
    }

    final void stopReading() {
        readPending = false;
        unwant(VirtuosoIoOps.READ);
    }

    /** Auto-read was switched off. Any thread. */
    final void autoReadCleared() {
        if (!isRegistered()) {
            readPending = false;
        } else if (eventLoop().inEventLoop()) {
            stopReading();
        } else {
            eventLoop().execute(this::stopReading);
        }
    }

    // ---- life --------------------------------------------------------------------------------

    @Override
    public final boolean isOpen() {
        return open;
    }

    @Override
    protected final boolean isCompatible(EventLoop loop) {
        return loop instanceof IoEventLoop io && io.isCompatible(StreamUnsafe.class);
    }

    @Override
    protected final void doRegister(ChannelPromise promise) {
        Future<IoRegistration> made = ((IoEventLoop) eventLoop()).register((StreamUnsafe) unsafe());
        made.addListener((Future<IoRegistration> done) -> {
            if (done.isSuccess()) {
                registration = done.getNow();
                submit(); // after a move from another loop there may be interest already
                promise.setSuccess();
            } else {
                promise.setFailure(done.cause());
            }
        });
    }

    @Override
    protected final void doDeregister() {
        IoRegistration ended = registration;
        if (ended != null) {
            ended.cancel();
        }
    }

    @Override
    protected final void doDisconnect() throws Exception {
        doClose();
    }

    @Override
    protected void doClose() throws Exception {
        open = false;
        socket.close();
    }

    @Override
    public final InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public final InetSocketAddress remoteAddress() {
        return (InetSocketAddress) super.remoteAddress();
    }

    @Override
    protected final SocketAddress localAddress0() {
        return socket.localAddress();
    }

    @Override
    protected final SocketAddress remoteAddress0() {
        return socket.remoteAddress();
    }

    /** The side of a channel that the event loop sees. */
    abstract class StreamUnsafe extends AbstractUnsafe implements VirtuosoIoHandle {
        @Override
        public final StreamSocket socket() {
            return socket;
        }

        @Override
        public final void close() {
            close(voidPromise());
        }
    }
}
