package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.Deadline;
import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.UdpSocket;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.MembershipKey;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A channel whose datagrams are the host stack's, unless its first use shows that they are the platform's: then a
 * platform channel does the work behind it, with the same options, mode and registrations. See {@link DatagramPlace} for
 * what decides.
 */
final class GuestDatagramChannel extends DatagramChannel implements OwnChannel, StreamIo.Blocker {
    private static final int ELSEWHERE = -2; // the platform's channel must do it

    /** A call of the platform's channel. */
    @FunctionalInterface
    private interface PlatformCall<R> {
        R run(DatagramChannel channel) throws IOException;
    }

    private final ProtocolFamily family;
    private final UdpSocket socket;
    private final DatagramIo io;
    private final ChannelKeys keys;
    private final PlatformPart<DatagramChannel> platform;
    private final DatagramPlace place;
    private final AtomicReference<DatagramSocket> adaptor = new AtomicReference<>();
    private volatile InetSocketAddress peer;

    /**
     * A new one.
     *
     * @param family null: any
     * @param interruptible whether an interrupt closes the channel
     */
    GuestDatagramChannel(SelectorProvider provider, ProtocolFamily family, boolean interruptible) {
        super(provider);
        this.family = family;
        boolean ipv4Only = family == StandardProtocolFamily.INET;
        this.socket = new UdpSocket(ipv4Only);
        this.keys = new ChannelKeys(socket);
        this.io = new DatagramIo(socket, this, interruptible);
        this.platform = new PlatformPart<>(this, socket, keys, UdpSocket.supportedOptions());
        this.place = new DatagramPlace(socket, platform, keys, () -> Platform.datagrams(ipv4Only, interruptible));
    }

    // ---- addresses ---------------------------------------------------------------------------

    @Override
    public DatagramChannel bind(SocketAddress local) throws IOException {
        io.lockBoth();
        try {
            io.enter();
            try {
                if (isBound()) {
                    throw new AlreadyBoundException();
                }
                place.bind(SocketAddresses.checkLocal(local, family), isBlocking());
            } finally {
                io.leave();
            }
        } finally {
            io.unlockBoth();
        }
        return this;
    }

    boolean isBound() {
        DatagramChannel other = platform.channel();
        return other == null ? place.isBound() : other.socket().isBound();
    }

    /** Whether it is somebody's. */
    boolean isDecided() {
        return place.isHere() || platform.channel() != null;
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        platform.checkOpen();
        return localAddress();
    }

    /** Also of a closed one. An undecided one that is bound must tell its port: that makes it the guest's. */
    InetSocketAddress localAddress() throws IOException {
        if (place.isBound() && !isDecided() && isOpen()) {
            place.settle(isBlocking());
        }
        DatagramChannel other = platform.channel();
        return other == null ? socket.localAddress() : (InetSocketAddress) other.getLocalAddress();
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        platform.checkOpen();
        return peer;
    }

    /** Also of a closed one. */
    InetSocketAddress peer() {
        return peer;
    }

    @Override
    public boolean isConnected() {
        return peer != null && isOpen();
    }

    @Override
    public DatagramChannel connect(SocketAddress remote) throws IOException {
        connect(remote, true);
        return this;
    }

    /** @param once whether it must not be connected; sockets may change their peer */
    void connect(SocketAddress remote, boolean once) throws IOException {
        InetSocketAddress to = SocketAddresses.check(remote, family);
        io.lockBoth();
        try {
            io.enter();
            try {
                if (once && peer != null) {
                    throw new AlreadyConnectedException();
                }
                if (to.getPort() == 0) {
                    throw new SocketException("Can't connect to port 0");
                }
                if (place.decideForPeer(to, isBlocking())) {
                    socket.connect(to);
                    keys.lookAgain();
                } else {
                    platform.channel().disconnect();
                    platform.channel().connect(to);
                }
                peer = to;
            } finally {
                io.leave();
            }
        } finally {
            io.unlockBoth();
        }
    }

