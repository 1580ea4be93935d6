package io.virtuoso.guest.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ServerSocketChannelConfig;
import io.netty.util.NetUtil;
import io.virtuoso.guest.core.StreamSocket;
import java.net.StandardSocketOptions;
import java.util.Map;

/** Options of a {@link VirtuosoServerSocketChannel}. */
public final class VirtuosoServerSocketChannelConfig extends DefaultChannelConfig implements ServerSocketChannelConfig {
    private final VirtuosoServerSocketChannel listener;
    private volatile int backlog = NetUtil.SOMAXCONN;

    VirtuosoServerSocketChannelConfig(VirtuosoServerSocketChannel listener) {
        super(listener);
        this.listener = listener;
        setReuseAddress(true); // as the JDK's own listeners have it on Linux
    }

    private StreamSocket socket() {
        return listener.socket();
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(
                super.getOptions(), ChannelOption.SO_RCVBUF, ChannelOption.SO_REUSEADDR, ChannelOption.SO_BACKLOG);
    }

    @Override
    @SuppressWarnings("unchecked") // each option has the type of its value
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.SO_RCVBUF) {
            return (T) Integer.valueOf(getReceiveBufferSize());
        }
        if (option == ChannelOption.SO_REUSEADDR) {
            return (T) Boolean.valueOf(isReuseAddress());
        }
        if (option == ChannelOption.SO_BACKLOG) {
            return (T) Integer.valueOf(getBacklog());
        }
        return option instanceof VirtuosoChannelOption<T> jdk ? jdk.get(socket(), true) : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == ChannelOption.SO_RCVBUF) {
            setReceiveBufferSize((Integer) value);
        } else if (option == ChannelOption.SO_REUSEADDR) {
            setReuseAddress((Boolean) value);
        } else if (option == ChannelOption.SO_BACKLOG) {
            setBacklog((Integer) value);
        } else if (option instanceof VirtuosoChannelOption<T> jdk) {
            return jdk.set(socket(), true, value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    @Override
    public int getBacklog() {
        return backlog;
    }

    @Override
    public VirtuosoServerSocketChannelConfig setBacklog(int backlog) {
        if (backlog < 0) {
            throw new IllegalArgumentException("backlog: " + backlog + " (expected: >= 0)");
        }
        this.backlog = backlog;
        return this;
    }

    @Override
    public boolean isReuseAddress() {
        return VirtuosoChannelOption.get(socket(), StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public VirtuosoServerSocketChannelConfig setReuseAddress(boolean reuseAddress) {
        VirtuosoChannelOption.set(socket(), StandardSocketOptions.SO_REUSEADDR, reuseAddress);
        return this;
    }

    @Override
    public int getReceiveBufferSize() {
        return VirtuosoChannelOption.get(socket(), StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public VirtuosoServerSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        VirtuosoChannelOption.set(socket(), StandardSocketOptions.SO_RCVBUF, receiveBufferSize);
        return this;
    }

    /** Hints, which mean nothing where there is one protocol. */
    @Override
    public VirtuosoServerSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    protected void autoReadCleared() {
        listener.autoReadCleared();
    }

    // ---- the same with this type -------------------------------------------------------------

    @Override
    public VirtuosoServerSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public VirtuosoServerSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public VirtuosoServerSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public VirtuosoServerSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public VirtuosoServerSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public VirtuosoServerSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public VirtuosoServerSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    @Override
    public VirtuosoServerSocketChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    public VirtuosoServerSocketChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public VirtuosoServerSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }
}
