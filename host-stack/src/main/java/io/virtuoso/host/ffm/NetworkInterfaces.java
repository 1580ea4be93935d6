package io.virtuoso.host.ffm;

import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Sets up the machine's network interfaces, as ip(8) would; for the control path.
 *
 * <p>IPv4 addresses are ints in host order: 10.88.0.1 is 0x0a580001.
 */
public final class NetworkInterfaces {
    static final int MAC_BYTES = 6;
    /** Of the calling thread's network namespace. */
    private static final Path IPV6_ADDRESSES = Path.of("/proc/thread-self/net/if_inet6");

    private NetworkInterfaces() {}

    /** Gives an interface its address and the length of its subnet's prefix, 1 to 32. */
    public static void setAddress(String name, int ipv4, int prefixLength) throws IOException {
        change(name, Linux.SIOCSIFADDR, "address " + Addresses.text(ipv4), request -> internet(request, ipv4));
        int mask = -1 << (32 - prefixLength);
        change(name, Linux.SIOCSIFNETMASK, "netmask " + Addresses.text(mask), request -> internet(request, mask));
    }

    /** Gives an interface an IPv6 address, two longs in network order, with the length of its subnet's prefix. */
    public static void setAddress(String name, long high, long low, int prefixLength) throws IOException {
        int index = index(name);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(Linux.In6Ifreq.BYTES, Long.BYTES);
            request.set(ValueLayout.JAVA_LONG, Linux.In6Ifreq.IFR6_ADDR, Long.reverseBytes(high));
            request.set(ValueLayout.JAVA_LONG, Linux.In6Ifreq.IFR6_ADDR + Long.BYTES, Long.reverseBytes(low));
            request.set(ValueLayout.JAVA_INT, Linux.In6Ifreq.IFR6_PREFIXLEN, prefixLength);
            request.set(ValueLayout.JAVA_INT, Linux.In6Ifreq.IFR6_IFINDEX, index);
            require(call(request, Linux.SIOCSIFADDR, Linux.AF_INET6), name, "IPv6 address");
        }
    }

    /** Largest packet, bytes. */
    public static void setMtu(String name, int mtu) throws IOException {
        change(
                name,
                Linux.SIOCSIFMTU,
                "MTU " + mtu,
                request -> request.set(ValueLayout.JAVA_INT, Linux.Ifreq.IFR_MTU, mtu));
    }

    /** Frames that may wait in the kernel for the host stack to read them. */
    public static void setTransmitQueue(String name, int frames) throws IOException {
        change(
                name,
                Linux.SIOCSIFTXQLEN,
                "queue length " + frames,
                request -> request.set(ValueLayout.JAVA_INT, Linux.Ifreq.IFR_IFINDEX, frames));
    }

    /** The Ethernet address in the lower 48 bits, first byte highest. */
    public static void setHardwareAddress(String name, long mac) throws IOException {
        change(name, Linux.SIOCSIFHWADDR, "hardware address", request -> {
            request.set(ValueLayout.JAVA_SHORT, Linux.Ifreq.IFR_HWADDR, (short) Linux.ARPHRD_ETHER);
            putMac(request, Linux.Ifreq.IFR_HWADDR + 2L, mac);
        });
    }

    /** Writes an Ethernet address, first byte first. */
    static void putMac(MemorySegment memory, long at, long mac) {
        for (int i = 0; i < MAC_BYTES; i++) {
            memory.set(ValueLayout.JAVA_BYTE, at + i, (byte) (mac >>> (8 * (MAC_BYTES - 1 - i))));
        }
    }

    /** Brings an interface up. */
    public static void setUp(String name) throws IOException {
        int flags = flags(name);
        change(
                name,
                Linux.SIOCSIFFLAGS,
                "state up",
                request -> request.set(ValueLayout.JAVA_SHORT, Linux.Ifreq.IFR_FLAGS, (short) (flags | Linux.IFF_UP)));
    }

    /** Whether an interface is up. */
    public static boolean isUp(String name) throws IOException {
        return (flags(name) & Linux.IFF_UP) != 0;
    }

    /** Whether there is an interface of this name. */
    public static boolean exists(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return call(request(arena, name), Linux.SIOCGIFINDEX) >= 0;
        }
    }

    /** The kernel's number of an interface. */
    public static int index(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            require(call(request, Linux.SIOCGIFINDEX), name, "index");
            return request.get(ValueLayout.JAVA_INT, Linux.Ifreq.IFR_IFINDEX);
        }
    }

    /** Largest packet, bytes. */
    public static int mtu(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            require(call(request, Linux.SIOCGIFMTU), name, "MTU");
            return request.get(ValueLayout.JAVA_INT, Linux.Ifreq.IFR_MTU);
        }
    }

    /** First IPv4 address, or 0 if it has none. */
    public static int address(String name) throws IOException {
        return internet(name, Linux.SIOCGIFADDR);
    }

    /** All its IPv6 addresses. */
    static List<Ipv6Prefix> ipv6Addresses(String name) throws IOException {
        if (!Files.exists(IPV6_ADDRESSES)) {
            return List.of();
        }
        List<Ipv6Prefix> found = new ArrayList<>();
        for (String line : Files.readAllLines(IPV6_ADDRESSES)) {
            String[] words = line.trim().split("\\s+", -1); // address, index, prefix, scope, flags, name
            if (words.length == 6 && words[5].equals(name)) {
                found.add(new Ipv6Prefix(
                        Long.parseUnsignedLong(words[0].substring(0, 16), 16),
                        Long.parseUnsignedLong(words[0].substring(16), 16)));
            }
        }
        return found;
    }

    /** Netmask of the first IPv4 address, or 0. */
    public static int netmask(String name) throws IOException {
        return internet(name, Linux.SIOCGIFNETMASK);
    }

    /** The Ethernet address in the lower 48 bits. */
    public static long hardwareAddress(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            require(call(request, Linux.SIOCGIFHWADDR), name, "hardware address");
            long mac = 0;
            for (int i = 0; i < MAC_BYTES; i++) {
                mac = mac << 8 | (request.get(ValueLayout.JAVA_BYTE, Linux.Ifreq.IFR_HWADDR + 2L + i) & 0xff);
            }
            return mac;
        }
    }

    /** A zeroed ifreq with the interface's name. */
    static MemorySegment request(Arena arena, String name) throws IOException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length >= Linux.IFNAMSIZ) {
            throw new IOException("\"" + name + "\" is no interface name: it has 1 to 15 bytes");
        }
        MemorySegment request = arena.allocate(Linux.Ifreq.BYTES, Long.BYTES);
        MemorySegment.copy(bytes, 0, request, ValueLayout.JAVA_BYTE, Linux.Ifreq.IFR_NAME, bytes.length);
        return request;
    }

    private interface Filler {
        void fill(MemorySegment request);
    }

    private static void change(String name, int ioctl, String what, Filler filler) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            filler.fill(request);
            require(call(request, ioctl), name, what);
        }
    }

    private static int flags(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            require(call(request, Linux.SIOCGIFFLAGS), name, "flags");
            return request.get(ValueLayout.JAVA_SHORT, Linux.Ifreq.IFR_FLAGS);
        }
    }

    private static void internet(MemorySegment request, int ipv4) {
        long at = Linux.Ifreq.IFR_ADDR;
        request.set(ValueLayout.JAVA_SHORT, at + Linux.SockaddrIn.SIN_FAMILY, (short) Linux.AF_INET);
        request.set(ValueLayout.JAVA_INT, at + Linux.SockaddrIn.SIN_ADDR, Integer.reverseBytes(ipv4));
    }

    private static int internet(String name, int ioctl) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, name);
            int result = call(request, ioctl);
            if (result == -Errno.EADDRNOTAVAIL) {
                return 0;
            }
            require(result, name, "address");
            long at = Linux.Ifreq.IFR_ADDR + (long) Linux.SockaddrIn.SIN_ADDR;
            return Integer.reverseBytes(request.get(ValueLayout.JAVA_INT, at));
        }
    }

    static int call(MemorySegment request, int ioctl) {
        return call(request, ioctl, Linux.AF_INET);
    }

    private static int call(MemorySegment request, int ioctl, int family) {
        int socket = UnixSocket.socket(family, Linux.SOCK_DGRAM | Linux.SOCK_CLOEXEC);
        if (socket < 0) {
            return socket;
        }
        try {
            return Libc.ioctl(socket, ioctl, request.address());
        } finally {
            Libc.close(socket);
        }
    }

    private static void require(int result, String name, String what) throws IOException {
        if (result == -Errno.ENODEV) {
            throw new IOException("there is no interface " + name);
        }
        if (result < 0) {
            throw new IOException("interface " + name + ": " + what + ": " + Errno.describe(-result));
        }
    }
}
