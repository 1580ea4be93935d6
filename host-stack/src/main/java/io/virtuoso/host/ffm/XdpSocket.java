package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.INT;
import static io.virtuoso.host.ffm.Native.LONG;

import io.virtuoso.host.ffm.Linux.SockaddrXdp;
import io.virtuoso.host.ffm.Linux.XdpMmapOffsets;
import io.virtuoso.host.ffm.Linux.XdpRingOffset;
import io.virtuoso.host.ffm.Linux.XdpStatistics;
import io.virtuoso.host.ffm.Linux.XdpUmemReg;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * An AF_XDP socket on one queue of an interface, with memory for frames of its own and four rings (Linux:
 * Documentation/networking/af_xdp). The kernel chooses zero-copy if the driver offers it, else it copies.
 */
public final class XdpSocket implements XdpRings, AutoCloseable {
    /** The kernel gives a queue free some time after its socket was closed: a host stack that is started anew waits. */
    private static final int RELEASE_MILLIS = 1_000;

    private static final MethodHandle SENDTO = Native.longFunction("sendto", INT, LONG, LONG, INT, LONG, INT);

    private static final MethodHandle RECVFROM = Native.longFunction("recvfrom", INT, LONG, LONG, INT, LONG, LONG);

    private final int fd;
    private final List<MappedRegion> mappings = new ArrayList<>();
    private Ring receive;
    private Ring transmit;
    private Ring fill;
    private Ring completion;

    /**
     * How large the socket's memory is.
     *
     * @param frames page-aligned memory for frames
     * @param frameBytes of each, a power of two from 2048 to a page
     * @param receiveEntries of the rings for receiving, a power of two
     * @param transmitEntries of the rings for sending, a power of two
     */
    public record Geometry(MemorySegment frames, int frameBytes, int receiveEntries, int transmitEntries) {}

    private XdpSocket(int fd) {
        this.fd = fd;
    }

    /**
     * Opens a socket; it receives nothing before a program redirects to it.
     *
     * @param geometry whose memory has to outlive the socket
     * @throws IOException saying which step failed and how to mend it, for instance without CAP_NET_RAW
     */
    public static XdpSocket open(String name, int queue, Geometry geometry) throws IOException {
        int fd = RawSocket.open(Linux.AF_XDP);
        if (fd < 0) {
            String hint = switch (-fd) {
                case Errno.EPERM -> "; CAP_NET_RAW is needed";
                case Errno.EAFNOSUPPORT -> "; the kernel lacks CONFIG_XDP_SOCKETS";
                default -> "";
            };
            throw new IOException("no AF_XDP socket for " + name + ": " + Errno.describe(-fd) + hint);
        }
        XdpSocket socket = new XdpSocket(fd);
        try {
            socket.configure(name, geometry);
            socket.bind(name, queue);
            return socket;
        } catch (IOException failed) {
            socket.close();
            throw failed;
        }
    }

    /** Descriptor for waiting; readable when the receive ring holds a frame. */
    public int fd() {
        return fd;
    }

    @Override
    public Ring receive() {
        return receive;
    }

    @Override
    public Ring transmit() {
        return transmit;
    }

    @Override
    public Ring fill() {
        return fill;
    }

    @Override
    public Ring completion() {
        return completion;
    }

