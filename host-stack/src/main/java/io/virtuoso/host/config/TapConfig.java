package io.virtuoso.host.config;

/**
 * A TAP device through which the machine's own kernel reaches a virtual network.
 *
 * @param name    interface name, 1 to 15 characters
 * @param address the kernel's IPv4 address in the network, host order; the guests' gateway
 */
public record TapConfig(String name, int address) {}
