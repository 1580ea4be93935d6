package io.virtuoso.host.socket;

import io.virtuoso.host.guest.Guest;

/**
 * What all attachments of one guest share on the stack thread: its address and its ports.
 *
 * @param guest   as configured
 * @param address IPv4, host order
 * @param ports   its TCP ports
 * @param datagramPorts its UDP ports
 */
public record GuestNode(Guest guest, int address, PortSpace ports, DatagramPorts datagramPorts) {}
