package io.virtuoso.guest.core;

/** Where a destination (or an address to bind to) belongs. */
public enum Target {
    /** The host stack. */
    VIRTUOSO,

    /** This guest's own listeners; what none of them answers is the platform's. */
    LOOPBACK,

    /** The platform, since it is IPv6 beyond the guest's subnet. */
    PLATFORM_IPV6,

    /** The platform, because the operator said so. */
    PLATFORM_BY_RULE
}
