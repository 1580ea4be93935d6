package io.virtuoso.host.config;

import java.util.OptionalInt;

/**
 * An interface of this machine, used through a packet socket.
 *
 * @param device  the interface
 * @param gateway where packets for addresses beyond the network go; empty: to the subnet's first address
 */
public record PacketConfig(String device, OptionalInt gateway) implements PortConfig {}
