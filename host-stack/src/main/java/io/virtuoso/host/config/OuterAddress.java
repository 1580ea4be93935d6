package io.virtuoso.host.config;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * An address of either family, such as that of a station on an underlay.
 *
 * @param ipv4 in host order, if it is one of IPv4; else 0
 * @param ipv6 empty for IPv4
 */
public record OuterAddress(int ipv4, Optional<Ipv6> ipv6) {
    private static final int MULTICAST = 0xff;

    static OuterAddress ofIpv4(final int address) {
        return new OuterAddress(address, Optional.empty());
    }

    /** @return the address written so, if a station may have it */
    public static Optional<OuterAddress> parse(final String text) {
        final OptionalInt four = Ipv4.parse(text);
        if (four.isPresent()) {
            final int first = four.getAsInt() >>> 24;
            final boolean unicast = first != 0 && first != 127 && first < 224;
            return unicast ? Optional.of(ofIpv4(four.getAsInt())) : Optional.empty();
        }
        return Ipv6.parse(text).filter(OuterAddress::isUnicast).map(six -> new OuterAddress(0, Optional.of(six)));
    }

    private static boolean isUnicast(final Ipv6 address) {
        return address.high() >>> 56 != MULTICAST && address.high() != 0;
    }

    public boolean isIpv6() {
        return ipv6.isPresent();
    }

    @Override
    public String toString() {
        return ipv6.map(Ipv6::toString).orElseGet(() -> Ipv4.format(ipv4));
    }
}
