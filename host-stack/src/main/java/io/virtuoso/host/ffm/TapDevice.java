package io.virtuoso.host.ffm;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A TAP interface with virtio-net headers; it exists as long as it is open.
 *
 * <p>Every frame read or written is preceded by {@link #HEADER_BYTES} bytes as {@link Linux.VirtioNetHdr} lays them
 * out.
 */
public final class TapDevice implements AutoCloseable {
    /** Bytes of the virtio-net header in front of every frame. */
    public static final int HEADER_BYTES = 12;

    private static final int OFFLOADS = Linux.TUN_F_CSUM | Linux.TUN_F_TSO4 | Linux.TUN_F_TSO6 | Linux.TUN_F_TSO_ECN;

    private final int fd;
    private final String name;

    private TapDevice(int fd, String name) {
        this.fd = fd;
        this.name = name;
    }

    /**
     * Makes (or joins, if it is persistent and free) a TAP interface with checksum and segmentation offload both ways.
     *
     * @param name at most 15 characters; "x%d" lets the kernel choose the number
     * @throws IOException saying which step failed and how to mend it, for instance without CAP_NET_ADMIN
     */
    public static TapDevice open(String name) throws IOException {
        int fd = Libc.open("/dev/net/tun", Linux.O_RDWR | Linux.O_NONBLOCK);
        if (fd < 0) {
            throw new IOException("cannot open /dev/net/tun: " + Errno.describe(-fd));
        }
        try {
            return new TapDevice(fd, configure(fd, name));
        } catch (IOException failed) {
            Libc.close(fd);
            throw failed;
        }
    }

    /** Non-blocking descriptor for reading and writing frames. */
    public int fd() {
        return fd;
    }

    /** The interface's name. */
    public String name() {
        return name;
    }

    @Override
    public void close() {
        Libc.close(fd);
    }

    private static String configure(int fd, String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = NetworkInterfaces.request(arena, name);
            int flags = Linux.IFF_TAP | Linux.IFF_NO_PI | Linux.IFF_VNET_HDR;
            request.set(ValueLayout.JAVA_SHORT, Linux.Ifreq.IFR_FLAGS, (short) flags);
            int made = Libc.ioctl(fd, Linux.TUNSETIFF, request.address());
            if (made < 0) {
                String hint = made == -Errno.EPERM ? "; CAP_NET_ADMIN is needed" : "";
                throw new IOException("cannot make TAP interface " + name + ": " + Errno.describe(-made) + hint);
            }
            MemorySegment headerBytes = arena.allocateFrom(ValueLayout.JAVA_INT, HEADER_BYTES);
            require(Libc.ioctl(fd, Linux.TUNSETVNETHDRSZ, headerBytes.address()), "virtio-net headers", name);
            require(Libc.ioctl(fd, Linux.TUNSETOFFLOAD, OFFLOADS), "offloads", name);
            return request.getString(Linux.Ifreq.IFR_NAME);
        }
    }

    private static void require(int result, String what, String name) throws IOException {
        if (result < 0) {
            throw new IOException("TAP interface " + name + " refuses " + what + ": " + Errno.describe(-result));
        }
    }
}
