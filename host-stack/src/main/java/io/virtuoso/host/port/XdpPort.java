package io.virtuoso.host.port;

import io.virtuoso.host.ffm.EpollSet;
import io.virtuoso.host.ffm.EthernetTool;
import io.virtuoso.host.ffm.Ipv6Prefix;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.NetworkInterfaces;
import io.virtuoso.host.ffm.StationMembership;
import io.virtuoso.host.ffm.XdpRedirect;
import io.virtuoso.host.ffm.XdpSocket;
import io.virtuoso.host.wire.Ipv6Header;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An interface of this machine, by AF_XDP sockets, one for each of its receive queues: frames come from the driver to the
 * host stack without passing the kernel's own. A program in the driver redirects what belongs to the host stack, which is
 * a station with an Ethernet address of its own; all else goes on to the kernel. There are no offloads: checksums and
 * segments are made by the host stack. Frames are sent by the first queue.
 */
public final class XdpPort implements Port {
    /** Frames from this machine come over it with their checksum left undone, and nothing says so. */
    private static final String LEAVES_CHECKSUMS = "veth";

    private final List<XdpQueue> queues;
    private final List<XdpSocket> sockets;
    private final List<Runnable> closers;
    private final StationMembership membership;
    private final int fd;
    private final int mtu;
    private final long mac;
    private final boolean partialChecksums;
    private final boolean zeroCopy;
    private int next;
    private long refused;

    private XdpPort(final Opening opening, final int fd, final boolean partialChecksums) {
        this.queues = List.copyOf(opening.queues);
        this.sockets = List.copyOf(opening.sockets);
        this.closers = List.copyOf(opening.closers);
        this.membership = opening.membership;
        this.fd = fd;
        this.mtu = opening.mtu;
        this.mac = opening.mac;
        this.partialChecksums = partialChecksums;
        this.zeroCopy = opening.sockets.getFirst().isZeroCopy();
    }

    /**
     * The network that belongs to the host stack.
     *
     * @param address host order
     * @param prefixLength 1 to 32
     * @param maxMtu largest IP packet, in bytes; the interface may have a smaller one
     * @param subnet6 its IPv6 addresses; null: IPv6 is the kernel's
     */
    public record Network(int address, int prefixLength, int maxMtu, Ipv6Prefix subnet6) {}

    /** What is open so far, to be closed if the rest fails. */
    private static final class Opening {
        final String name;
        final int mtu;
        final long mac;
        final List<XdpQueue> queues = new ArrayList<>();
        final List<XdpSocket> sockets = new ArrayList<>();
        final List<Runnable> closers = new ArrayList<>();
        StationMembership membership;

        Opening(final String name, final int maxMtu) throws IOException {
            this.name = name;
            this.mtu = Math.min(maxMtu, NetworkInterfaces.mtu(name));
            this.mac = StationAddress.on(NetworkInterfaces.hardwareAddress(name));
        }

        XdpPort complete(final Network network) throws IOException {
            membership = StationMembership.open(name, mac);
            closers.add(membership::close);
            for (int i = 0; i < EthernetTool.receiveQueues(name); i++) {
                openQueue(i);
            }
            final int mask = -1 << (Integer.SIZE - network.prefixLength);
            final XdpRedirect.Ipv6Match ipv6 =
                    network.subnet6 == null ? null : XdpRedirect.Ipv6Match.on(name, network.subnet6, ownLinkLocal());
            final XdpRedirect.Match match =
                    new XdpRedirect.Match(mac, network.address, mask, NetworkInterfaces.address(name), ipv6);
            closers.add(XdpRedirect.attach(name, match, sockets)::close);
            return new XdpPort(this, descriptor(), EthernetTool.driver(name).equals(LEAVES_CHECKSUMS));
        }

        private Ipv6Prefix ownLinkLocal() {
            return new Ipv6Prefix(Ipv6Header.LINK_LOCAL_HIGH, Ipv6Header.linkLocalLow(mac));
        }

        private void openQueue(final int number) throws IOException {
            final ByteBuffer memory = XdpQueue.memory();
            final XdpSocket socket = XdpSocket.open(name, number, XdpQueue.geometry(memory));
            closers.add(socket::close);
            sockets.add(socket);
            queues.add(new XdpQueue(memory, socket));
        }

        /** One descriptor to wait on. */
        private int descriptor() throws IOException {
            if (sockets.size() == 1) {
                return sockets.getFirst().fd();
            }
            final EpollSet all = new EpollSet(1);
            closers.add(all::close);
            sockets.forEach(socket -> all.add(socket.fd(), Linux.EPOLLIN, 0));
            return all.fd();
        }
    }

    /**
     * Opens a port on an interface, which is taken up if it is down.
     *
     * @param name of the interface
     * @throws IOException saying which step failed: there is no such interface, its driver knows no XDP, CAP_BPF is
     *     lacking, ...
     */
    public static XdpPort open(final String name, final Network network) throws IOException {
        if (!NetworkInterfaces.isUp(name)) {
            NetworkInterfaces.setUp(name);
        }
        final Opening opening = new Opening(name, network.maxMtu);
        try {
            return opening.complete(network);
        } catch (final IOException e) {
            closeAll(opening.closers);
            throw e;
        }
    }

    /** The redirection before the sockets. */
    private static void closeAll(final List<Runnable> closers) {
        closers.reversed().forEach(Runnable::run);
    }

    @Override
    public int receive(final Frame frame) {
        for (int i = queues.size(); i > 0; i--) {
            final int result = queues.get(next).receive(frame);
            next = next + 1 == queues.size() ? 0 : next + 1;
            if (result != NONE) {
                if (result == RECEIVED && partialChecksums) {
                    UndoneChecksum.mark(frame);
                }
                return result;
            }
        }
        return NONE;
    }

    @Override
    public boolean transmit(final Frame frame) {
        if (!queues.getFirst().transmit(frame)) {
            refused++;
            return false;
        }
        return true;
    }

    @Override
    public void flush() {
        for (int i = 0; i < queues.size(); i++) {
            queues.get(i).flush();
        }
    }

    /** @return true if the driver uses the host stack's memory itself, so that receiving costs one copy less */
    public boolean isZeroCopy() {
        return zeroCopy;
    }

    /** @return frames for which there was no room */
    public long refused() {
        return refused;
    }

    @Override
    public boolean join(final long group) {
        try {
            membership.join(group);
            return true;
        } catch (final IOException e) {
            return false;
        }
    }

    @Override
    public boolean isShared() {
        return true;
    }

    /** They are for all stations, and the kernel must hear them. */
    @Override
    public boolean hearsGroupQueries() {
        return false;
    }

    @Override
    public int fd() {
        return fd;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public long mac() {
        return mac;
    }

    @Override
    public boolean checksumOffload() {
        return false;
    }

    @Override
    public boolean segmentationOffload() {
        return false;
    }

    @Override
    public boolean leavesChecksums() {
        return partialChecksums;
    }

    @Override
    public long missed() {
        return sockets.stream().mapToLong(XdpSocket::drops).sum();
    }

    @Override
    public void close() {
        closeAll(closers);
    }
}
