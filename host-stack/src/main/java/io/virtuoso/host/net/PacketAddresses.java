package io.virtuoso.host.net;

import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import java.nio.ByteBuffer;

/** The addresses of a received packet of either family, as {@link Ipv6Numbers} has them. */
final class PacketAddresses {
    private final Ipv6Numbers numbers;

    PacketAddresses(final Ipv6Numbers numbers) {
        this.numbers = numbers;
    }

    /** @return the source; {@link Ipv6Numbers#TRANSIENT} if it has no number */
    int source(final ByteBuffer buffer, final int ipAt) {
        return Ipv6Header.isIpv6(buffer, ipAt)
                ? numbers.findOrTransient(Ipv6Header.sourceHigh(buffer, ipAt), Ipv6Header.sourceLow(buffer, ipAt))
                : Ipv4Header.source(buffer, ipAt);
    }

    /** @return the destination; {@link Ipv6Numbers#NONE} if it has no number, so is nobody's here */
    int destination(final ByteBuffer buffer, final int ipAt) {
        return Ipv6Header.isIpv6(buffer, ipAt)
                ? numbers.find(Ipv6Header.destinationHigh(buffer, ipAt), Ipv6Header.destinationLow(buffer, ipAt))
                : Ipv4Header.destination(buffer, ipAt);
    }
}
