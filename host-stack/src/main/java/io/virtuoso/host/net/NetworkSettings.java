package io.virtuoso.host.net;

/**
 * The IPv4 side of a virtual network on a port. Addresses are ints in host order.
 *
 * @param subnet network address
 * @param prefixLength 1 to 30
 * @param gateway where packets for addresses beyond the subnet go; 0: there is none
 */
public record NetworkSettings(int subnet, int prefixLength, int gateway) {
    /** No next hop. */
    static final int NO_ROUTE = 0;

    /** Checks the ranges. */
    public NetworkSettings {
        if (prefixLength < 1 || prefixLength > 30 || (subnet & ~(-1 << (Integer.SIZE - prefixLength))) != 0) {
            throw new IllegalArgumentException("not a subnet: " + Integer.toHexString(subnet) + "/" + prefixLength);
        }
    }

    /** @return true if the address is a station's in this subnet */
    public boolean onLink(final int address) {
        final int mask = -1 << (Integer.SIZE - prefixLength);
        return (address & mask) == subnet && address != subnet && address != (subnet | ~mask);
    }

    /** @return the station that a packet is handed to, or {@link #NO_ROUTE} */
    int nextHop(final int destination) {
        return onLink(destination) ? destination : gateway;
    }
}
