package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.net.RouteTable6.Route;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTable6Test {
    private static Ipv6 address(final String text) {
        return Ipv6.parse(text).orElseThrow();
    }

    private static Route route(final String to, final int prefixLength, final int hop) {
        return new Route(address(to).high(), address(to).low(), prefixLength, 0, hop);
    }

    private static Route find(final RouteTable6 table, final String destination) {
        return table.find(address(destination).high(), address(destination).low());
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8:9::1, 2",
        "2001:db8:9:1::, 3",
        "2001:db8:9:1:8000::1, 4",
        "2001:db8:9:1:8000::2, 5",
        "2001:db8:a::, 1",
        "fd00::1, 0",
    })
    void shouldChooseTheLongestPrefix(final String destination, final int hop) {
        final RouteTable6 table = new RouteTable6(List.of(
                route("::", 0, 0),
                route("2001:db8::", 32, 1),
                route("2001:db8:9::", 48, 2),
                route("2001:db8:9:1::", 64, 3),
                route("2001:db8:9:1:8000::1", 128, 4),
                route("2001:db8:9:1:8000::", 65, 5)));
        assertEquals(hop, find(table, destination).hopLow());
        assertEquals(hop == 0, find(table, destination).isByUplink());
    }

    @Test
    void shouldHaveNoRouteWhereNoPrefixFits() {
        final RouteTable6 table = new RouteTable6(List.of(route("8000::", 1, 1)));
        assertNull(find(table, "2001:db8::1"));
        table.become(RouteTable6.toEverything(0, 7));
        assertEquals(7, find(table, "2001:db8::1").hopLow());
        assertNull(find(RouteTable6.toEverything(0, 0), "2001:db8::1"));
    }

    @Test
    void shouldRefuseBitsBehindThePrefix() {
        assertThrows(IllegalArgumentException.class, () -> route("2001:db8::1", 127, 1));
        assertThrows(IllegalArgumentException.class, () -> route("2001:db8::", 28, 1));
        assertThrows(IllegalArgumentException.class, () -> route("::", 129, 1));
        assertTrue(route("2001:db8::1", 128, 1).covers(address("2001:db8::1").high(), 1));
    }
}
