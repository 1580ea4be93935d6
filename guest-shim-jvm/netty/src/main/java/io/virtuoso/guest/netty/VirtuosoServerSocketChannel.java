package io.virtuoso.guest.netty;

import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ServerSocketChannel;
import io.virtuoso.guest.core.StreamSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * A listener of this guest. Addresses that belong to the platform (loopback, IPv6, what the operator's rule says) are
 * refused with a {@link java.net.BindException} that says so.
 */
public final class VirtuosoServerSocketChannel extends AbstractVirtuosoChannel implements ServerSocketChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    private final VirtuosoServerSocketChannelConfig config = new VirtuosoServerSocketChannelConfig(this);

    /** A listener without a port yet. */
    public VirtuosoServerSocketChannel() {
        super(null, new StreamSocket());
    }

    @Override
    public VirtuosoServerSocketChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isActive() {
        return isOpen() && socket().isListening();
    }

    @Override
    protected void doBind(SocketAddress localAddress) throws Exception {
        InetSocketAddress address = Destinations.forBind(localAddress);
        socket().bind(address.getAddress(), address.getPort());
        socket().listen(config.getBacklog());
    }

    @Override
    protected StreamUnsafe newUnsafe() {
        return new Accepting();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
        throw new UnsupportedOperationException("a listener writes nothing");
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        throw new UnsupportedOperationException("a listener writes nothing");
    }

    @SuppressWarnings("deprecation") // RecvByteBufAllocator.Handle, which netty's own interface names
    private final class Accepting extends StreamUnsafe {
        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            RecvByteBufAllocator.Handle allocator = recvBufAllocHandle();
            allocator.reset(config);
            try {
                accept(allocator);
            } finally {
                readOnIfWanted();
            }
        }

        private void accept(RecvByteBufAllocator.Handle allocator) {
            ChannelPipeline pipeline = pipeline();
            Throwable failure = null;
            try {
                do {
                    StreamSocket accepted = isOpen() ? socket().accept() : null;
                    if (accepted == null) {
                        break;
                    }
                    allocator.incMessagesRead(1);
                    readFulfilled();
                    pipeline.fireChannelRead(new VirtuosoSocketChannel(VirtuosoServerSocketChannel.this, accepted));
                } while (allocator.continueReading());
            } catch (RuntimeException e) {
                failure = e;
            }
            allocator.readComplete();
            pipeline.fireChannelReadComplete();
            if (failure != null) {
                pipeline.fireExceptionCaught(failure);
            }
        }

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            promise.setFailure(new UnsupportedOperationException("a listener connects to nobody"));
        }
    }
}
