package io.virtuoso.host.config;

import java.util.OptionalInt;

/**
 * An interface of this machine, used through AF_XDP.
 *
 * @param device  the interface
 * @param gateway where packets for addresses beyond the network go; empty: to the subnet's first address
 */
public record XdpConfig(String device, OptionalInt gateway) implements PortConfig {}
