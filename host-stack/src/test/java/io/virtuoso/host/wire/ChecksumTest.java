package io.virtuoso.host.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    @Test
    void shouldGiveTheSumOfRfc1071() {
        final ByteBuffer data = ByteBuffer.wrap(HexFormat.of().parseHex("0001f203f4f5f6f7"));

        assertEquals(0xddf2, Checksum.fold(Checksum.partial(data, 0, 8, 0)));
        assertEquals(0x220d, Checksum.complete(Checksum.partial(data, 0, 8, 0)));
    }

    @Test
    void shouldAgreeWithTheNaiveSumForEveryLengthAndAlignment() {
        final SplittableRandom random = new SplittableRandom(1);
        final byte[] bytes = new byte[300];
        random.nextBytes(bytes);
        final ByteBuffer data = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);

        for (int at = 0; at < 16; at++) {
            for (int length = 0; length + at <= 280; length++) {
                assertEquals(naive(bytes, at, length), Checksum.fold(Checksum.partial(data, at, length, 0)));
            }
        }
    }

    @Test
    void shouldNotLoseCarriesInLargeRegionsOfOnes() {
        final byte[] bytes = new byte[65_535];
        java.util.Arrays.fill(bytes, (byte) 0xff);

        assertEquals(
                naive(bytes, 0, bytes.length), Checksum.fold(Checksum.partial(ByteBuffer.wrap(bytes), 0, 65_535, 0)));
    }

    @Test
    void shouldSumInParts() {
        final byte[] bytes = new byte[1000];
        new SplittableRandom(2).nextBytes(bytes);
        final ByteBuffer data = ByteBuffer.wrap(bytes);

        final long first = Checksum.partial(data, 0, 334, 0);
        assertEquals(naive(bytes, 0, 1000), Checksum.fold(Checksum.partial(data, 334, 666, first)));
    }

    @Test
    void shouldSumThePseudoHeaderAsItsBytes() {
        final byte[] pseudo = HexFormat.of().parseHex("0a5800010a580002" + "0006" + "ff9d");

        assertEquals(
                naive(pseudo, 0, pseudo.length),
                Checksum.fold(Checksum.pseudoHeader(0x0a58_0001, 0x0a58_0002, 6, 0xff9d)));
    }

    private static int naive(final byte[] bytes, final int at, final int length) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (i & 1) == 0 ? (bytes[at + i] & 0xff) << 8 : bytes[at + i] & 0xff;
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }
}
