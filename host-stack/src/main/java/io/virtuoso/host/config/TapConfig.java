package io.virtuoso.host.config;

import java.util.OptionalInt;

/**
 * A TAP device through which the machine's own kernel reaches a virtual network, or an underlay.
 *
 * @param device  interface name
 * @param address the kernel's; in a virtual network one of IPv4, the guests' gateway
 */
public record TapConfig(String device, OuterAddress address) implements PortConfig {
    @Override
    public OptionalInt gateway() {
        return address.isIpv6() ? OptionalInt.empty() : OptionalInt.of(address.ipv4());
    }
}
