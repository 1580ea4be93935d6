package io.virtuoso.host.port;

/** The host stack's own Ethernet address on an interface that has another one. */
final class StationAddress {
    /** Locally administered, unicast (IEEE 802 section 8.4). */
    private static final long PREFIX = 0x0276_0000_0000L;

    private StationAddress() {}

    /**
     * @param interfaceMac the interface's own address, in the lower 48 bits
     * @return the same one for the same interface, so neighbours survive a restart; another for other interfaces
     */
    static long on(final long interfaceMac) {
        // Fibonacci hashing: neighbouring addresses differ in all bytes.
        return PREFIX | (interfaceMac * 0x9e37_79b9_7f4a_7c15L >>> 32);
    }
}