    @Override
    public int kick() {
        try {
            MemorySegment state = Native.state();
            return (int) Native.result((long) SENDTO.invokeExact(state, fd, 0L, 0L, Linux.MSG_DONTWAIT, 0L, 0), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    @Override
    public int wakeReceiver() {
        try {
            MemorySegment state = Native.state();
            return (int)
                    Native.result((long) RECVFROM.invokeExact(state, fd, 0L, 0L, Linux.MSG_DONTWAIT, 0L, 0L), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Frames lost so far because the receive ring was full, or no memory was offered to receive to. */
    public long drops() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(XdpStatistics.BYTES, Long.BYTES);
            if (RawSocket.getOption(fd, Linux.SOL_XDP, Linux.XDP_STATISTICS, answer) < 0) {
                return 0;
            }
            return answer.get(ValueLayout.JAVA_LONG, XdpStatistics.RX_DROPPED)
                    + answer.get(ValueLayout.JAVA_LONG, XdpStatistics.RX_RING_FULL)
                    + answer.get(ValueLayout.JAVA_LONG, XdpStatistics.RX_FILL_RING_EMPTY_DESCS);
        }
    }

    /** Whether the driver uses the socket's memory itself. */
    public boolean isZeroCopy() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment options = arena.allocate(ValueLayout.JAVA_INT);
            int result = RawSocket.getOption(fd, Linux.SOL_XDP, Linux.XDP_OPTIONS, options);
            return result >= 0 && (options.get(ValueLayout.JAVA_INT, 0) & Linux.XDP_OPTIONS_ZEROCOPY) != 0;
        }
    }

    @Override
    public void close() {
        mappings.forEach(MappedRegion::close);
        Libc.close(fd);
    }

    private void configure(String name, Geometry geometry) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment umem = arena.allocate(XdpUmemReg.BYTES, Long.BYTES);
            umem.set(ValueLayout.JAVA_LONG, XdpUmemReg.ADDR, geometry.frames().address());
            umem.set(ValueLayout.JAVA_LONG, XdpUmemReg.LEN, geometry.frames().byteSize());
            umem.set(ValueLayout.JAVA_INT, XdpUmemReg.CHUNK_SIZE, geometry.frameBytes());
            require(RawSocket.setOption(fd, Linux.SOL_XDP, Linux.XDP_UMEM_REG, umem), name, "memory for frames");
            option(Linux.XDP_UMEM_FILL_RING, geometry.receiveEntries(), name, "fill ring");
            option(Linux.XDP_UMEM_COMPLETION_RING, geometry.transmitEntries(), name, "completion ring");
            option(Linux.XDP_RX_RING, geometry.receiveEntries(), name, "receive ring");
            option(Linux.XDP_TX_RING, geometry.transmitEntries(), name, "transmit ring");
            MemorySegment offsets = arena.allocate(XdpMmapOffsets.BYTES, Long.BYTES);
            require(RawSocket.getOption(fd, Linux.SOL_XDP, Linux.XDP_MMAP_OFFSETS, offsets), name, "offsets of rings");
            int received = geometry.receiveEntries();
            int sent = geometry.transmitEntries();
            int descriptor = Linux.XdpDesc.BYTES;
            receive = map(Linux.XDP_PGOFF_RX_RING, offsets, XdpMmapOffsets.RX, received, descriptor);
            transmit = map(Linux.XDP_PGOFF_TX_RING, offsets, XdpMmapOffsets.TX, sent, descriptor);
            fill = map(Linux.XDP_UMEM_PGOFF_FILL_RING, offsets, XdpMmapOffsets.FR, received, Long.BYTES);
            completion = map(Linux.XDP_UMEM_PGOFF_COMPLETION_RING, offsets, XdpMmapOffsets.CR, sent, Long.BYTES);
        }
    }

    private Ring map(long pageOffset, MemorySegment offsets, long at, int entries, int entryBytes) throws IOException {
        int producer = (int) offsets.get(ValueLayout.JAVA_LONG, at + XdpRingOffset.PRODUCER);
        int consumer = (int) offsets.get(ValueLayout.JAVA_LONG, at + XdpRingOffset.CONSUMER);
        int flags = (int) offsets.get(ValueLayout.JAVA_LONG, at + XdpRingOffset.FLAGS);
        int descriptors = (int) offsets.get(ValueLayout.JAVA_LONG, at + XdpRingOffset.DESC);
        MappedRegion mapping = MappedRegion.map(fd, descriptors + entries * entryBytes, pageOffset);
        mappings.add(mapping);
        ByteBuffer memory = mapping.buffer().order(ByteOrder.nativeOrder());
        return new Ring(memory, producer, consumer, flags, descriptors, entries);
    }

    private void bind(String name, int queue) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SockaddrXdp.BYTES, Integer.BYTES);
            address.set(ValueLayout.JAVA_SHORT, SockaddrXdp.SXDP_FAMILY, (short) Linux.AF_XDP);
            address.set(ValueLayout.JAVA_SHORT, SockaddrXdp.SXDP_FLAGS, (short) Linux.XDP_USE_NEED_WAKEUP);
            address.set(ValueLayout.JAVA_INT, SockaddrXdp.SXDP_IFINDEX, NetworkInterfaces.index(name));
            address.set(ValueLayout.JAVA_INT, SockaddrXdp.SXDP_QUEUE_ID, queue);
            int result = RawSocket.bind(fd, address);
            for (int i = 0; i < RELEASE_MILLIS && result == -Errno.EBUSY; i++) {
                LockSupport.parkNanos(1_000_000);
                result = RawSocket.bind(fd, address);
            }
            require(result, name, "queue " + queue);
        }
    }

    private void option(int option, int value, String name, String what) throws IOException {
        require(RawSocket.setOption(fd, Linux.SOL_XDP, option, value), name, what);
    }

    private static void require(int result, String name, String what) throws IOException {
        if (result < 0) {
            String hint = switch (-result) {
                case Errno.EBUSY -> "; it is used by another AF_XDP socket";
                case Errno.ENOBUFS -> "; raise ulimit -l, or give CAP_IPC_LOCK";
                default -> "";
            };
            throw new IOException("AF_XDP socket on " + name + ": " + what + ": " + Errno.describe(-result) + hint);
        }
    }
}
