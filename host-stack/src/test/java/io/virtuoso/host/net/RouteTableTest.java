package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.net.RouteTable.Route;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTableTest {
    private static int address(final String text) {
        return Ipv4.parse(text).getAsInt();
    }

    private static Route route(final String to, final int prefixLength, final int nextHop) {
        return new Route(address(to), prefixLength, nextHop);
    }

    @ParameterizedTest
    @CsvSource({
        "10.9.1.1, 1",
        "10.9.2.1, 2",
        "10.9.2.200, 3",
        "10.9.2.201, 2",
        "10.200.0.1, 4",
        "200.0.0.1, -1",
        "10.8.255.255, 4",
    })
    void shouldChooseTheLongestPrefix(final String destination, final int nextHop) {
        final RouteTable table = new RouteTable(List.of(
                route("0.0.0.0", 0, RouteTable.UPLINK),
                route("10.9.0.0", 16, 1),
                route("10.9.2.200", 32, 3),
                route("10.0.0.0", 8, 4),
                route("10.9.2.0", 24, 2)));
        assertEquals(nextHop, table.nextHop(address(destination)));
    }

    @Test
    void shouldHaveNoRouteWhereNoPrefixFits() {
        assertEquals(RouteTable.NO_ROUTE, new RouteTable(List.of(route("128.0.0.0", 1, 1))).nextHop(0x7fff_ffff));
        assertEquals(RouteTable.NO_ROUTE, RouteTable.toEverything(0).nextHop(1));
        assertEquals(9, RouteTable.toEverything(9).nextHop(1));
    }

    @Test
    void shouldRefuseBitsBehindThePrefix() {
        assertThrows(IllegalArgumentException.class, () -> route("10.0.0.1", 24, 1));
        assertThrows(IllegalArgumentException.class, () -> route("10.0.0.0", 33, 1));
    }
}
