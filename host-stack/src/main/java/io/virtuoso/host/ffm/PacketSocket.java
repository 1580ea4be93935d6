package io.virtuoso.host.ffm;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A packet socket on an interface (packet(7)) with virtio-net headers and a mapped receive ring of TPACKET_V2 (Linux:
 * Documentation/networking/packet_mmap). It takes ARP and IPv4 frames, and IPv6 if wanted, without VLAN tag for one Ethernet
 * address, broadcast, and groups of IPv6 that Neighbour Discovery uses; what the interface itself sends it does not see.
 *
 * <p>The ring is a sequence of blocks, each of as many frames as fit; frames begin with a {@link Linux.Tpacket2Hdr} and
 * have room for 64 KiB each, because what segmentation offload left together comes in one piece.
 */
public final class PacketSocket implements AutoCloseable {
    /** Bytes of the virtio-net header, in front of each frame in the ring and of each frame sent. */
    public static final int HEADER_BYTES = Linux.VirtioNetHdr.BYTES;
    /** From one frame to the next in a block: headers and 64 KiB. */
    public static final int FRAME_BYTES = 66 << 10;
    /** From one block to the next. */
    public static final int BLOCK_BYTES = 1 << 20;
    /** Frames of a block. */
    public static final int BLOCK_FRAMES = BLOCK_BYTES / FRAME_BYTES;

    private static final int BLOCKS = 64;
    /** Frames of a block that the kernel has not sent yet count with their bookkeeping. */
    private static final int SEND_BUFFER_BYTES = 4 << 20;

    private final int fd;
    private final String name;
    private final MappedRegion ring;
    /** An error number and the length of it. */
    private final MemorySegment error = Arena.ofAuto().allocate(2L * Integer.BYTES, Integer.BYTES);

    private PacketSocket(int fd, MappedRegion ring, String name) {
        this.fd = fd;
        this.name = name;
        this.ring = ring;
    }

    /**
     * Opens a socket on an interface.
     *
     * @param mac Ethernet address that it receives for, lower 48 bits; the interface is made to admit it
     * @param ipv6 whether it receives IPv6, too
     * @throws IOException saying which step failed and how to mend it, for instance without CAP_NET_RAW
     */
    public static PacketSocket open(String name, long mac, boolean ipv6) throws IOException {
        int index = NetworkInterfaces.index(name);
        int fd = RawSocket.open(Linux.AF_PACKET);
        if (fd < 0) {
            String hint = fd == -Errno.EPERM ? "; CAP_NET_RAW is needed" : "";
            throw new IOException("no packet socket for " + name + ": " + Errno.describe(-fd) + hint);
        }
        MappedRegion ring = null;
        try {
            configure(fd, name, mac, ipv6);
            ring = MappedRegion.map(fd, BLOCKS * BLOCK_BYTES);
            bind(fd, name, index);
            StationMembership.join(fd, name, mac);
            return new PacketSocket(fd, ring, name);
        } catch (IOException failed) {
            if (ring != null) {
                ring.close();
            }
            Libc.close(fd);
            throw failed;
        }
    }

    /** Descriptor for waiting; readable when the ring holds a frame. Frames are sent by writing to it. */
    public int fd() {
        return fd;
    }

    /** The interface receives for a group of Ethernet addresses, too. */
    public void join(long group) throws IOException {
        StationMembership.join(fd, name, group);
    }

    /** The ring, in the machine's byte order. */
    public ByteBuffer ring() {
        return ring.buffer().order(ByteOrder.nativeOrder());
    }

    /** Frames of the ring. */
    public int frames() {
        return BLOCKS * BLOCK_FRAMES;
    }

    /** Takes an error that makes the descriptor readable, for instance minus ENETDOWN; 0 if there is none. */
    public int takeError() {
        error.set(ValueLayout.JAVA_INT, Integer.BYTES, Integer.BYTES);
        long length = error.address() + Integer.BYTES;
        int result = RawSocket.getOption(fd, Linux.SOL_SOCKET, Linux.SO_ERROR, error.address(), length);
        return result < 0 ? result : -error.get(ValueLayout.JAVA_INT, 0);
    }

    /** Frames lost since this was asked last, because the ring was full. */
    public long takeDrops() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(Linux.TpacketStats.BYTES, Integer.BYTES);
            int result = RawSocket.getOption(fd, Linux.SOL_PACKET, Linux.PACKET_STATISTICS, answer);
            return result < 0
                    ? 0
                    : Integer.toUnsignedLong(answer.get(ValueLayout.JAVA_INT, Linux.TpacketStats.TP_DROPS));
        }
    }

    @Override
    public void close() {
        ring.close();
        Libc.close(fd);
    }

    private static void configure(int fd, String name, long mac, boolean ipv6) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            option(fd, Linux.PACKET_VERSION, Linux.TPACKET_V2, "ring version 2", name);
            option(fd, Linux.PACKET_VNET_HDR, 1, "virtio-net headers", name);
            option(fd, Linux.PACKET_IGNORE_OUTGOING, 1, "ignoring what is sent", name);
            require(PacketFilter.attach(fd, mac, ipv6), "filter", name);
            MemorySegment geometry = arena.allocate(Linux.TpacketReq.BYTES, Integer.BYTES);
            geometry.set(ValueLayout.JAVA_INT, Linux.TpacketReq.TP_BLOCK_SIZE, BLOCK_BYTES);
            geometry.set(ValueLayout.JAVA_INT, Linux.TpacketReq.TP_BLOCK_NR, BLOCKS);
            geometry.set(ValueLayout.JAVA_INT, Linux.TpacketReq.TP_FRAME_SIZE, FRAME_BYTES);
            geometry.set(ValueLayout.JAVA_INT, Linux.TpacketReq.TP_FRAME_NR, BLOCKS * BLOCK_FRAMES);
            require(RawSocket.setOption(fd, Linux.SOL_PACKET, Linux.PACKET_RX_RING, geometry), "ring", name);
        }
        // Only with CAP_NET_ADMIN may it be larger than net.core.wmem_max.
        if (RawSocket.setOption(fd, Linux.SOL_SOCKET, Linux.SO_SNDBUFFORCE, SEND_BUFFER_BYTES) < 0) {
            int asked = RawSocket.setOption(fd, Linux.SOL_SOCKET, Linux.SO_SNDBUF, SEND_BUFFER_BYTES);
            require(asked, "send buffer", name);
        }
    }

    private static void bind(int fd, String name, int index) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(Linux.SockaddrLl.BYTES, Integer.BYTES);
            address.set(ValueLayout.JAVA_SHORT, Linux.SockaddrLl.SLL_FAMILY, (short) Linux.AF_PACKET);
            short networkOrder = Short.reverseBytes((short) Linux.ETH_P_ALL);
            address.set(ValueLayout.JAVA_SHORT, Linux.SockaddrLl.SLL_PROTOCOL, networkOrder);
            address.set(ValueLayout.JAVA_INT, Linux.SockaddrLl.SLL_IFINDEX, index);
            require(RawSocket.bind(fd, address), "bind", name);
        }
    }

    private static void option(int fd, int option, int value, String what, String name) throws IOException {
        require(RawSocket.setOption(fd, Linux.SOL_PACKET, option, value), what, name);
    }

    private static void require(int result, String what, String name) throws IOException {
        if (result < 0) {
            throw new IOException("packet socket on " + name + ": " + what + ": " + Errno.describe(-result));
        }
    }
}
