package io.virtuoso.host.tunnel;

import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.GreHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.VxlanHeader;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** How frames of a virtual network are wrapped. */
public enum TunnelKind {
    /** RFC 7348. */
    VXLAN(UdpHeader.BYTES + VxlanHeader.BYTES),
    /** RFC 2784 with the key of RFC 2890, around Ethernet frames. */
    GRE(GreHeader.BYTES_WITH_KEY);

    private final int headerBytes;

    TunnelKind(final int headerBytes) {
        this.headerBytes = headerBytes;
    }

    /** @return the kind of this name in a configuration, in lower case */
    public static Optional<TunnelKind> named(final String name) {
        return Stream.of(values())
                .filter(kind -> kind.configName().equals(name))
                .findFirst();
    }

    /** @return how it is called in a configuration */
    public String configName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @return bytes between the outer IP header and the inner Ethernet header */
    int headerBytes() {
        return headerBytes;
    }

    /** @return bytes of all outer headers, from the outer Ethernet header to the inner one */
    int outerBytes(final boolean ipv6) {
        return EthernetHeader.BYTES + (ipv6 ? Ipv6Header.BYTES : Ipv4Header.BYTES) + headerBytes;
    }

    /** @return by how many bytes the largest inner IP packet is smaller than the largest outer one */
    public int overhead(final boolean ipv6) {
        return outerBytes(ipv6); // the inner Ethernet header counts, the outer one does not
    }
}
