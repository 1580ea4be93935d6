package io.virtuoso.host;

import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.port.Port;

/**
 * A port by which packets enter and leave a virtual network.
 *
 * @param network the network
 * @param port    open; belongs to the stack thread once that runs
 */
public record NetworkPort(NetworkConfig network, Port port) {}
