package io.virtuoso.host.port;

import io.virtuoso.host.ffm.IoVector;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.NetworkInterfaces;
import io.virtuoso.host.ffm.PacketSocket;
import java.io.IOException;

/**
 * An interface of this machine, by a packet socket: any interface, for instance one end of a veth pair. The host stack
 * is a station of its own there, with an Ethernet address of its own, so the kernel drops its frames before IP and may
 * go on using the interface. Offloads are as on a TAP, by virtio-net headers. Frames are received from a ring in shared
 * memory without system calls, and sent with one each, of up to 64 KiB.
 */
public final class PacketPort implements Port {
    /** An error is looked for after so many empty receives: it would end every wait at once. */
    private static final int RECEIVES_PER_ERROR_CHECK = 64;

    private final PacketSocket socket;
    private final PacketRing ring;
    private final IoVector pieces = new IoVector(Frame.VECTOR_PIECES);
    private final int mtu;
    private final long mac;
    private int empty;
    private long missed;
    private long refused;

    private PacketPort(final PacketSocket socket, final int mtu, final long mac) {
        this.socket = socket;
        this.ring = new PacketRing(socket.ring(), socket.frames());
        this.mtu = mtu;
        this.mac = mac;
    }

    /**
     * Opens a port on an interface, which is taken up if it is down.
     *
     * @param name of the interface
     * @param maxMtu largest IP packet of the network, in bytes; the interface may have a smaller one
     * @param ipv6 whether IPv6 frames are received, too
     * @throws IOException saying which step failed: there is no such interface, CAP_NET_RAW is lacking, ...
     */
    public static PacketPort open(final String name, final int maxMtu, final boolean ipv6) throws IOException {
        if (!NetworkInterfaces.isUp(name)) {
            NetworkInterfaces.setUp(name);
        }
        final int mtu = Math.min(maxMtu, NetworkInterfaces.mtu(name));
        final long mac = StationAddress.on(NetworkInterfaces.hardwareAddress(name));
        return new PacketPort(PacketSocket.open(name, mac, ipv6), mtu, mac);
    }

    @Override
    public int receive(final Frame frame) {
        final int result = ring.receive(frame);
        if (result == NONE && ++empty == RECEIVES_PER_ERROR_CHECK) {
            empty = 0;
            return socket.takeError();
        }
        return result;
    }

    @Override
    public boolean transmit(final Frame frame) {
        pieces.set(0, frame.address() + frame.virtioAt(), PacketSocket.HEADER_BYTES);
        if (Libc.writev(socket.fd(), pieces, frame.pieces(pieces, 1)) < 0) {
            refused++;
            return false;
        }
        return true;
    }

    @Override
    public void flush() {
        // Nothing waits: each frame is sent at once.
    }

    /** @return frames that the kernel did not take */
    public long refused() {
        return refused;
    }

    @Override
    public boolean join(final long group) {
        try {
            socket.join(group);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public int fd() {
        return socket.fd();
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
        return true;
    }

    @Override
    public boolean segmentationOffload() {
        return true;
    }

    @Override
    public boolean gathers() {
        return true;
    }

    @Override
    public long missed() {
        missed += socket.takeDrops();
        return missed;
    }

    @Override
    public void close() {
        socket.close();
    }
}
