package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.FragmentHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.UdpHeader;
import java.nio.ByteBuffer;

/** What a stack sends must be well-formed, checksums included. */
final class SentFrameCheck {
    void check(final Frame frame) {
        final ByteBuffer buffer = frame.buffer();
        final int available = frame.length() - EthernetHeader.BYTES;
        assertTrue(!EthernetHeader.isGroup(EthernetHeader.source(buffer, Frame.ETHERNET_AT)));
        switch (EthernetHeader.type(buffer, Frame.ETHERNET_AT)) {
            case EthernetHeader.TYPE_ARP -> good(ArpPacket.check(buffer, Frame.NETWORK_AT, available));
            case EthernetHeader.TYPE_IPV4 -> checkIpv4(buffer, available);
            case EthernetHeader.TYPE_IPV6 -> checkIpv6(buffer, available);
            default -> fail("type of the frame");
        }
    }

    private static void good(final DropReason reason) {
        assertNull(reason);
    }

    private static void checkIpv4(final ByteBuffer buffer, final int available) {
        final int ipAt = Frame.NETWORK_AT;
        final int at = Frame.TRANSPORT_AT;
        good(Ipv4Header.check(buffer, ipAt, available));
        assertEquals(available, Ipv4Header.totalLength(buffer, ipAt));
        if (Ipv4Header.isFragment(buffer, ipAt)) {
            return;
        }
        final int length = available - Ipv4Header.BYTES;
        final int source = Ipv4Header.source(buffer, ipAt);
        final int destination = Ipv4Header.destination(buffer, ipAt);
        switch (Ipv4Header.protocol(buffer, ipAt)) {
            case Ipv4Header.PROTOCOL_TCP -> {
                good(TcpHeader.check(buffer, at, length));
                assertTrue(TcpHeader.checksumValid(buffer, at, length, source, destination));
            }
            case Ipv4Header.PROTOCOL_ICMP -> good(IcmpMessage.check(buffer, at, length));
            case Ipv4Header.PROTOCOL_UDP -> good(UdpHeader.check(buffer, at, length));
            default -> fail("protocol of the packet");
        }
    }

    private static void checkIpv6(final ByteBuffer buffer, final int available) {
        final int ipAt = Frame.NETWORK_AT;
        final int at = Frame.TRANSPORT_AT_IPV6;
        good(Ipv6Header.check(buffer, ipAt, available));
        final int length = available - Ipv6Header.BYTES;
        assertEquals(length, Ipv6Header.payloadLength(buffer, ipAt));
        switch (Ipv6Header.nextHeader(buffer, ipAt)) {
            case Ipv4Header.PROTOCOL_TCP -> {
                good(TcpHeader.check(buffer, at, length));
                final long pseudo = Ipv6Header.pseudoHeader(buffer, ipAt, Ipv4Header.PROTOCOL_TCP, length);
                assertTrue(TcpHeader.checksumValid(buffer, at, length, pseudo));
            }
            case Ipv6Header.PROTOCOL_ICMP -> good(Icmpv6Message.check(buffer, ipAt, at, length));
            case Ipv4Header.PROTOCOL_UDP -> good(UdpHeader.check(buffer, at, length));
            case FragmentHeader.PROTOCOL -> assertTrue(length > FragmentHeader.BYTES);
            default -> fail("protocol of the packet");
        }
    }
}
