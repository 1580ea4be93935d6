package io.virtuoso.guest.core;

import java.net.InetAddress;

/**
 * The network interface that a guest's programs see besides the loopback. The kernel has none: it is how programs that
 * ask for interfaces learn the guest's addresses. Name and index are those that native programs see.
 */
public final class GuestInterface {
    /** No driver or program of Linux's gives out this name. */
    public static final String NAME = "vguest0";

    /** The kernel counts from 1 and would have to make a thousand million interfaces to come here. */
    public static final int INDEX = 1 << 30;

    /** Subnets whose addresses are all stations' have no broadcast address. */
    private static final int LONGEST_WITH_BROADCAST = 30;

    private final int ipv4;
    private final int prefix;
    private final InetAddress ipv6;
    private final int prefix6;
    private final int mtu;

    /**
     * One that does not change.
     *
     * @param ipv4 the address, host order
     * @param prefix its subnet's bits
     * @param ipv6 null: none
     */
    GuestInterface(int ipv4, int prefix, InetAddress ipv6, int prefix6, int mtu) {
        this.ipv4 = ipv4;
        this.prefix = prefix;
        this.ipv6 = ipv6;
        this.prefix6 = prefix6;
        this.mtu = mtu;
    }

    /** As it is, or was last without a host stack; null: none has been there in this JVM's life. Attaches if need be. */
    public static GuestInterface find() {
        return Link.get().networkInterface();
    }

    /** Whether there is a host stack. */
    public static boolean isUp() {
        return Link.get().attachment() != null;
    }

    public InetAddress ipv4() {
        return SlotUse.inetAddress(ipv4);
    }

    /** Bits of the IPv4 subnet. */
    public int prefix() {
        return prefix;
    }

    /** All stations of the IPv4 subnet; null: there is no such address. */
    public InetAddress broadcast() {
        return prefix > LONGEST_WITH_BROADCAST ? null : SlotUse.inetAddress((int) (ipv4 | 0xffff_ffffL >>> prefix));
    }

    /** The IPv6 address; null: none, or the program wants IPv4 only. */
    public InetAddress ipv6() {
        return ipv6;
    }

    /** Bits of the IPv6 subnet. */
    public int prefix6() {
        return prefix6;
    }

    /** Bytes of the largest packet. */
    public int mtu() {
        return mtu;
    }
}
