package io.virtuoso.host.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Ipv6HeadersTest {
    private static final long HIGH = 0xfd00_0088_0000_0000L;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(256);

    private void header(final int payloadLength, final int next) {
        Ipv6Header.write(buffer, 0, 0x2, payloadLength, next, 64);
        Ipv6Header.putSource(buffer, 0, HIGH, 1);
        Ipv6Header.putDestination(buffer, 0, HIGH, 2);
    }

    @Test
    void shouldWriteWhatItReads() {
        header(20, 6);
        final byte[] bytes = new byte[Ipv6Header.BYTES];
        buffer.get(0, bytes);
        assertEquals(
                "6020000000140640" + "fd000088000000000000000000000001" + "fd000088000000000000000000000002",
                HexFormat.of().formatHex(bytes));
        assertNull(Ipv6Header.check(buffer, 0, 60));
        assertEquals(20, Ipv6Header.payloadLength(buffer, 0));
        assertEquals(6, Ipv6Header.nextHeader(buffer, 0));
        assertEquals(64, Ipv6Header.hopLimit(buffer, 0));
        assertEquals(2, Ipv6Header.trafficClass(buffer, 0));
        assertEquals(HIGH, Ipv6Header.sourceHigh(buffer, 0));
        assertEquals(2, Ipv6Header.destinationLow(buffer, 0));
    }

    @Test
    void shouldRefuseWhatCannotBe() {
        header(20, 6);
        assertEquals(DropReason.IP_TRUNCATED, Ipv6Header.check(buffer, 0, 59));
        assertEquals(DropReason.IP_TRUNCATED, Ipv6Header.check(buffer, 0, 39));
        Wire.put8(buffer, 0, 0x40);
        assertEquals(DropReason.IP_VERSION, Ipv6Header.check(buffer, 0, 60));
        header(20, 6);
        Ipv6Header.putSource(buffer, 0, 0, 0xffff_0a58_0001L); // ::ffff:10.88.0.1
        assertEquals(DropReason.IP_SOURCE, Ipv6Header.check(buffer, 0, 60));
    }

    @Test
    void shouldComputeTheChecksumOverThePseudoHeader() {
        header(8, Ipv6Header.PROTOCOL_ICMP);
        Icmpv6Message.writeHeader(buffer, 40, Icmpv6Message.ECHO_REQUEST, 0);
        Wire.put32(buffer, 44, 0x0001_0001);
        Icmpv6Message.writeChecksum(buffer, 0, 40, 8);
        // fd00+0088+0001 + fd00+0088+0002 + 0008 + 003a + 8000+0001+0001, folded and complemented
        int sum = 2 * (0xfd00 + 0x88) + 1 + 2 + 8 + 0x3a + 0x8000 + 1 + 1;
        sum = (sum & 0xffff) + (sum >>> 16);
        assertEquals(~sum & 0xffff, Wire.u16(buffer, 42));
        assertNull(Icmpv6Message.check(buffer, 0, 40, 8));
        Wire.put8(buffer, 47, 2);
        assertEquals(DropReason.ICMP_CHECKSUM, Icmpv6Message.check(buffer, 0, 40, 8));
        assertEquals(DropReason.ICMP_TRUNCATED, Icmpv6Message.check(buffer, 0, 40, 7));
    }

    private DropReason walk(final int payloadLength, final int first, final String extensions) {
        header(payloadLength, first);
        buffer.put(40, HexFormat.of().parseHex(extensions));
        return new ExtensionHeaders().walk(buffer, 0);
    }

    @Test
    void shouldWalkOverExtensionHeaders() {
        header(28, 0);
        buffer.put(40, HexFormat.of().parseHex("3c00050200000100" + "2c00010400000000" + "0600000000000001"));
        final ExtensionHeaders extensions = new ExtensionHeaders();
        assertNull(extensions.walk(buffer, 0));
        assertEquals(6, extensions.protocol());
        assertEquals(64, extensions.position());
        header(28, 6);
        assertNull(extensions.walk(buffer, 0));
        assertEquals(40, extensions.position());
    }

    @Test
    void shouldStopAtAPartOfAPacket() {
        header(16, 44);
        for (final String part : new String[] {"0600000100000001", "0600000800000001"}) {
            buffer.put(40, HexFormat.of().parseHex(part));
            final ExtensionHeaders extensions = new ExtensionHeaders();
            assertNull(extensions.walk(buffer, 0));
            assertEquals(FragmentHeader.PROTOCOL, extensions.protocol());
            assertEquals(40, extensions.position());
            assertTrue(extensions.hasFragmentHeader());
        }
    }

    @Test
    void shouldNotWalkWhereItMustNot() {
        final String padding = "00010400000000";
        assertEquals(DropReason.IP_EXTENSION, walk(4, 60, "06" + padding)); // longer than the packet
        assertEquals(DropReason.IP_EXTENSION, walk(8, 60, "0601010400000000")); // the same by its length
        assertEquals(DropReason.IP_EXTENSION, walk(16, 60, "00" + padding + "06" + padding)); // hop-by-hop not first
        assertEquals(DropReason.IP_EXTENSION, walk(8, 0, "0600c20400000000")); // a jumbogram
        assertEquals(DropReason.IP_EXTENSION, walk(8, 60, "0600010600000000")); // an option beyond its header
        assertEquals(DropReason.IP_EXTENSION, walk(8, 43, "0600000100000000")); // a route that is not at its end
        final String many = ("3c" + padding).repeat(ExtensionHeaders.MAX_HEADERS);
        assertEquals(DropReason.IP_EXTENSION, walk(80, 60, many + "06" + padding));
    }

    @Test
    void shouldReadNeighbourDiscovery() {
        header(NdMessage.BYTES_WITH_MAC, Ipv6Header.PROTOCOL_ICMP);
        Ipv6Header.write(buffer, 0, 0, NdMessage.BYTES_WITH_MAC, Ipv6Header.PROTOCOL_ICMP, NdMessage.HOP_LIMIT);
        NdMessage.write(buffer, 40, NdMessage.SOLICITATION, 0, HIGH, 2, 0x0200_0000_0007L);
        assertNull(NdMessage.check(buffer, 0, 40, 32));
        assertEquals(0x0200_0000_0007L, NdMessage.mac(buffer, 40, 32, NdMessage.SOURCE_MAC));
        assertEquals(NdMessage.NO_MAC, NdMessage.mac(buffer, 40, 32, NdMessage.TARGET_MAC));
        assertEquals(DropReason.ND_MALFORMED, NdMessage.check(buffer, 0, 40, 31));
        assertEquals(DropReason.ND_MALFORMED, NdMessage.check(buffer, 0, 40, 23));
        Wire.put8(buffer, 40 + 25, 0);
        assertEquals(DropReason.ND_MALFORMED, NdMessage.check(buffer, 0, 40, 32));
    }

    @Test
    void shouldNameTheGroupOfAnAddress() {
        final long low = NdMessage.solicitedNodeLow(0x1234_5678_9abc_def0L);
        assertEquals(0x0000_0001_ffbc_def0L, low);
        assertTrue(NdMessage.isSolicitedNode(0xff02_0000_0000_0000L, low));
        assertFalse(NdMessage.isSolicitedNode(0xff02_0000_0000_0000L, 1));
        assertEquals(0x3333_ffbc_def0L, NdMessage.multicastMac(low));
        assertTrue(NdMessage.isMulticastMac(0x3333_ffbc_def0L));
        assertFalse(NdMessage.isMulticastMac(0x3332_ffbc_def0L));
    }
}
