package io.virtuoso.host.config;

/**
 * A guest as configured.
 *
 * @param name    unique; see {@link Names#isGuestName}
 * @param network name of its virtual network
 * @param address its IPv4 address, host order
 * @param weight  share of CPU time relative to other guests, 1 to {@link #MAX_WEIGHT}
 */
public record GuestConfig(String name, String network, int address, int weight) {
    /** Weight of a guest that names none. */
    public static final int DEFAULT_WEIGHT = 1;
    /** Largest weight. */
    public static final int MAX_WEIGHT = 1000;
}
