package io.virtuoso.guest.nio;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Set;

/**
 * A datagram channel as a DatagramSocket; also what class DatagramSocket and class MulticastSocket work with. Multicast is
 * refused as Linux refuses it without a network for it, unless the channel is the platform's.
 */
@SuppressWarnings("InlineMeSuggester") // what is deprecated here is the JDK's
final class GuestDatagramSocket extends MulticastSocket {
    private static final SocketAddress NO_DELEGATE = findNoDelegate();

    private final GuestDatagramChannel channel;
    private volatile int timeout;

    private GuestDatagramSocket(GuestDatagramChannel channel) throws IOException {
        super(NO_DELEGATE);
        this.channel = channel;
    }

    static DatagramSocket of(GuestDatagramChannel channel) {
        try {
            return new GuestDatagramSocket(channel);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** By this address the JDK knows sockets that do all themselves. */
    private static SocketAddress findNoDelegate() {
        try {
            return (SocketAddress) MethodHandles.privateLookupIn(DatagramSocket.class, MethodHandles.lookup())
                    .findStaticVarHandle(DatagramSocket.class, "NO_DELEGATE", SocketAddress.class)
                    .get();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JDK's datagram sockets cannot be made", e);
        }
    }

    // ---- addresses ---------------------------------------------------------------------------

    @Override
    public void bind(SocketAddress local) throws SocketException {
        InetSocketAddress address = local == null ? new InetSocketAddress(0) : internet(local);
        try {
            channel.bind(address);
        } catch (IOException | RuntimeException e) {
            throw AdaptorErrors.socketException(e);
        }
    }

    private static InetSocketAddress internet(SocketAddress address) {
        if (address instanceof InetSocketAddress internet) {
            return internet;
        }
        throw new UnsupportedAddressTypeException();
    }

    @Override
    public void connect(InetAddress address, int port) {
        if (address == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        try {
            connectTo(new InetSocketAddress(address, port));
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void connect(SocketAddress remote) throws SocketException {
        if (remote == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        connectTo(internet(remote));
    }

    private void connectTo(InetSocketAddress remote) throws SocketException {
        try {
            channel.connect(remote, false);
        } catch (ClosedChannelException e) {
            // without effect, as specified
        } catch (IOException | RuntimeException e) {
            throw AdaptorErrors.socketException(e);
        }
    }

    @Override
    public void disconnect() {
        try {
            channel.disconnect();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean isBound() {
        return channel.isBound();
    }

    @Override
    public boolean isConnected() {
        return channel.peer() != null;
    }

    @Override
    public InetAddress getInetAddress() {
        InetSocketAddress peer = channel.peer();
        return peer == null ? null : peer.getAddress();
    }

    @Override
    public int getPort() {
        InetSocketAddress peer = channel.peer();
        return peer == null ? -1 : peer.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return channel.peer();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return isClosed() ? null : local();
    }

    private InetSocketAddress local() {
        try {
            return channel.localAddress();
        } catch (IOException e) {
            return null; // closed at this moment, or there is no port for it
        }
    }

    @Override
    public InetAddress getLocalAddress() {
        if (isClosed()) {
            return null;
        }
        InetSocketAddress local = channel.isDecided() ? local() : null;
        return (local == null ? new InetSocketAddress(0) : local).getAddress();
    }

    @Override
    public int getLocalPort() {
        if (isClosed()) {
            return -1;
        }
        InetSocketAddress local = local();
        return local == null ? 0 : local.getPort();
    }

    // ---- data --------------------------------------------------------------------------------

    @Override
    public void send(DatagramPacket packet) throws IOException {
        try {
            synchronized (packet) {
                channel.blockingSend(packet);
            }
        } catch (AlreadyConnectedException e) {
            throw new IllegalArgumentException("Connected and packet address differ", e);
        } catch (ClosedChannelException e) {
            throw closed(e);
        }
    }

    @Override
    public void receive(DatagramPacket packet) throws IOException {
        try {
            synchronized (packet) {
                channel.blockingReceive(packet, timeout);
            }
        } catch (SocketTimeoutException | ClosedByInterruptException e) {
            throw e;
        } catch (InterruptedIOException e) { // of a virtual thread only
            close();
            SocketException interrupted = new SocketException("Closed by interrupt");
            interrupted.initCause(e);
            throw interrupted;
        } catch (ClosedChannelException e) {
            throw closed(e);
        }
    }

    private static SocketException closed(ClosedChannelException cause) {
        SocketException closed = new SocketException("Socket closed");
        closed.initCause(cause);
        return closed;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public DatagramChannel getChannel() {
        return channel;
    }

    // ---- options -----------------------------------------------------------------------------

    private void checkOpen() throws SocketException {
        if (isClosed()) {
            throw new SocketException("Socket is closed");
        }
    }

    @Override
    public void setSoTimeout(int millis) throws SocketException {
        checkOpen();
        if (millis < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        timeout = millis;
    }

    @Override
    public int getSoTimeout() throws SocketException {
        checkOpen();
        return timeout;
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException("Invalid send size");
        }
        AdaptorErrors.setOption(channel, StandardSocketOptions.SO_SNDBUF, size);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return AdaptorErrors.getOption(channel, StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException("Invalid receive size");
        }
        AdaptorErrors.setOption(channel, StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return AdaptorErrors.getOption(channel, StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        AdaptorErrors.setOption(channel, StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return AdaptorErrors.getOption(channel, StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public void setBroadcast(boolean on) throws SocketException {
        AdaptorErrors.setOption(channel, StandardSocketOptions.SO_BROADCAST, on);
    }

    @Override
    public boolean getBroadcast() throws SocketException {
        return AdaptorErrors.getOption(channel, StandardSocketOptions.SO_BROADCAST);
    }

    @Override
    public void setTrafficClass(int value) throws SocketException {
        if (value < 0 || value > 255) {
            throw new IllegalArgumentException("tc is not in range 0 -- 255");
        }
        AdaptorErrors.setOption(channel, StandardSocketOptions.IP_TOS, value);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return AdaptorErrors.getOption(channel, StandardSocketOptions.IP_TOS);
    }

    @Override
    public <T> DatagramSocket setOption(SocketOption<T> name, T value) throws IOException {
        channel.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return channel.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return channel.supportedOptions();
    }

    // ---- multicast ---------------------------------------------------------------------------

    /** The platform's socket, if the channel is the platform's. */
    private MulticastSocket platform() throws SocketException {
        checkOpen();
        if (channel.platformSocket() instanceof MulticastSocket platform) {
            return platform;
        }
        throw new SocketException("Protocol not available");
    }

    /** @return the platform's socket; null: no group can be joined */
    private MulticastSocket platformFor(SocketAddress group) throws SocketException {
        if (!(group instanceof InetSocketAddress internet)) {
            throw new IllegalArgumentException("Unsupported address type");
        }
        if (internet.isUnresolved()) {
            throw new IllegalArgumentException("Unresolved address");
        }
        if (!internet.getAddress().isMulticastAddress()) {
            throw new SocketException("Not a multicast address");
        }
        checkOpen();
        return channel.platformSocket() instanceof MulticastSocket platform ? platform : null;
    }

    @Override
    public void joinGroup(SocketAddress group, NetworkInterface network) throws IOException {
        MulticastSocket platform = platformFor(group);
        if (platform == null) {
            throw new SocketException("No such device");
        }
        platform.joinGroup(group, network);
    }

    @Override
    public void leaveGroup(SocketAddress group, NetworkInterface network) throws IOException {
        MulticastSocket platform = platformFor(group);
        if (platform == null) {
            throw new SocketException("Not a member of group");
        }
        platform.leaveGroup(group, network);
    }

    @Override
    @Deprecated
    public void joinGroup(InetAddress group) throws IOException {
        joinGroup(new InetSocketAddress(group, 0), null);
    }

    @Override
    @Deprecated
    public void leaveGroup(InetAddress group) throws IOException {
        leaveGroup(new InetSocketAddress(group, 0), null);
    }

    @Override
    public void setTimeToLive(int hops) throws IOException {
        platform().setTimeToLive(hops);
    }

    @Override
    public int getTimeToLive() throws IOException {
        return platform().getTimeToLive();
    }

    @Override
    public void setNetworkInterface(NetworkInterface network) throws SocketException {
        platform().setNetworkInterface(network);
    }

    @Override
    public NetworkInterface getNetworkInterface() throws SocketException {
        return platform().getNetworkInterface();
    }

    @Override
    @Deprecated
    public void setTTL(byte hops) throws IOException {
        setTimeToLive(Byte.toUnsignedInt(hops));
    }

    @Override
    @Deprecated
    public byte getTTL() throws IOException {
        return (byte) getTimeToLive();
    }

    @Override
    @Deprecated
    public void setInterface(InetAddress address) throws SocketException {
        platform().setInterface(address);
    }

    @Override
    @Deprecated
    public InetAddress getInterface() throws SocketException {
        return platform().getInterface();
    }

    @Override
    @Deprecated
    public void setLoopbackMode(boolean disable) throws SocketException {
        platform().setLoopbackMode(disable);
    }

    @Override
    @Deprecated
    public boolean getLoopbackMode() throws SocketException {
        return platform().getLoopbackMode();
    }

    @Override
    @Deprecated
    public void send(DatagramPacket packet, byte hops) throws IOException {
        platform().send(packet, hops);
    }
}
