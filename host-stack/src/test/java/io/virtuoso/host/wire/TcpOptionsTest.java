package io.virtuoso.host.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TcpOptionsTest {
    private final TcpOptions options = new TcpOptions();

    private void parse(final String hex) {
        final byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        final int headerLength = TcpHeader.BYTES + (bytes.length + 3) / 4 * 4;
        final ByteBuffer buffer = ByteBuffer.allocate(headerLength);
        buffer.put(TcpHeader.BYTES, bytes);
        TcpHeader.write(buffer, 0, 0x1234_0050, 0, 0, headerLength, TcpHeader.SYN, 0);
        options.parse(buffer, 0);
    }

    @Test
    void shouldReadTheOptionsOfALinuxSyn() {
        parse("0204 05b4 0402 080a 0000 2710 0000 0001 01 0303 07");

        assertEquals(1460, options.mss());
        assertTrue(options.sackPermitted());
        assertTrue(options.hasTimestamps());
        assertEquals(10_000, options.timestampValue());
        assertEquals(1, options.timestampEcho());
        assertEquals(7, options.windowScale());
    }

    @Test
    void shouldReadAndWriteTheSame() {
        final ByteBuffer buffer = ByteBuffer.allocate(60);
        int at = TcpOptions.writeMss(buffer, 20, 8960);
        at = TcpOptions.writeSackPermitted(buffer, at);
        at = TcpOptions.writeTimestamps(buffer, at, 77, 88);
        at = TcpOptions.writeWindowScale(buffer, at, 10);
        TcpHeader.write(buffer, 0, 0x1234_0050, 0, 0, at, TcpHeader.SYN, 0);
        options.parse(buffer, 0);

        assertEquals(8960, options.mss());
        assertTrue(options.sackPermitted());
        assertEquals(77, options.timestampValue());
        assertEquals(88, options.timestampEcho());
        assertEquals(10, options.windowScale());
    }

    private void expectCounters(final int ect0, final int ce, final int ect1) {
        assertTrue(options.hasEcnCounters());
        assertEquals(ect0, options.ecnCounter(0));
        assertEquals(ce, options.ecnCounter(1));
        assertEquals(ect1, options.ecnCounter(2));
    }

    @Test
    void shouldReadAccurateEcnOfBothOrdersAndAllLengths() {
        parse("ac0b 000001 ffff02 000003 01");
        expectCounters(1, 0xffff02, 3);
        parse("ae0b 000001 ffff02 000003 01");
        expectCounters(3, 0xffff02, 1);
        parse("ac08 000001 000002");
        expectCounters(1, 2, -1);
        parse("ae05 000001 010101");
        expectCounters(-1, -1, 1);
        parse("ac02 0101");
        expectCounters(-1, -1, -1);
        for (final String broken : new String[] {"ac04 0000", "ac0e 000001 000002 000003 000004 0101", "ac03 0001"}) {
            parse(broken);
            assertFalse(options.hasEcnCounters());
        }
    }

    @Test
    void shouldWriteAccurateEcnAlignedAndReadItBack() {
        for (int count = 1; count <= 3; count++) {
            final ByteBuffer buffer = ByteBuffer.allocate(60);
            final int end = TcpOptions.writeEcnCounters(buffer, 20, new int[] {0x123456, 0xffffff, 7}, count);
            assertEquals(0, end % 4);
            TcpHeader.write(buffer, 0, 0x1234_0050, 0, 0, end, TcpHeader.ACK, 0);
            options.parse(buffer, 0);
            expectCounters(0x123456, count > 1 ? 0xffffff : -1, count > 2 ? 7 : -1);
        }
    }

    @Test
    void shouldReadSackBlocksAfterTimestamps() {
        final ByteBuffer buffer = ByteBuffer.allocate(60);
        int at = TcpOptions.writeTimestamps(buffer, 20, 1, 2);
        at = TcpOptions.writeSack(buffer, at, new int[] {10, 20, 30, 40}, 2);
        TcpHeader.write(buffer, 0, 0x1234_0050, 0, 0, at, TcpHeader.ACK, 0);
        options.parse(buffer, 0);

        assertEquals(2, options.sackBlocks());
        assertEquals(10, options.sackLeft(0));
        assertEquals(40, options.sackRight(1));
    }

    @Test
    void shouldTakeScalesAbove14As14() {
        parse("0303 0f 00");
        assertEquals(14, options.windowScale());
    }

    @Test
    void shouldForgetThePreviousSegment() {
        parse("0204 05b4 0402 080a 0000 2710 0000 0001 01 0303 07");
        parse("");

        assertEquals(0, options.mss());
        assertEquals(-1, options.windowScale());
        assertFalse(options.sackPermitted());
        assertFalse(options.hasTimestamps());
    }

    @Test
    void shouldStopAtOptionsWhoseLengthMakesNoSense() {
        parse("0200 05b4 0303 07 00");
        assertEquals(0, options.mss());
        assertEquals(-1, options.windowScale());
        parse("01 01 03 20");
        assertEquals(-1, options.windowScale());
        parse("01 01 01 02");
        assertEquals(0, options.mss());
    }

    @Test
    void shouldReadWithinTheHeaderWhateverItContains() {
        final SplittableRandom random = new SplittableRandom(3);
        final byte[] bytes = new byte[40];
        for (int round = 0; round < 20_000; round++) {
            random.nextBytes(bytes);
            final int headerLength = TcpHeader.BYTES + 4 * random.nextInt(11);
            final ByteBuffer buffer = ByteBuffer.allocate(headerLength);
            buffer.put(TcpHeader.BYTES, bytes, 0, headerLength - TcpHeader.BYTES);
            TcpHeader.write(buffer, 0, 0x1234_0050, 0, 0, headerLength, TcpHeader.ACK, 0);
            if (headerLength > TcpHeader.BYTES && random.nextBoolean()) {
                buffer.put(TcpHeader.BYTES, (byte) random.nextInt(9));
            }
            options.parse(buffer, 0);
            assertTrue(options.sackBlocks() <= 4);
        }
    }
}
