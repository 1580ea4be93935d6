package io.virtuoso.host.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TunnelHeadersTest {
    private static ByteBuffer bytes(final String hex) {
        return ByteBuffer.allocateDirect(64).put(0, HexFormat.of().parseHex(hex));
    }

    private static String hex(final ByteBuffer buffer, final int length) {
        final byte[] bytes = new byte[length];
        buffer.get(0, bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void shouldWriteAndReadVxlan() {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        VxlanHeader.write(buffer, 0, 0xfe_dcba);
        assertEquals("08000000fedcba00", hex(buffer, 8));
        assertTrue(VxlanHeader.hasVni(buffer, 0));
        assertEquals(0xfe_dcba, VxlanHeader.vni(buffer, 0));
        assertFalse(VxlanHeader.hasVni(bytes("f7ffffff00000100"), 0));
        assertEquals(1, VxlanHeader.vni(bytes("ffffffff000001ff"), 0), "reserved bits say nothing");
    }

    @Test
    void shouldWriteAndReadGre() {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        GreHeader.write(buffer, 0, 0x8000_0001);
        assertEquals("2000655880000001", hex(buffer, 8));
        assertNull(GreHeader.check(buffer, 0, 8));
        assertTrue(GreHeader.hasKey(buffer, 0));
        assertEquals(0x8000_0001, GreHeader.key(buffer, 0));
        assertEquals(GreHeader.TYPE_ETHERNET, GreHeader.protocol(buffer, 0));
        assertEquals(8, GreHeader.headerLength(buffer, 0));
    }

    @ParameterizedTest
    @CsvSource({
        "00006558, 4, false, 0",
        "20006558 00000007, 8, true, 7",
        "30006558 00000007 00000009, 12, true, 7",
        "80006558 1aa70000, 8, false, 0",
        "b0006558 ea9f0000 00000007 00000009, 16, true, 7",
        "20f86558 00000007, 8, true, 7"
    })
    void shouldReadGreWithAnyOfItsFields(
            final String hex, final int headerLength, final boolean hasKey, final int key) {
        final ByteBuffer buffer = bytes(hex.replace(" ", ""));
        assertNull(GreHeader.check(buffer, 0, headerLength));
        assertEquals(headerLength, GreHeader.headerLength(buffer, 0));
        assertEquals(hasKey, GreHeader.hasKey(buffer, 0));
        if (hasKey) {
            assertEquals(key, GreHeader.key(buffer, 0));
        }
        assertEquals(DropReason.TUNNEL_MALFORMED, GreHeader.check(buffer, 0, headerLength - 1));
    }

    @Test
    void shouldCheckGresChecksumIfThereIsOne() {
        assertTrue(GreHeader.checksumValid(bytes("2000655800000007"), 0, 8));
        final ByteBuffer buffer = bytes("8000655800000000");
        Wire.put16(buffer, 4, Checksum.complete(Checksum.partial(buffer, 0, 8, 0)));
        assertTrue(GreHeader.checksumValid(buffer, 0, 8));
        buffer.put(7, (byte) 1);
        assertFalse(GreHeader.checksumValid(buffer, 0, 8));
    }

    /** Routing (RFC 1701), reserved bits 4 and 5, versions other than 0. */
    @ParameterizedTest
    @ValueSource(strings = {"4000", "0800", "0400", "0001", "2001", "0007"})
    void shouldRefuseGreThatItDoesNotUnderstand(final String flags) {
        assertEquals(DropReason.TUNNEL_MALFORMED, GreHeader.check(bytes(flags + "655800000007"), 0, 40));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void shouldKeepTheHeaderChecksumRightWhenTheCodepointChanges(final int ecn) {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        for (int id = 0; id < 0x1_0000; id += 13) {
            Ipv4Header.write(buffer, 0, 40, id, 6, 0x0a01_0002, 0x0a01_0003);
            Ipv4Header.putTypeOfService(buffer, 0, 0xb8 | id & 3);
            Ipv4Header.putEcn(buffer, 0, ecn);
            assertNull(Ipv4Header.check(buffer, 0, 40));
            assertEquals(0xb8 | ecn, Ipv4Header.typeOfService(buffer, 0));
        }
        Ipv6Header.write(buffer, 0, 0xb9, 0, 6, 64);
        Ipv6Header.putEcn(buffer, 0, ecn);
        assertEquals(0xb8 | ecn, Ipv6Header.trafficClass(buffer, 0));
        assertTrue(Ipv6Header.isIpv6(buffer, 0));
    }
}
