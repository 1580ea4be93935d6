package io.virtuoso.host.config;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * The way out that all networks share: guests' connections leave it with its one address, and published ports are ports
 * of that address.
 *
 * @param network the network behind its port, of which no guest is a member
 * @param address the host stack's own address there, host order
 * @param gateway where packets for other networks go; empty: nowhere
 * @param ipv6 empty: the uplink is of IPv4 only
 */
public record UplinkConfig(NetworkConfig network, int address, OptionalInt gateway, Optional<Uplink6Config> ipv6) {}
