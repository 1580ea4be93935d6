package io.virtuoso.guest.core;

import io.virtuoso.protocol.Addresses;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Decides where an address belongs. IPv6 is the host stack's within the guest's own subnet, unless the JVM wants none. */
public final class Routing {
    private static final int IPV4_BYTES = 4;
    private static final int LOOPBACK_NETWORK = 127;
    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

    private static volatile List<Cidr> platformRules = List.of();

    /** As the JDK reads it. */
    private static final boolean IPV4_STACK = Boolean.getBoolean("java.net.preferIPv4Stack");

    private Routing() {}

    /** An IPv4 network, for rules. */
    static final class Cidr {
        private final int network;
        private final int mask;

        Cidr(int network, int prefix) {
            this.mask = prefix == 0 ? 0 : -1 << (32 - prefix);
            this.network = network & mask;
        }

        boolean contains(int address) {
            return (address & mask) == network;
        }
    }

    /**
     * From now on these IPv4 networks are the platform's.
     *
     * @param networks as a.b.c.d/n
     * @throws IllegalArgumentException naming the one that is none
     */
    public static void leaveToPlatform(List<String> networks) {
        platformRules = networks.stream().map(Routing::parse).toList();
    }

    /** Where a connection to an address goes. Wildcards mean this guest itself, as for Linux. */
    public static Target forConnect(InetAddress address) {
        return isWildcard(address) ? Target.LOOPBACK : classify(address);
    }

    /** Who serves a socket bound to an address; null is the wildcard. */
    public static Target forBind(InetAddress address) {
        return isWildcard(address) ? Target.VIRTUOSO : classify(address);
    }

    /** Whether an address, null too, stands for all of this guest's. */
    static boolean isWildcard(InetAddress address) {
        return address == null || address.isAnyLocalAddress() || (isIpv4(address) && ipv4(address) == 0);
    }

    /** Whether this JVM is to use IPv4 only. */
    public static boolean isIpv4Stack() {
        return IPV4_STACK;
    }

    private static Target classify(InetAddress address) {
        if (!isIpv4(address)) {
            return address.isLoopbackAddress() ? Target.LOOPBACK : ofIpv6(address);
        }
        int ipv4 = ipv4(address);
        if (ipv4 >>> 24 == LOOPBACK_NETWORK) {
            return Target.LOOPBACK;
        }
        for (Cidr rule : platformRules) {
            if (rule.contains(ipv4)) {
                return Target.PLATFORM_BY_RULE;
            }
        }
        return Target.VIRTUOSO;
    }

    private static Target ofIpv6(InetAddress address) {
        return !IPV4_STACK && Link.reaches6(address) ? Target.VIRTUOSO : Target.PLATFORM_IPV6;
    }

    /** Whether it is an IPv4 address, or one of IPv6 in which one is mapped (RFC 4291 section 2.5.5.2). */
    static boolean isIpv4(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == IPV4_BYTES || Arrays.equals(bytes, 0, MAPPED.length, MAPPED, 0, MAPPED.length);
    }

    /** The first word of an address, as the ABI has it. */
    static long high(InetAddress address) {
        return isIpv4(address) ? Addresses.IPV4_HIGH : Subnet6.high(address.getAddress());
    }

    /** The second one. */
    static long low(InetAddress address) {
        return isIpv4(address) ? Addresses.ipv4Low(ipv4(address)) : Subnet6.low(address.getAddress());
    }

    /** An IPv4 address as a number, host order. */
    static int ipv4(InetAddress address) {
        byte[] bytes = address.getAddress();
        return ByteBuffer.wrap(bytes).getInt(bytes.length - IPV4_BYTES);
    }

    private static Cidr parse(String text) {
        String[] parts = text.split("/", -1);
        String[] octets = parts[0].split("\\.", -1);
        try {
            int prefix = parts.length == 1 ? 32 : Integer.parseInt(parts[1]);
            int address = 0;
            for (String octet : octets) {
                int value = Integer.parseInt(octet);
                require(value >= 0 && value <= 255);
                address = address << 8 | value;
            }
            require(parts.length <= 2 && octets.length == 4 && prefix >= 0 && prefix <= 32);
            return new Cidr(address, prefix);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not an IPv4 network: '" + text + "'; write it as 10.1.0.0/16", e);
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException();
        }
    }
}
