package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestRouteTest {
    private final ByteBuffer region =
            ByteBuffer.allocateDirect(Abi.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private int find(int ipv4) {
        return GuestRoute.find(region, Addresses.IPV4_HIGH, Addresses.ipv4Low(ipv4));
    }

    @Test
    void shouldReplaceTheTable() {
        write(GuestRoute.ipv4(0x0a09_0000, 16, GuestRoute.STACK), GuestRoute.everything(GuestRoute.NONE));
        GuestRoute.rewrite(region, List.of(GuestRoute.ipv4(0x0a08_0000, 16, GuestRoute.STACK)));
        assertEquals(GuestRoute.UNKNOWN, find(0x0a09_0101));
        assertEquals(GuestRoute.STACK, find(0x0a08_0101));
        assertEquals(2, Views.getInt(region, RegionHeader.ROUTE_VERSION_OFFSET));
        GuestRoute.rewrite(region, List.of());
        assertEquals(GuestRoute.UNKNOWN, find(0x0a08_0101));
        assertEquals(4, Views.getInt(region, RegionHeader.ROUTE_VERSION_OFFSET));
    }

    @Test
    void shouldNotWaitForEverForAHostThatEndedInTheMiddle() {
        write(GuestRoute.ipv4(0x0a09_0000, 16, GuestRoute.STACK));
        Views.setInt(region, RegionHeader.ROUTE_VERSION_OFFSET, 1);
        assertEquals(GuestRoute.STACK, find(0x0a09_0101));
    }

    private void write(GuestRoute... routes) {
        Views.setShort(region, RegionHeader.ABI_MINOR_OFFSET, Abi.MINOR);
        GuestRoute.write(region, List.of(routes));
    }

    @Test
    void shouldFindTheLongestPrefix() {
        write(
                GuestRoute.everything(GuestRoute.NONE),
                GuestRoute.ipv4(0x0a09_0000, 16, GuestRoute.STACK),
                GuestRoute.ipv4(0x0a09_0280, 25, GuestRoute.NONE),
                GuestRoute.ipv4(0x0a09_02ff, 32, GuestRoute.STACK));
        assertEquals(GuestRoute.STACK, find(0x0a09_0101));
        assertEquals(GuestRoute.STACK, find(0x0a09_027f));
        assertEquals(GuestRoute.NONE, find(0x0a09_0280));
        assertEquals(GuestRoute.STACK, find(0x0a09_02ff));
        assertEquals(GuestRoute.NONE, find(0x0a0a_0000));
        assertEquals(GuestRoute.NONE, GuestRoute.find(region, Long.reverseBytes(0x2001_0db8L << 32), 1));
    }

    @Test
    void shouldTellIpv4FromIpv6() {
        write(
                GuestRoute.ipv4(0, 0, GuestRoute.STACK),
                new GuestRoute(Long.reverseBytes(0xfd00_0001L << 32), 0, 64, GuestRoute.NONE));
        assertEquals(GuestRoute.STACK, find(0xffff_fffe));
        assertEquals(GuestRoute.UNKNOWN, GuestRoute.find(region, 0, Long.reverseBytes(0xfffe_0808_0808L)));
        assertEquals(GuestRoute.NONE, GuestRoute.find(region, Long.reverseBytes(0xfd00_0001L << 32), -1));
        assertEquals(GuestRoute.UNKNOWN, GuestRoute.find(region, Long.reverseBytes(0xfd00_0001L << 32 | 1), -1));
    }

    @Test
    void shouldKnowNothingOfOlderHostStacks() {
        write(GuestRoute.everything(GuestRoute.STACK));
        assertEquals(GuestRoute.STACK, find(1));
        Views.setShort(region, RegionHeader.ABI_MINOR_OFFSET, 2);
        assertEquals(GuestRoute.UNKNOWN, find(1));
    }

    @Test
    void shouldHoldSoManyAndNoMore() {
        GuestRoute one = GuestRoute.ipv4(0x0a00_0000, 8, GuestRoute.STACK);
        GuestRoute.write(region, Collections.nCopies(GuestRoute.MOST, one));
        assertThrows(
                IllegalArgumentException.class,
                () -> GuestRoute.write(region, Collections.nCopies(GuestRoute.MOST + 1, one)));
    }
}
