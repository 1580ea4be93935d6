package io.virtuoso.guest.core;

import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Datagram;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Port, peer and end of one UDP socket: all that takes a command to the host stack. What each method means stands at the
 * one of {@link UdpSocket} that calls it. Any thread.
 */
final class UdpControl {
    private final UdpSocket socket;
    private final Link link;
    private final boolean dual; // any address is IPv6's, too
    private final Home home;
    private final WaitList waits;
    private final UdpOptions options = new UdpOptions();
    private final ReentrantLock lock = new ReentrantLock();

    private volatile SlotUse use;
    private volatile Way peer;
    private volatile boolean open;
    private volatile boolean named;
    private volatile boolean closed;
    private boolean counted;
    private InetAddress boundAddress; // of which family any address is, too
    private int boundPort;

    UdpControl(UdpSocket socket, Link link, boolean dual, Home home, WaitList waits) {
        this.socket = socket;
        this.link = link;
        this.dual = dual;
        this.home = home;
        this.waits = waits;
    }

    SlotUse use() {
        return use;
    }

    boolean isOpen() {
        return open;
    }

    boolean isNamed() {
        return named;
    }

    boolean isClosed() {
        return closed;
    }

    /** Null: not connected. */
    Way peer() {
        return peer;
    }

    // ---- ways --------------------------------------------------------------------------------

    Place placeOf(InetAddress address) {
        return Place.of(address, link.attachment());
    }

    boolean hostStackLacksUdp() {
        Attachment attachment = link.attachment();
        return attachment != null && !attachment.knowsDatagrams();
    }

    /** How a socket that is the host stack's reaches a destination, wherever that lies. */
    Way wayTo(Attachment attachment, InetSocketAddress to) throws IOException {
        return switch (Place.of(to.getAddress(), attachment)) {
            case LOOPBACK -> new Way(to, attachment, ownLike(to.getAddress(), attachment), Datagram.LOOPBACK);
            case NETWORK -> new Way(to, attachment, to.getAddress(), 0);
            case OUTSIDE -> {
                if (!attachment.hasGateway()) {
                    throw failure(Errno.ENETUNREACH);
                }
                yield new Way(to, attachment, to.getAddress(), 0);
            }
            case BROADCAST ->
                throw failure(options.isOn(StandardSocketOptions.SO_BROADCAST) ? Errno.ENETUNREACH : Errno.EACCES);
            default -> throw failure(Errno.ENETUNREACH);
        };
    }

    private static InetAddress ownLike(InetAddress other, Attachment attachment) {
        return attachment.datagramSubnet6() == null
                ? SlotUse.inetAddress(attachment.address())
                : attachment.ownLike(other);
    }

    private static IOException failure(int errno) {
        return Errnos.exception(errno, Errnos.Operation.CONTROL);
    }

    // ---- open --------------------------------------------------------------------------------

    void open(InetAddress address, int port) throws IOException {
        lock.lock();
        try {
            Attachment attachment = attachment();
            boolean any = Routing.isWildcard(address);
            if (!any && !attachment.isOwn(address)) {
                throw failure(Errno.EADDRNOTAVAIL);
            }
            boundAddress = any ? any(attachment) : address;
            int errno = openAt(attachment, port);
            if (errno != 0) {
                throw failure(errno);
            }
            open = true;
            named = port != 0;
            if (named) {
                link.comesBack(socket);
            }
        } finally {
            lock.unlock();
        }
    }

    private Attachment attachment() throws IOException {
        Attachment attachment = link.attachment();
        if (attachment == null || !attachment.knowsDatagrams()) {
            throw new SocketException(Errnos.text(Errno.ENETDOWN));
        }
        return attachment;
    }

    private InetAddress any(Attachment attachment) {
        return attachment.any(dual && attachment.datagramSubnet6() != null);
    }

    private int openAt(Attachment attachment, int port) {
        if (closed) {
            return Errno.EBADF;
        }
        int index = attachment.takeSlot();
        if (index < 0) {
            return -index;
        }
        enter(new SlotUse(attachment, index, attachment.newGeneration()));
        long flags = (options.isOn(StandardSocketOptions.SO_REUSEADDR) ? Command.BIND_REUSEADDR : 0)
                | (options.isOn(StandardSocketOptions.SO_REUSEPORT) ? Command.BIND_REUSEPORT : 0);
        Context.Request answer =
                ask(Command.DATAGRAM, Routing.high(boundAddress), Routing.low(boundAddress), port, flags);
        if (answer.errno() != 0) {
            leave();
            return answer.errno();
        }
        boundPort = (int) answer.value();
        tellReceiveBuffer();
        tellTypeOfService(0);
        home.look();
        return 0;
    }

    private void enter(SlotUse entered) {
        if (!counted) {
            counted = true; // not before: the platform may get it
            link.countSocket();
        }
        home.enter(entered);
        entered.attachment().own(entered.index(), socket);
        socket.forgetErrors();
        use = entered;
    }

    /** Gives the slot back, if there is anybody to take it. */
    private void leave() {
        SlotUse now = use;
        if (now == null) {
            return;
        }
        if (!now.attachment().isDead()) {
            home.postInOrder(Command.CLOSE, now, Command.CLOSE_GRACEFUL, 0, 0);
            home.settle(); // the port is free: others' commands leave by other queues
        }
        now.attachment().disown(now.index(), socket);
        use = null;
        home.leave();
    }

