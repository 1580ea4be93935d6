package io.virtuoso.host.socket;

import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.net.Ipv6Numbers;

/**
 * What all attachments of one guest share on the stack thread: its addresses and its ports.
 *
 * @param guest   as configured
 * @param address IPv4, host order
 * @param address6 number of its IPv6 address, {@link Ipv6Numbers#NONE} if it has none
 * @param numbers of IPv6 addresses
 * @param ports   its TCP ports
 * @param datagramPorts its UDP ports
 */
public record GuestNode(
        Guest guest, int address, int address6, Ipv6Numbers numbers, PortSpace ports, DatagramPorts datagramPorts) {
    /** @return the guest's address of the same family as a peer's */
    public int addressTowards(int peer) {
        return Ipv6Numbers.isIpv6(peer) ? address6 : address;
    }
}
