package io.virtuoso.guest.core;

import io.virtuoso.protocol.GuestRoute;
import java.net.InetAddress;

/** Where a datagram's destination, or an address to bind a UDP socket to, lies as seen from this guest. */
public enum Place {
    /** In the guest's network, perhaps the guest itself, or where the host stack has a route. */
    NETWORK,

    /** This machine: the guest's own sockets, or else the platform's. */
    LOOPBACK,

    /** All stations of a network. */
    BROADCAST,

    /** A multicast group. */
    MULTICAST,

    /** Beyond the guest's network. */
    OUTSIDE,

    /** Beyond the guest's network, which is closed. */
    NOWHERE,

    /** Somewhere; there is no host stack that knows UDP. */
    UNKNOWN,

    /** An IPv6 address beyond the guest's subnet. */
    IPV6,

    /** An address that the operator leaves to the platform. */
    RULE;

    private static final int ALL_ONES = -1;
    private static final int MULTICAST_MARK = 0xe;

    /** @param attachment null: there is none */
    static Place of(InetAddress address, Attachment attachment) {
        return switch (Routing.forConnect(address)) {
            case LOOPBACK -> LOOPBACK;
            case PLATFORM_BY_RULE -> RULE;
            case PLATFORM_IPV6 -> address.isMulticastAddress() ? MULTICAST : IPV6;
            case VIRTUOSO -> of(address, Routing.isIpv4(address), attachment);
        };
    }

    private static Place of(InetAddress address, boolean ipv4, Attachment attachment) {
        if (ipv4) {
            return of(Routing.ipv4(address), attachment);
        }
        return attachment != null && attachment.datagramSubnet6() != null && attachment.reaches6(address)
                ? NETWORK
                : IPV6;
    }

    private static Place of(int ipv4, Attachment attachment) {
        if (ipv4 == ALL_ONES) {
            return BROADCAST;
        }
        if (ipv4 >>> 28 == MULTICAST_MARK) {
            return MULTICAST;
        }
        if (attachment == null || !attachment.knowsDatagrams()) {
            return UNKNOWN;
        }
        int mask = attachment.networkMask();
        if (((ipv4 ^ attachment.address()) & mask) != 0) {
            return beyond(attachment.route(ipv4));
        }
        return (ipv4 | mask) == ALL_ONES ? BROADCAST : NETWORK;
    }

    private static Place beyond(int target) {
        return switch (target) {
            case GuestRoute.STACK -> NETWORK;
            case GuestRoute.NONE -> NOWHERE;
            default -> OUTSIDE;
        };
    }

    /** Why a socket that is used for such an address is the platform's. */
    public FallbackReason reason() {
        return switch (this) {
            case LOOPBACK -> FallbackReason.LOOPBACK;
            case IPV6 -> FallbackReason.IPV6;
            case RULE -> FallbackReason.RULE;
            case UNKNOWN -> FallbackReason.UNATTACHED;
            case BROADCAST, OUTSIDE -> FallbackReason.OUTSIDE;
            case NETWORK, MULTICAST, NOWHERE -> throw new IllegalArgumentException("no reason to leave: " + this);
        };
    }
}