    void giveUp() {
        lock.lock();
        try {
            leave();
            link.comesBackNoMore(socket);
            open = false;
            named = false;
            peer = null;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            link.comesBackNoMore(socket);
            leave();
        } finally {
            lock.unlock();
        }
        waits.release();
    }

    // ---- after the host stack was away -------------------------------------------------------

    /** Whether the host stack is away and brings the socket back by itself. */
    boolean waitsForHostStack() {
        SlotUse now = use;
        return named && (now == null || now.attachment().isDead()) && link.attachment() == null;
    }

    /** The present use of a slot; one at a new host stack if the old one is gone. */
    SlotUse usable() throws IOException {
        SlotUse now = use;
        if (now != null && !now.attachment().isDead()) {
            return now;
        }
        lock.lock();
        try {
            now = use;
            if (now == null || now.attachment().isDead()) {
                openAgain(attachment());
            }
            return use;
        } finally {
            lock.unlock();
        }
    }

    private void openAgain(Attachment attachment) throws IOException {
        leave();
        boundAddress = boundAddress.isAnyLocalAddress() ? any(attachment) : attachment.ownLike(boundAddress);
        int errno = openAt(attachment, boundPort);
        if (errno == Errno.EADDRINUSE && !named) {
            errno = openAt(attachment, 0);
        }
        if (errno != 0) {
            throw failure(errno);
        }
        Way before = peer;
        if (before != null) {
            connect(wayTo(attachment, before.to()));
        }
    }

    void comeBack(Attachment attachment) {
        lock.lock();
        try {
            SlotUse now = use;
            if (!closed && (now == null || now.attachment() != attachment)) {
                openAgain(attachment);
            }
        } catch (IOException e) {
            leave(); // the next call tries again and says why not
        } finally {
            lock.unlock();
        }
        waits.onEvent();
    }

    // ---- peers -------------------------------------------------------------------------------

    boolean reachesLoopback(InetSocketAddress to) {
        lock.lock();
        try {
            SlotUse now = use;
            if (now == null) {
                return false;
            }
            InetAddress own = ownLike(to.getAddress(), now.attachment());
            long high = Routing.high(own);
            long low = Routing.low(own);
            return ask(Command.DATAGRAM_CONNECT, high, low, to.getPort(), Datagram.PROBE)
                            .errno()
                    == 0;
        } finally {
            lock.unlock();
        }
    }

    void connect(Way way) throws IOException {
        lock.lock();
        try {
            askConnect(way.high(), way.low(), way.port());
            peer = way;
        } finally {
            lock.unlock();
        }
    }

    void disconnect() throws IOException {
        lock.lock();
        try {
            askConnect(0, 0, 0);
            peer = null;
        } finally {
            lock.unlock();
        }
    }

    private void askConnect(long high, long low, int port) throws IOException {
        int errno = ask(Command.DATAGRAM_CONNECT, high, low, port, 0).errno();
        if (errno != 0) {
            throw failure(errno);
        }
    }

    private Context.Request ask(int type, long arg0, long arg1, long arg2, long arg3) {
        return home.ask(type, use, arg0, arg1, arg2, arg3);
    }

    InetSocketAddress localAddress() {
        lock.lock();
        try {
            if (!open) {
                return null;
            }
            InetAddress address = boundAddress;
            Way connected = peer;
            if (connected != null && address.isAnyLocalAddress()) {
                InetAddress there = connected.to().getAddress();
                address = connected.flags() != 0
                        ? Subnet6.loopbackLike(there)
                        : connected.attachment().ownLike(there);
            }
            return new InetSocketAddress(address, boundPort);
        } finally {
            lock.unlock();
        }
    }

    // ---- options -----------------------------------------------------------------------------

    <T> void setOption(SocketOption<T> name, T value) {
        lock.lock();
        try {
            int typeOfService = options.typeOfService();
            options.set(name, value);
            if (name.equals(StandardSocketOptions.SO_RCVBUF)) {
                tellReceiveBuffer();
            }
            tellTypeOfService(typeOfService);
        } finally {
            lock.unlock();
        }
    }

    private void tellReceiveBuffer() {
        SlotUse now = use;
        int bytes = options.receiveBuffer();
        if (now != null && bytes != 0) {
            home.postInOrder(Command.OPTION, now, Option.RECEIVE_BUFFER, bytes, 0);
        }
    }

    /**
     * It is that of both families, as the JDK sets it. Waits until it is so: the host stack sends all that it finds in a
     * ring, and would send what is written after the command before it sees the command.
     */
    private void tellTypeOfService(int known) {
        SlotUse now = use;
        int value = options.typeOfService();
        if (now != null && value != known && now.attachment().knowsOption(Option.TOS)) {
            ask(Command.OPTION, Option.TOS, value, 0, 0);
            ask(Command.OPTION, Option.TRAFFIC_CLASS, value, 0, 0);
        }
    }

    <T> T getOption(SocketOption<T> name) {
        return options.get(name);
    }
}