    @Override
    public DatagramChannel disconnect() throws IOException {
        io.lockBoth();
        try {
            if (peer == null || !isOpen()) {
                return this;
            }
            io.enter();
            try {
                if (platform.channel() != null) {
                    platform.channel().disconnect();
                } else {
                    socket.disconnect();
                }
                peer = null;
            } finally {
                io.leave();
            }
        } finally {
            io.unlockBoth();
        }
        return this;
    }

    // ---- receiving ---------------------------------------------------------------------------

    @Override
    public SocketAddress receive(ByteBuffer dst) throws IOException {
        Buffers.checkWritable(dst);
        int got;
        io.lockRead();
        try {
            got = receiveHere(dst, Deadline.NONE);
            if (got >= 0) {
                return socket.source();
            }
        } finally {
            io.unlockRead();
        }
        return got == ELSEWHERE ? onPlatform(other -> other.receive(dst)) : null;
    }

    /** For the adaptor; a timeout of 0 is none. The caller holds the packet's monitor. */
    void blockingReceive(DatagramPacket packet, int timeoutMillis) throws IOException {
        int got;
        io.lockRead();
        try {
            io.checkOpen();
            if (!isBlocking()) {
                throw new IllegalBlockingModeException();
            }
            ByteBuffer dst = ByteBuffer.wrap(packet.getData(), packet.getOffset(), DatagramPackets.room(packet));
            got = receiveHere(dst, Deadline.inMillis(timeoutMillis, "Receive timed out"));
            if (got >= 0) {
                DatagramPackets.length(packet, got);
                packet.setSocketAddress(socket.source());
            }
        } finally {
            io.unlockRead();
        }
        if (got == ELSEWHERE) {
            onPlatform(other -> {
                other.socket().setSoTimeout(timeoutMillis);
                other.socket().receive(packet);
                return null;
            });
        }
    }

    private int receiveHere(ByteBuffer dst, Deadline deadline) throws IOException {
        return io.run(() -> place.settle(isBlocking()) ? socket.receive(dst) : ELSEWHERE, UdpSocket.READ, deadline);
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        Buffers.checkWritable(dst);
        if (platform.channel() != null) {
            return onPlatform(other -> other.read(dst));
        }
        io.lockRead();
        try {
            return Math.max(
                    0,
                    io.run(
                            () -> connected() && dst.hasRemaining() ? socket.receive(dst) : 0,
                            UdpSocket.READ,
                            Deadline.NONE));
        } finally {
            io.unlockRead();
        }
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        boolean room = Buffers.checkWritable(dsts, offset, length) > 0;
        if (platform.channel() != null) {
            return onPlatform(other -> other.read(dsts, offset, length));
        }
        io.lockRead();
        try {
            DatagramIo.Attempt attempt = () -> connected() && room ? socket.receive(dsts, offset, length) : 0;
            return Math.max(0, io.run(attempt, UdpSocket.READ, Deadline.NONE));
        } finally {
            io.unlockRead();
        }
    }

    /** As in the JDK nothing is sent to a peer, or taken from it, with empty buffers. */
    private boolean connected() {
        if (peer == null) {
            throw new NotYetConnectedException();
        }
        return true;
    }

    // ---- sending -----------------------------------------------------------------------------

    @Override
    public int send(ByteBuffer src, SocketAddress target) throws IOException {
        Objects.requireNonNull(src);
        InetSocketAddress to = SocketAddresses.check(target, family);
        int sent;
        io.lockWrite();
        try {
            sent = io.run(() -> sendHere(src, to), UdpSocket.WRITE, Deadline.NONE);
        } finally {
            io.unlockWrite();
        }
        return sent == ELSEWHERE ? onPlatform(other -> other.send(src, target)) : Math.max(0, sent);
    }

    private int sendHere(ByteBuffer src, InetSocketAddress to) throws IOException {
        InetSocketAddress connected = peer;
        if (connected != null && !to.equals(connected)) {
            throw new AlreadyConnectedException();
        }
        if (to.getPort() == 0) {
            throw new SocketException("Can't send to port 0");
        }
        if (!place.decide(to, isBlocking())) {
            return ELSEWHERE;
        }
        if (connected == null) {
            return socket.send(src, to);
        }
        return src.hasRemaining() ? socket.send(src, null) : 0;
    }

