package io.virtuoso.host.net;

import org.agrona.collections.IntHashSet;

/** The addresses that the host stack answers for on a port: those of the guests of one virtual network. */
final class LocalAddresses {
    /** No station's address, so it may stand for "absent" in the set. */
    private static final int NOBODY = 0;

    private final IntHashSet addresses = new IntHashSet();

    boolean add(final int address) {
        if (address == NOBODY) {
            throw new IllegalArgumentException("0.0.0.0 is nobody's address");
        }
        return addresses.add(address);
    }

    boolean remove(final int address) {
        return addresses.remove(address);
    }

    /** @param address as {@link Ipv6Numbers} has it */
    boolean contains(final int address) {
        return addresses.contains(address);
    }

    /** @param address read from a packet: what looks like a number is none */
    boolean containsIpv4(final int address) {
        return !Ipv6Numbers.isIpv6(address) && addresses.contains(address);
    }
}
