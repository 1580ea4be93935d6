package io.virtuoso.host.vswitch;

/**
 * The addresses that a virtual machine's network card has, by the configuration.
 *
 * @param mac     Ethernet address, in the lower 48 bits
 * @param address IPv4, host order
 * @param high    first half of its IPv6 address; 0 if it has none
 * @param low     second half
 */
public record Station(long mac, int address, long high, long low) {
    /** @return true if it has an IPv6 address */
    public boolean hasIpv6() {
        return high != 0;
    }
}
