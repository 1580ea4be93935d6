package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.core.Place;
import io.virtuoso.guest.core.UdpSocket;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Whose a datagram channel is: nobody's until its first use, then the host stack's or the platform's (ADR 11). A bind to
 * any port of any address leaves it open; receiving, and asking for the port, make it the guest's.
 */
final class DatagramPlace {
    /** Makes the platform's channel. */
    @FunctionalInterface
    interface Opener {
        DatagramChannel open() throws IOException;
    }

    private final UdpSocket socket;
    private final PlatformPart<DatagramChannel> platform;
    private final ChannelKeys keys;
    private final Opener opener;
    private final ReentrantLock lock = new ReentrantLock(); // one thread decides
    private volatile boolean bound;
    private volatile boolean here;

    DatagramPlace(UdpSocket socket, PlatformPart<DatagramChannel> platform, ChannelKeys keys, Opener opener) {
        this.socket = socket;
        this.platform = platform;
        this.keys = keys;
        this.opener = opener;
    }

    /** Whether it is the host stack's. */
    boolean isHere() {
        return here;
    }

    /** Whether it has a port, or will have one once it is asked for it. */
    boolean isBound() {
        return bound;
    }

    // ---- binding -----------------------------------------------------------------------------

    void bind(InetSocketAddress local, boolean blocking) throws IOException {
        lock.lock();
        try {
            DatagramChannel other = platform.channel();
            if (other != null) {
                other.bind(local);
            } else if (!local.getAddress().isAnyLocalAddress()) {
                bindTo(local, blocking);
            } else if (local.getPort() != 0 && socket.hostStackLacksUdp()) {
                leave(FallbackReason.UNATTACHED, blocking).bind(local);
            } else if (local.getPort() != 0) {
                open(null, local.getPort());
            }
            bound = true;
        } finally {
            lock.unlock();
        }
    }

    private void bindTo(InetSocketAddress local, boolean blocking) throws IOException {
        Place target = socket.placeOf(local.getAddress());
        switch (target) {
            case NETWORK -> open(local.getAddress(), local.getPort());
            case MULTICAST, BROADCAST, NOWHERE -> throw new BindException("Cannot assign requested address");
            default -> leave(target.reason(), blocking).bind(local);
        }
    }

    private void open(InetAddress address, int port) throws IOException {
        socket.open(address, port);
        bound = true;
        here = true;
        keys.lookAgain();
    }

    // ---- deciding ----------------------------------------------------------------------------

    /** Without a destination: the guest's, if there is a host stack. @return false: it is the platform's */
    boolean settle(boolean blocking) throws IOException {
        if (here) {
            return true;
        }
        lock.lock();
        try {
            if (platform.channel() != null) {
                return false;
            }
            if (!here) {
                openOrLeave(blocking);
            }
            return here;
        } finally {
            lock.unlock();
        }
    }

    private void openOrLeave(boolean blocking) throws IOException {
        try {
            open(null, 0);
        } catch (BindException e) {
            throw e;
        } catch (SocketException e) {
            bound = true;
            leave(FallbackReason.UNATTACHED, blocking);
        }
    }

    /** By the destination of a datagram. @return false: it is the platform's */
    boolean decide(InetSocketAddress to, boolean blocking) throws IOException {
        if (here) {
            return true;
        }
        lock.lock();
        try {
            if (platform.channel() == null && !here) {
                decideBy(to, blocking);
            }
            return here;
        } finally {
            lock.unlock();
        }
    }

    private void decideBy(InetSocketAddress to, boolean blocking) throws IOException {
        Place target = socket.placeOf(to.getAddress());
        switch (target) {
            case NETWORK -> open(null, 0);
            case LOOPBACK -> {
                if (!openForLoopback(to)) {
                    leave(FallbackReason.LOOPBACK, blocking);
                }
            }
            case MULTICAST, NOWHERE -> throw new SocketException("Network is unreachable");
            case BROADCAST -> {
                if (!socket.mayBroadcast()) {
                    throw new BindException("Permission denied");
                }
                leave(FallbackReason.OUTSIDE, blocking);
            }
            default -> leave(target.reason(), blocking);
        }
    }

    private boolean openForLoopback(InetSocketAddress to) {
        try {
            socket.open(null, 0);
        } catch (IOException e) {
            return false;
        }
        if (!socket.reachesLoopback(to)) {
            socket.giveUp();
            return false;
        }
        bound = true;
        here = true;
        keys.lookAgain();
        return true;
    }

    /**
     * By the peer to connect to: without a port of its own it goes where the peer is. Under all locks of the channel.
     *
     * @return false: it is the platform's
     */
    boolean decideForPeer(InetSocketAddress to, boolean blocking) throws IOException {
        lock.lock();
        try {
            if (here && !socket.isNamed()) {
                Place target = socket.placeOf(to.getAddress());
                boolean leaves = switch (target) {
                    case OUTSIDE, IPV6, RULE -> true;
                    case LOOPBACK -> !socket.reachesLoopback(to);
                    default -> false;
                };
                if (leaves) {
                    here = false;
                    leave(target.reason(), blocking);
                }
            }
            return decide(to, blocking);
        } finally {
            lock.unlock();
        }
    }

    /** It needs what only the platform has. */
    void leaveIfUndecided(FallbackReason reason, boolean blocking) throws IOException {
        lock.lock();
        try {
            if (!here && platform.channel() == null) {
                leave(reason, blocking);
            }
        } finally {
            lock.unlock();
        }
    }

    private DatagramChannel leave(FallbackReason reason, boolean blocking) throws IOException {
        DatagramChannel other = opener.open();
        platform.become(other, reason, blocking);
        if (bound) {
            other.bind(null);
        }
        return other;
    }
}
