package io.virtuoso.host.ffm;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Makes an interface receive for more Ethernet addresses, as long as this is open; it receives nothing itself. */
public final class StationMembership implements AutoCloseable {
    private static final int GROUP_BIT = 40;

    private final int fd;
    private final String name;

    private StationMembership(int fd, String name) {
        this.fd = fd;
        this.name = name;
    }

    /** Receives for one more, a group's perhaps. */
    public void join(long mac) throws IOException {
        join(fd, name, mac);
    }

    /**
     * Joins.
     *
     * @param mac lower 48 bits
     * @throws IOException naming the errno and what is needed
     */
    public static StationMembership open(String name, long mac) throws IOException {
        int fd = RawSocket.open(Linux.AF_PACKET);
        if (fd < 0) {
            String hint = fd == -Errno.EPERM ? "; CAP_NET_RAW is needed" : "";
            throw new IOException("no packet socket for " + name + ": " + Errno.describe(-fd) + hint);
        }
        try {
            join(fd, name, mac);
            return new StationMembership(fd, name);
        } catch (IOException failed) {
            Libc.close(fd);
            throw failed;
        }
    }

    @Override
    public void close() {
        Libc.close(fd);
    }

    /** Joins by a packet socket that is there, until it is closed. */
    static void join(int fd, String name, long mac) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment membership = arena.allocate(Linux.PacketMreq.BYTES, Integer.BYTES);
            membership.set(ValueLayout.JAVA_INT, Linux.PacketMreq.MR_IFINDEX, NetworkInterfaces.index(name));
            boolean group = (mac >>> GROUP_BIT & 1) != 0;
            int type = group ? Linux.PACKET_MR_MULTICAST : Linux.PACKET_MR_UNICAST;
            membership.set(ValueLayout.JAVA_SHORT, Linux.PacketMreq.MR_TYPE, (short) type);
            membership.set(ValueLayout.JAVA_SHORT, Linux.PacketMreq.MR_ALEN, (short) NetworkInterfaces.MAC_BYTES);
            NetworkInterfaces.putMac(membership, Linux.PacketMreq.MR_ADDRESS, mac);
            int result = RawSocket.setOption(fd, Linux.SOL_PACKET, Linux.PACKET_ADD_MEMBERSHIP, membership);
            if (result < 0) {
                throw new IOException(
                        "interface " + name + ": receiving for one more Ethernet address: " + Errno.describe(-result));
            }
        }
    }
}
