package io.virtuoso.host.config;

import java.util.List;
import java.util.Optional;

/**
 * What lies beyond a network's subnet, as its guests see it.
 *
 * @param routes  of IPv4, prefixes unique; without any of either family all goes to the network's gateway, unless
 *     {@code outside} is NONE
 * @param routes6 the same of IPv6
 * @param outside whose destinations are without a route
 */
public record ReachConfig(List<RouteConfig> routes, List<Route6Config> routes6, Outside outside) {
    /** Of a network that says nothing about it. */
    public static final ReachConfig DEFAULT = new ReachConfig(List.of(), List.of(), Outside.KERNEL);

    /** Whose destinations are without a route, where a guest's sockets could be the kernel's instead. */
    public enum Outside {
        /** The kernel's of the machine. */
        KERNEL,
        /** Nobody's. */
        NONE;

        /** @return the one that is called so in a configuration */
        static Optional<Outside> named(final String name) {
            return switch (name) {
                case "kernel" -> Optional.of(KERNEL);
                case "none" -> Optional.of(NONE);
                default -> Optional.empty();
            };
        }
    }

    /** Copies the lists. */
    public ReachConfig {
        routes = List.copyOf(routes);
        routes6 = List.copyOf(routes6);
    }

    /** @return true if nothing is said, so that everything goes to the network's gateway */
    public boolean isByGateway() {
        return routes.isEmpty() && routes6.isEmpty() && outside == Outside.KERNEL;
    }
}
