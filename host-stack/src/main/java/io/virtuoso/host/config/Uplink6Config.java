package io.virtuoso.host.config;

import java.util.Optional;

/**
 * The IPv6 side of the uplink.
 *
 * @param address the host stack's own
 * @param gateway where packets for other networks go; empty: nowhere
 */
public record Uplink6Config(Ipv6 address, Optional<Ipv6> gateway) {}
