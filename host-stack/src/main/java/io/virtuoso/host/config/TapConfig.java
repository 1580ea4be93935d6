package io.virtuoso.host.config;

import java.util.OptionalInt;

/**
 * A TAP device through which the machine's own kernel reaches a virtual network.
 *
 * @param device  interface name
 * @param address the kernel's IPv4 address in the network, host order; the guests' gateway
 */
public record TapConfig(String device, int address) implements PortConfig {
    @Override
    public OptionalInt gateway() {
        return OptionalInt.of(address);
    }
}
