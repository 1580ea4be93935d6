package io.virtuoso.host.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Linux 6.18 makes of the same options. */
class Ipv4OptionsTest {
    private static final int AT = 3;

    private static ByteBuffer header(final String options) {
        final byte[] bytes = HexFormat.of().parseHex(options.replace(" ", ""));
        assertEquals(0, bytes.length % 4);
        final ByteBuffer buffer = ByteBuffer.allocate(AT + Ipv4Header.BYTES + bytes.length);
        return buffer.put(AT + Ipv4Header.BYTES, bytes);
    }

    private static int check(final String options) {
        final ByteBuffer buffer = header(options);
        return Ipv4Options.check(buffer, AT, buffer.capacity() - AT);
    }

    @ParameterizedTest
    @CsvSource({
        "01010101", // padding
        "00000000",
        "00070101", // whatever is behind the end
        "07070400 00000000", // route: room for one
        "07070800 00000000", // none
        "07030400", // none ever
        "07080500 00000000",
        "440c0500 00000000 00000000", // time
        "44080900 00000000", // no room
        "440809e0 00000000", // as for 14 stations before
        "440809f3 00000000", // which is not counted, where stations are named
        "44080502 00000000", // an unknown flag
        "44040500",
        "440c0501 00000000 00000000", // address and time
        "440c0503 0a050002 00000000", // time of a named station
        "94040000", // router alert
        "5e020101", // unknown
        "5e02 5e02", // twice
        "820b0000 00000000 00000000", // security
    })
    void shouldPass(final String options) {
        assertEquals(Ipv4Options.SOUND, check(options));
    }

    @ParameterizedTest
    @CsvSource({"83070400 00000000", "83070800 00000000", "89070400 00000000", "01830708 00000000 94040000"})
    void shouldFindSourceRoutes(final String options) {
        assertEquals(Ipv4Options.SOURCE_ROUTE, check(options));
    }

    @ParameterizedTest
    @CsvSource({
        "82000000, 20", // less than type and length
        "82010000, 20",
        "82050000, 20", // more than the header
        "01010182, 23", // no length
        "01010107, 23",
        "07020400, 21", // route: too short
        "07040400, 22", // room for less than an address
        "07060400 00000000, 22",
        "07070300 00000000, 22", // points to itself
        "07070600 00000000, 22",
        "07070400 00000007 07040000 00000000, 27", // twice
        "44030500, 21", // time: too short
        "44080400 00000000, 22",
        "44080600 00000000, 22",
        "44080800 00000000, 22",
        "44080501 00000000, 22", // no room for an address, too
        "44080503 00000000, 22",
        "440809f0 00000000, 23", // one station too many
        "44080500 00000000 44080500 00000000, 28",
        "83020000, 21",
        "83070300 00000000, 22",
        "83070800 00000083 07080000 00000000, 27",
        "83070800 00000089 07080000 00000000, 27",
        "94030000, 21",
        "86060000 00010000, 21", // security label: too short
        "86070000 00010100, 21",
        "86080000 00010102, 22", // of a domain that nobody named
        "860a0000 00010504 00000000, 22",
        "07070400 00000082 00000000, 27" // behind a good one
    })
    void shouldNameTheFirstByteThatMakesNoSense(final String options, final int pointer) {
        assertEquals(pointer, check(options));
    }

    @ParameterizedTest
    @CsvSource({
        "070f0400 00000000 00000000 00000000, 070f0c0a 0500020a 05000200 00000000",
        "07070400 00000000, 0707080a 05000200", // room for one entry
        "07070800 00000000, 07070800 00000000", // for none
        "070b080a 05000100 00000000, 070b0c0a 0500010a 05000200",
        "07080500 00000000, 07080900 0a050002",
        "07030400, 07030400",
        "440c0500 00000000 00000000, 440c0d00 01020304 01020304",
        "440c0501 00000000 00000000, 440c0d01 0a050002 01020304",
        "440c0503 0a050002 00000000, 440c0d03 0a050002 01020304",
        "440c0503 0a050003 00000000, 440c0503 0a050003 00000000", // another's time
        "44080900 00000001, 44080910 00000001",
        "440809e0 00000001, 440809f0 00000001",
        "440809f3 00000001, 440809f3 00000001",
        "44080502 00000000, 44080502 00000000",
        "44040500, 44040510",
        "01010101, ''",
        "00070101, ''",
        "94040000 5e020101, ''",
        "01070704 00000000, 0707080a 05000200",
        "94040000 07070400 00000044 08050000 00000000, 0707080a 05000244 08090001 02030400",
        "44080500 00000000 07070400 00000000, 44080900 01020304 0707080a 05000200",
    })
    void shouldReflectRouteAndTime(final String options, final String reflected) {
        final ByteBuffer buffer = header(options);
        final int bytes = Ipv4Options.reflect(buffer, AT, buffer.capacity() - AT, 0x0a050002, 0x0102_0304);
        final byte[] made = new byte[bytes];
        buffer.get(AT + Ipv4Header.BYTES, made);
        assertEquals(reflected.replace(" ", ""), HexFormat.of().formatHex(made));
    }

    @ParameterizedTest
    @CsvSource({"070a0400 00000000 00000000", "44100501 00000000 00000000 00000000", "440b0500 00000000 00000000"})
    void shouldReflectNoPartOfAnEntry(final String options) {
        final ByteBuffer buffer = header(options);
        assertEquals(
                Ipv4Options.NO_ROOM, Ipv4Options.reflect(buffer, AT, buffer.capacity() - AT, 0x0a050002, 0x0102_0304));
    }

    @Test
    void shouldTakeAHeaderWithoutOptions() {
        assertEquals(Ipv4Options.SOUND, check(""));
    }
}
