package io.virtuoso.guest.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.util.internal.PlatformDependent;
import io.virtuoso.guest.core.StreamSocket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Map;

/** Options of a {@link VirtuosoSocketChannel}. */
public final class VirtuosoSocketChannelConfig extends DefaultChannelConfig implements SocketChannelConfig {
    /** netty's names of the options that sockets have by themselves. */
    private static final Map<ChannelOption<?>, SocketOption<?>> SOCKET_OPTIONS = Map.of(
            ChannelOption.SO_RCVBUF, StandardSocketOptions.SO_RCVBUF,
            ChannelOption.SO_SNDBUF, StandardSocketOptions.SO_SNDBUF,
            ChannelOption.SO_LINGER, StandardSocketOptions.SO_LINGER,
            ChannelOption.SO_KEEPALIVE, StandardSocketOptions.SO_KEEPALIVE,
            ChannelOption.SO_REUSEADDR, StandardSocketOptions.SO_REUSEADDR,
            ChannelOption.TCP_NODELAY, StandardSocketOptions.TCP_NODELAY,
            ChannelOption.IP_TOS, StandardSocketOptions.IP_TOS);

    private final VirtuosoSocketChannel connection;
    private volatile boolean allowHalfClosure;

    VirtuosoSocketChannelConfig(VirtuosoSocketChannel connection) {
        super(connection);
        this.connection = connection;
        if (PlatformDependent.canEnableTcpNoDelayByDefault()) {
            setTcpNoDelay(true);
        }
    }

    private StreamSocket socket() {
        return connection.socket();
    }

    private <T> T get(SocketOption<T> option) {
        return VirtuosoChannelOption.get(socket(), option);
    }

    private <T> VirtuosoSocketChannelConfig set(SocketOption<T> option, T value) {
        VirtuosoChannelOption.set(socket(), option, value);
        return this;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(
                getOptions(super.getOptions(), SOCKET_OPTIONS.keySet().toArray(ChannelOption<?>[]::new)),
                ChannelOption.ALLOW_HALF_CLOSURE);
    }

    @Override
    @SuppressWarnings("unchecked") // each option has the type of its value
    public <T> T getOption(ChannelOption<T> option) {
        SocketOption<?> own = SOCKET_OPTIONS.get(option);
        if (own != null) {
            return (T) get(own);
        }
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            return (T) Boolean.valueOf(isAllowHalfClosure());
        }
        return option instanceof VirtuosoChannelOption<T> jdk ? jdk.get(socket(), false) : super.getOption(option);
    }

    @Override
    @SuppressWarnings("unchecked") // each option has the type of its value
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        SocketOption<T> own = (SocketOption<T>) SOCKET_OPTIONS.get(option);
        if (own != null) {
            set(own, value);
            return true;
        }
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            setAllowHalfClosure((Boolean) value);
            return true;
        }
        return option instanceof VirtuosoChannelOption<T> jdk
                ? jdk.set(socket(), false, value)
                : super.setOption(option, value);
    }

    @Override
    public int getReceiveBufferSize() {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public VirtuosoSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        return set(StandardSocketOptions.SO_RCVBUF, receiveBufferSize);
    }

    @Override
    public int getSendBufferSize() {
        return get(StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public VirtuosoSocketChannelConfig setSendBufferSize(int sendBufferSize) {
        return set(StandardSocketOptions.SO_SNDBUF, sendBufferSize);
    }

    @Override
    public int getSoLinger() {
        return get(StandardSocketOptions.SO_LINGER);
    }

    @Override
    public VirtuosoSocketChannelConfig setSoLinger(int soLinger) {
        return set(StandardSocketOptions.SO_LINGER, soLinger);
    }

    @Override
    public boolean isKeepAlive() {
        return get(StandardSocketOptions.SO_KEEPALIVE);
    }

    @Override
    public VirtuosoSocketChannelConfig setKeepAlive(boolean keepAlive) {
        return set(StandardSocketOptions.SO_KEEPALIVE, keepAlive);
    }

    @Override
    public boolean isReuseAddress() {
        return get(StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public VirtuosoSocketChannelConfig setReuseAddress(boolean reuseAddress) {
        return set(StandardSocketOptions.SO_REUSEADDR, reuseAddress);
    }

    @Override
    public boolean isTcpNoDelay() {
        return get(StandardSocketOptions.TCP_NODELAY);
    }

    @Override
    public VirtuosoSocketChannelConfig setTcpNoDelay(boolean tcpNoDelay) {
        return set(StandardSocketOptions.TCP_NODELAY, tcpNoDelay);
    }

    @Override
    public int getTrafficClass() {
        return get(StandardSocketOptions.IP_TOS);
    }

    @Override
    public VirtuosoSocketChannelConfig setTrafficClass(int trafficClass) {
        return set(StandardSocketOptions.IP_TOS, trafficClass);
    }

    /** Hints, which mean nothing where there is one protocol. */
    @Override
    public VirtuosoSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    @Override
    public VirtuosoSocketChannelConfig setAllowHalfClosure(boolean allowHalfClosure) {
        this.allowHalfClosure = allowHalfClosure;
        return this;
    }

    @Override
    protected void autoReadCleared() {
        connection.autoReadCleared();
    }

    // ---- the same with this type -------------------------------------------------------------

    @Override
    public VirtuosoSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public VirtuosoSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public VirtuosoSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public VirtuosoSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public VirtuosoSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public VirtuosoSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public VirtuosoSocketChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    public VirtuosoSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    @Override
    public VirtuosoSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }
}
