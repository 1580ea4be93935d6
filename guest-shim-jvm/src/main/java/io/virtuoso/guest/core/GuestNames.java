package io.virtuoso.guest.core;

import io.virtuoso.protocol.AttachMessage;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Locale;

/** The names of the guests of this guest's network. Each question goes to the host stack: some ten microseconds. */
public final class GuestNames {
    private static final int LONGEST = 63;
    private static final int IPV4_BYTES = 4;

    /** As the JDK reads it; the system's order, which may be asked for as well, is IPv4 first (RFC 6724, fc00::/7). */
    private static final boolean IPV6_FIRST =
            "true".equalsIgnoreCase(System.getProperty("java.net.preferIPv6Addresses"));

    private GuestNames() {}

    /**
     * The addresses of the guest with a name, in the order in which java.net.preferIPv6Addresses would have them. The
     * IPv4 one is the first else: every guest listens there if it listens at all.
     *
     * @return with this name, as if looked up; null if there is no such guest, or no host stack
     */
    public static InetAddress[] find(String name) {
        AttachMessage found = isPlausible(name) ? ask(name, 0, 0) : null;
        if (found == null) {
            return null;
        }
        InetAddress ipv4 = named(name, (int) found.value());
        Subnet6 subnet = Routing.isIpv4Stack() || found.features() == 0 ? null : Link.subnet6();
        if (subnet == null) {
            return new InetAddress[] {ipv4};
        }
        InetAddress ipv6 = subnet.station(found.features(), name);
        return IPV6_FIRST ? new InetAddress[] {ipv6, ipv4} : new InetAddress[] {ipv4, ipv6};
    }

    /**
     * The name of the guest with an address.
     *
     * @param address in network order
     * @return null if there is no such guest, or no host stack
     */
    public static String nameOf(byte[] address) {
        AttachMessage found = null;
        if (address.length == IPV4_BYTES) {
            found = ask("", ByteBuffer.wrap(address).getInt(), 0);
        } else {
            Subnet6 subnet = Link.subnet6();
            long low = subnet != null && subnet.contains(address) ? Subnet6.low(address) : 0;
            found = low == 0 ? null : ask("", 0, low);
        }
        return found == null ? null : found.text();
    }

    private static AttachMessage ask(String name, int address, long low) {
        Attachment attachment = Link.get().attachment();
        return attachment == null ? null : attachment.resolve(name, address, low);
    }

    /** Might be a guest: of a guest's letters, and no name that means this machine. */
    static boolean isPlausible(String name) {
        int length = name.length();
        if (length == 0 || length > LONGEST || name.toLowerCase(Locale.ROOT).equals("localhost")) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letter && (i == 0 || "._-".indexOf(c) < 0)) {
                return false;
            }
        }
        return true;
    }

    private static InetAddress named(String name, int ipv4) {
        try {
            return InetAddress.getByAddress(name, SlotUse.inetAddress(ipv4).getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
