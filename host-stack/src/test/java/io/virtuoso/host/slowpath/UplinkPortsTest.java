package io.virtuoso.host.slowpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UplinkPortsTest {
    private final Set<Integer> used = new HashSet<>();
    private final UplinkPorts ports = new UplinkPorts(new SplittableRandom(1));

    private int take(final int wanted) {
        final int port = ports.choose(wanted, candidate -> !used.contains(candidate));
        used.add(port);
        return port;
    }

    @Test
    void shouldKeepTheGuestsPortWhileItIsFree() {
        assertEquals(40_000, take(40_000));
        final int other = take(40_000);
        assertNotEquals(40_000, other);
        assertTrue(other >= UplinkPorts.FIRST && other <= UplinkPorts.LAST, () -> "port " + other);
    }

    @Test
    void shouldChooseNoPrivilegedPort() {
        assertTrue(take(80) >= UplinkPorts.FIRST);
    }

    @Test
    void shouldGiveOutNearlyAllPortsOnce() {
        final int count = UplinkPorts.LAST - UplinkPorts.FIRST + 1;
        for (int i = 0; i < count - count / 50; i++) {
            assertNotEquals(0, take(0));
        }
        assertEquals(count - count / 50, used.size());
    }

    @Test
    void shouldFindAPortWhereAllEphemeralOnesAreInUse() {
        for (int i = 0; i < 100_000; i++) {
            assertNotEquals(0, ports.choose(40_000, port -> port < 32_768 || port > 60_999));
        }
    }

    @Test
    void shouldNotLookForLongWhereNoneIsFree() {
        final int[] looks = new int[1];
        assertEquals(0, ports.choose(50_000, candidate -> {
            looks[0]++;
            return false;
        }));
        assertEquals(UplinkPorts.ATTEMPTS + 1, looks[0]);
    }
}
