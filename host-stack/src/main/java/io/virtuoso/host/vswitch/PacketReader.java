package io.virtuoso.host.vswitch;

import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.ExtensionHeaders;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.UdpHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;

/** What a policy asks of a packet. Reused; one thread. */
final class PacketReader {
    /** What the packet is to the flow that its names make. */
    enum Kind {
        /** Begins one: a SYN, any UDP datagram of no known flow, an echo request. */
        BEGINS,
        /** Belongs to one, as a TCP segment or an echo reply does. */
        BELONGS,
        /** Is about other packets: ARP, Neighbour Discovery, ICMP errors, fragments but the first. */
        ASIDE,
        /** Is nothing that a policy could allow. */
        UNKNOWN
    }

    private static final int ECHO_REPLY = 0;
    private static final int ECHO_REQUEST = 8;
    private static final int UNREACHABLE = 3;
    private static final int TIME_EXCEEDED = 11;
    private static final int PARAMETER_PROBLEM = 12;
    private static final int IPV6_ECHO_REQUEST = 128;
    private static final int IPV6_ECHO_REPLY = 129;
    private static final int IPV6_LAST_ERROR = 4;
    private static final int NEIGHBOUR_DISCOVERY = 133;
    private static final int NEIGHBOUR_DISCOVERY_END = 137;
    private static final int ECHO_IDENTIFIER = 4;
    private static final int PORTS = 4;
    /** A fragment that could write over ports or flags of the first one (RFC 3128). */
    private static final int HEADER_BYTES = 16;

    private final ExtensionHeaders extensions = new ExtensionHeaders();
    private Protocol protocol = Protocol.TCP;
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;
    private int sourcePort;
    private int destinationPort;

    /** Reads a frame, and remembers its names if it begins a flow or belongs to one. */
    Kind read(final Frame frame) {
        final ByteBuffer buffer = frame.buffer();
        final int available = frame.length() - EthernetHeader.BYTES;
        return switch (EthernetHeader.type(buffer, Frame.ETHERNET_AT)) {
            case EthernetHeader.TYPE_ARP -> Kind.ASIDE;
            case EthernetHeader.TYPE_IPV4 -> readIpv4(buffer, available);
            case EthernetHeader.TYPE_IPV6 -> readIpv6(buffer, available);
            default -> Kind.UNKNOWN;
        };
    }

    private Kind readIpv4(final ByteBuffer buffer, final int available) {
        final int ipAt = Frame.NETWORK_AT;
        if (Ipv4Header.check(buffer, ipAt, available) != null) {
            return Kind.UNKNOWN;
        }
        if (Ipv4Header.fragmentOffset(buffer, ipAt) > 0) {
            return Ipv4Header.fragmentOffset(buffer, ipAt) < HEADER_BYTES ? Kind.UNKNOWN : Kind.ASIDE;
        }
        sourceHigh = 0;
        sourceLow = Integer.toUnsignedLong(Ipv4Header.source(buffer, ipAt));
        destinationHigh = 0;
        destinationLow = Integer.toUnsignedLong(Ipv4Header.destination(buffer, ipAt));
        final int header = Ipv4Header.headerLength(buffer, ipAt);
        final int length = Ipv4Header.totalLength(buffer, ipAt) - header;
        final int transport = Ipv4Header.protocol(buffer, ipAt);
        return transport == Ipv4Header.PROTOCOL_ICMP
                ? readIcmp(buffer, ipAt + header, length)
                : readTransport(buffer, ipAt + header, length, transport);
    }

    private Kind readIpv6(final ByteBuffer buffer, final int available) {
        final int ipAt = Frame.NETWORK_AT;
        if (Ipv6Header.check(buffer, ipAt, available) != null || extensions.walk(buffer, ipAt) != null) {
            return Kind.UNKNOWN;
        }
        sourceHigh = Ipv6Header.sourceHigh(buffer, ipAt);
        sourceLow = Ipv6Header.sourceLow(buffer, ipAt);
        destinationHigh = Ipv6Header.destinationHigh(buffer, ipAt);
        destinationLow = Ipv6Header.destinationLow(buffer, ipAt);
        if (sourceHigh == 0 || destinationHigh == 0) {
            return Kind.UNKNOWN; // no station's; here an IPv4 address would look so
        }
        final int at = extensions.position();
        final int length = ipAt + Ipv6Header.BYTES + Ipv6Header.payloadLength(buffer, ipAt) - at;
        return extensions.protocol() == Ipv6Header.PROTOCOL_ICMP
                ? readIcmpv6(buffer, at, length)
                : readTransport(buffer, at, length, extensions.protocol());
    }

    private Kind readTransport(final ByteBuffer buffer, final int at, final int length, final int transport) {
        if (length < PORTS) {
            return Kind.UNKNOWN;
        }
        sourcePort = Wire.u16(buffer, at);
        destinationPort = Wire.u16(buffer, at + 2);
        if (transport == Ipv4Header.PROTOCOL_UDP && length >= UdpHeader.BYTES) {
            protocol = Protocol.UDP;
            return Kind.BEGINS;
        }
        if (transport != Ipv4Header.PROTOCOL_TCP || length < HEADER_BYTES) {
            return Kind.UNKNOWN;
        }
        protocol = Protocol.TCP;
        final int flags = TcpHeader.flags(buffer, at);
        return (flags & (TcpHeader.SYN | TcpHeader.ACK)) == TcpHeader.SYN ? Kind.BEGINS : Kind.BELONGS;
    }

    private Kind readIcmp(final ByteBuffer buffer, final int at, final int length) {
        if (length < Icmpv6Message.BYTES) {
            return Kind.UNKNOWN;
        }
        return switch (Wire.u8(buffer, at)) {
            case ECHO_REQUEST -> echo(buffer, at, Kind.BEGINS);
            case ECHO_REPLY -> echo(buffer, at, Kind.BELONGS);
            case UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM -> Kind.ASIDE;
            default -> Kind.UNKNOWN;
        };
    }

    private Kind readIcmpv6(final ByteBuffer buffer, final int at, final int length) {
        if (length < Icmpv6Message.BYTES) {
            return Kind.UNKNOWN;
        }
        final int type = Icmpv6Message.type(buffer, at);
        if (type == IPV6_ECHO_REQUEST || type == IPV6_ECHO_REPLY) {
            return echo(buffer, at, type == IPV6_ECHO_REQUEST ? Kind.BEGINS : Kind.BELONGS);
        }
        final boolean aside =
                type >= 1 && type <= IPV6_LAST_ERROR || type >= NEIGHBOUR_DISCOVERY && type <= NEIGHBOUR_DISCOVERY_END;
        return aside ? Kind.ASIDE : Kind.UNKNOWN;
    }

    /** The identifier stands for both ports. */
    private Kind echo(final ByteBuffer buffer, final int at, final Kind kind) {
        protocol = Protocol.ICMP;
        sourcePort = Wire.u16(buffer, at + ECHO_IDENTIFIER);
        destinationPort = sourcePort;
        return kind;
    }

    Protocol protocol() {
        return protocol;
    }

    long sourceHigh() {
        return sourceHigh;
    }

    /** @return second half of the source; of IPv4 the address */
    long sourceLow() {
        return sourceLow;
    }

    long destinationHigh() {
        return destinationHigh;
    }

    long destinationLow() {
        return destinationLow;
    }

    int sourcePort() {
        return sourcePort;
    }

    int destinationPort() {
        return destinationPort;
    }
}
