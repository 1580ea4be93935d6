package io.virtuoso.host.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Bytes as other systems write them. */
class HeadersTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final int CLIENT = 0x0a58_0001;
    private static final int SERVER = 0x0a58_0002;

    private static ByteBuffer bytes(final String hex) {
        return ByteBuffer.wrap(HEX.parseHex(hex.replace(" ", "")));
    }

    private static String hex(final ByteBuffer buffer, final int length) {
        final byte[] copy = new byte[length];
        buffer.get(0, copy);
        return HEX.formatHex(copy);
    }

    @Test
    void shouldWriteAndReadEthernet() {
        final ByteBuffer buffer = ByteBuffer.allocate(14);
        EthernetHeader.write(buffer, 0, EthernetHeader.BROADCAST, 0x0276_1234_5678L, EthernetHeader.TYPE_ARP);

        assertEquals("ffffffffffff" + "027612345678" + "0806", hex(buffer, 14));
        assertEquals(0x0276_1234_5678L, EthernetHeader.source(buffer, 0));
        assertTrue(EthernetHeader.isGroup(EthernetHeader.destination(buffer, 0)));
        assertFalse(EthernetHeader.isGroup(EthernetHeader.source(buffer, 0)));
    }

    @Test
    void shouldWriteAndReadArp() {
        final ByteBuffer buffer = ByteBuffer.allocate(28);
        ArpPacket.write(buffer, 0, ArpPacket.REQUEST, 0x0276_0000_0001L, CLIENT, 0, SERVER);

        assertEquals("0001080006040001" + "027600000001" + "0a580001" + "000000000000" + "0a580002", hex(buffer, 28));
        assertNull(ArpPacket.check(buffer, 0, 28));
        assertEquals(SERVER, ArpPacket.targetAddress(buffer, 0));
    }

    @Test
    void shouldWriteIpv4WithTheChecksumOthersCompute() {
        // The example of RFC 1071's commentators: 45 00 00 73 ... b861, with our TTL and DF instead.
        final ByteBuffer buffer = bytes("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7".concat("00".repeat(95)));
        assertNull(Ipv4Header.check(buffer, 0, 0x73));

        final ByteBuffer written = ByteBuffer.allocate(20);
        Ipv4Header.write(written, 0, 0x73, 0, Ipv4Header.PROTOCOL_UDP, 0xc0a8_0001, 0xc0a8_00c7);
        assertEquals("4500007300004000" + "4011b861" + "c0a80001c0a800c7", hex(written, 20));
    }

    @Test
    void shouldNameWhatIsWrongWithAnIpv4Header() {
        final String good = "4500 0014 0000 4000 4006 26e0 0a58 0001 0a58 0002";
        assertEquals(DropReason.IP_TRUNCATED, Ipv4Header.check(bytes(good), 0, 19));
        assertEquals(DropReason.IP_VERSION, check("65" + good.substring(2)));
        assertEquals(DropReason.IP_HEADER_LENGTH, check("44" + good.substring(2)));
        assertEquals(DropReason.IP_HEADER_LENGTH, check("4500 0013" + good.substring(9)));
        assertEquals(DropReason.IP_TRUNCATED, check("4500 0015" + good.substring(9)));
        assertEquals(DropReason.IP_CHECKSUM, check("4501" + good.substring(4)));
        assertEquals(DropReason.IP_SOURCE, check(repaired("4500 0014 0000 4000 4006 0000 e000 0001 0a58 0002")));
        assertEquals(DropReason.IP_SOURCE, check(repaired("4500 0014 0000 4000 4006 0000 7f00 0001 0a58 0002")));
    }

    @Test
    void shouldTellFragmentsApart() {
        final ByteBuffer first = bytes("4500 0014 0000 2000 4006 0000 0a58 0001 0a58 0002");
        assertTrue(Ipv4Header.isFragment(first, 0) && Ipv4Header.moreFragments(first, 0));
        assertEquals(0, Ipv4Header.fragmentOffset(first, 0));
        final ByteBuffer last = bytes("4500 0014 0000 1fff 4006 0000 0a58 0001 0a58 0002");
        assertTrue(Ipv4Header.isFragment(last, 0) && !Ipv4Header.moreFragments(last, 0));
        assertEquals(65_528, Ipv4Header.fragmentOffset(last, 0));
        assertFalse(Ipv4Header.isFragment(bytes("4500 0014 0000 4000 4006 0000 0a58 0001 0a58 0002"), 0));
    }

    private static DropReason check(final String hex) {
        final ByteBuffer buffer = bytes(hex);
        return Ipv4Header.check(buffer, 0, buffer.capacity());
    }

    private static String repaired(final String hex) {
        final ByteBuffer buffer = bytes(hex);
        Wire.put16(buffer, 10, Checksum.complete(Checksum.partial(buffer, 0, 20, 0)));
        return hex(buffer, 20);
    }

    @Test
    void shouldWriteATcpHeaderWithChecksum() {
        final ByteBuffer buffer = ByteBuffer.allocate(32);
        TcpOptions.writeTimestamps(buffer, 20, 0x01020304, 0x05060708);
        TcpHeader.write(buffer, 0, 0x1234_0050, 1, 2, 32, TcpHeader.ACK | TcpHeader.PSH, 0x7210);
        TcpHeader.writeChecksum(buffer, 0, 32, CLIENT, SERVER);

        assertEquals("12340050" + "00000001" + "00000002" + "80187210", hex(buffer, 16));
        assertEquals("0101080a" + "01020304" + "05060708", hex(buffer, 32).substring(40));
        assertNull(TcpHeader.check(buffer, 0, 32));
        assertTrue(TcpHeader.checksumValid(buffer, 0, 32, CLIENT, SERVER));
        assertFalse(TcpHeader.checksumValid(buffer, 0, 32, CLIENT, CLIENT));
        assertEquals(0x1234, TcpHeader.sourcePort(buffer, 0));
        assertEquals(80, TcpHeader.destinationPort(buffer, 0));
    }

    @Test
    void shouldLeaveThePseudoHeadersSumForOffload() {
        final ByteBuffer buffer = ByteBuffer.allocate(20);
        TcpHeader.write(buffer, 0, 0x1234_0050, 1, 2, 20, TcpHeader.ACK, 0x7210);
        TcpHeader.writePartialChecksum(buffer, 0, 20, CLIENT, SERVER);

        // What the other side then does: sum everything from the header on, and complement.
        Wire.put16(buffer, 16, Checksum.complete(Checksum.partial(buffer, 0, 20, 0)));
        assertTrue(TcpHeader.checksumValid(buffer, 0, 20, CLIENT, SERVER));
    }

    @Test
    void shouldRefuseImpossibleTcpLengths() {
        final ByteBuffer buffer = ByteBuffer.allocate(60);
        TcpHeader.write(buffer, 0, 0x1234_0050, 0, 0, 16, TcpHeader.ACK, 0);
        assertEquals(DropReason.TCP_HEADER_LENGTH, TcpHeader.check(buffer, 0, 60));
        TcpHeader.write(buffer, 0, 0x1234_0050, 0, 0, 60, TcpHeader.ACK, 0);
        assertEquals(DropReason.TCP_HEADER_LENGTH, TcpHeader.check(buffer, 0, 59));
        assertEquals(DropReason.TCP_TRUNCATED, TcpHeader.check(buffer, 0, 19));
        TcpHeader.write(buffer, 0, 0x0000_0050, 0, 0, 20, TcpHeader.ACK, 0);
        assertEquals(DropReason.TCP_PORT_ZERO, TcpHeader.check(buffer, 0, 60));
    }

    @Test
    void shouldWriteAVirtioHeaderForSegmentation() {
        final ByteBuffer buffer = ByteBuffer.allocate(12);
        VirtioNetHeader.writeTcpSegmentation(buffer, 0, VirtioNetHeader.GSO_TCPV4, 66, 1448, 34, 16);

        assertEquals("01" + "01" + "4200" + "a805" + "2200" + "1000" + "0000", hex(buffer, 12));
        assertEquals(1448, VirtioNetHeader.gsoSize(buffer, 0));
        assertEquals(34, VirtioNetHeader.checksumStart(buffer, 0));
    }

    @Test
    void shouldMakeAnEchoReply() {
        final ByteBuffer buffer = bytes("0800 0000 1234 0001 61626364");
        Wire.put16(buffer, 2, Checksum.complete(Checksum.partial(buffer, 0, 12, 0)));
        assertNull(IcmpMessage.check(buffer, 0, 12));

        IcmpMessage.turnIntoReply(buffer, 0, 12);

        assertEquals("12340001" + "61626364", hex(buffer, 12).substring(8));
        assertEquals(IcmpMessage.ECHO_REPLY, IcmpMessage.type(buffer, 0));
        assertNull(IcmpMessage.check(buffer, 0, 12));
    }
}
