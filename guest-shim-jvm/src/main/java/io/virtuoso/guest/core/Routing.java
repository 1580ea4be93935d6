package io.virtuoso.guest.core;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;

/** Decides where an address belongs. */
public final class Routing {
    private static volatile List<Cidr> platformRules = List.of();

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
        return address.isAnyLocalAddress() ? Target.LOOPBACK : classify(address);
    }

    /** Who serves a socket bound to an address; null is the wildcard. */
    public static Target forBind(InetAddress address) {
        return address == null || address.isAnyLocalAddress() ? Target.VIRTUOSO : classify(address);
    }

    private static Target classify(InetAddress address) {
        if (address.isLoopbackAddress()) {
            return Target.LOOPBACK;
        }
        if (!(address instanceof Inet4Address)) {
            return Target.PLATFORM_IPV6;
        }
        int ipv4 = ipv4(address);
        for (Cidr rule : platformRules) {
            if (rule.contains(ipv4)) {
                return Target.PLATFORM_BY_RULE;
            }
        }
        return Target.VIRTUOSO;
    }

    /** An IPv4 address as a number, host order. */
    static int ipv4(InetAddress address) {
        byte[] bytes = address.getAddress();
        return (bytes[0] & 255) << 24 | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | bytes[3] & 255;
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