    /** For the adaptor. The caller holds the packet's monitor. */
    void blockingSend(DatagramPacket packet) throws IOException {
        io.checkOpen();
        if (!isBlocking()) {
            throw new IllegalBlockingModeException();
        }
        SocketAddress target = peer;
        if (packet.getAddress() != null) {
            target = packet.getSocketAddress();
        } else if (target == null) {
            throw new IllegalArgumentException("Address not set");
        } else {
            packet.setSocketAddress(target);
        }
        send(ByteBuffer.wrap(packet.getData(), packet.getOffset(), packet.getLength()), target);
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        Objects.requireNonNull(src);
        if (platform.channel() != null) {
            return onPlatform(other -> other.write(src));
        }
        io.lockWrite();
        try {
            return Math.max(
                    0,
                    io.run(
                            () -> connected() && src.hasRemaining() ? socket.send(src, null) : 0,
                            UdpSocket.WRITE,
                            Deadline.NONE));
        } finally {
            io.unlockWrite();
        }
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        if (platform.channel() != null) {
            return onPlatform(other -> other.write(srcs, offset, length));
        }
        io.lockWrite();
        try {
            boolean any = Buffers.remaining(srcs, offset, length) > 0;
            DatagramIo.Attempt attempt = () -> connected() && any ? socket.send(srcs, offset, length) : 0;
            return Math.max(0, io.run(attempt, UdpSocket.WRITE, Deadline.NONE));
        } finally {
            io.unlockWrite();
        }
    }

    private <R> R onPlatform(PlatformCall<R> call) throws IOException {
        try {
            return call.run(platform.channel());
        } catch (IOException e) {
            platform.follow();
            throw e;
        }
    }

    // ---- options and multicast ---------------------------------------------------------------

    @Override
    public <T> DatagramChannel setOption(SocketOption<T> name, T value) throws IOException {
        if (DatagramOptions.isPlatformOnly(name) && name.type().isInstance(value) && isOpen()) {
            place.leaveIfUndecided(FallbackReason.OPTION, isBlocking());
        }
        platform.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        if (DatagramOptions.isPlatformOnly(name) && supportedOptions().contains(name) && platform.channel() == null) {
            platform.checkOpen();
            return DatagramOptions.platformDefault(name);
        }
        return platform.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return isDecided() ? platform.supportedOptions() : DatagramOptions.undecided();
    }

    /** The platform's own socket, which knows multicast; null while the channel is not the platform's. */
    DatagramSocket platformSocket() {
        DatagramChannel other = platform.channel();
        return other == null ? null : other.socket();
    }

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface network) throws IOException {
        checkGroup(group, network);
        return onPlatform(other -> other.join(group, network));
    }

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface network, InetAddress source) throws IOException {
        Objects.requireNonNull(source);
        checkGroup(group, network);
        return onPlatform(other -> other.join(group, network, source));
    }

    /** No network of a guest's carries multicast. */
    private void checkGroup(InetAddress group, NetworkInterface network) throws IOException {
        if (!group.isMulticastAddress()) {
            throw new IllegalArgumentException("Group not a multicast address");
        }
        if (family == StandardProtocolFamily.INET && !(group instanceof Inet4Address)) {
            throw new IllegalArgumentException("Only IPv6 sockets can join IPv6 multicast group");
        }
        Objects.requireNonNull(network);
        platform.checkOpen();
        if (platform.channel() == null) {
            throw new SocketException("No such device");
        }
    }

    @Override
    public DatagramSocket socket() {
        DatagramSocket made = adaptor.get();
        if (made == null) {
            adaptor.compareAndSet(null, GuestDatagramSocket.of(this));
            made = adaptor.get();
        }
        return made;
    }

    // ---- for selectors and superclasses ------------------------------------------------------

    @Override
    public int readyOps(int interestOps) {
        if (!place.isHere()) {
            return interestOps & SelectionKey.OP_WRITE;
        }
        return keys.readyForData(interestOps);
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
}
