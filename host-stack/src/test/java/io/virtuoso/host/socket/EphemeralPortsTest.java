package io.virtuoso.host.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EphemeralPortsTest {
    private final EphemeralPorts one = new EphemeralPorts();
    private final EphemeralPorts other = new EphemeralPorts();

    @Test
    void shouldHoldWhatWasPutIn() {
        one.add(EphemeralPorts.FIRST);
        one.add(EphemeralPorts.LAST);
        one.add(EphemeralPorts.LAST);
        one.add(80);
        one.remove(80);
        assertEquals(2, one.size());
        assertTrue(one.contains(EphemeralPorts.LAST));
        one.remove(EphemeralPorts.LAST);
        assertFalse(one.contains(EphemeralPorts.LAST));
        assertEquals(1, one.size());
    }

    @Test
    void shouldFindNothingWhereAllAreTaken() {
        for (int port = EphemeralPorts.FIRST; port <= EphemeralPorts.LAST; port++) {
            (port % 2 == 0 ? one : other).add(port);
        }
        assertEquals(EphemeralPorts.COUNT, one.size() + other.size());
        for (final int from : new int[] {EphemeralPorts.FIRST, 40_000, EphemeralPorts.LAST}) {
            assertEquals(0, EphemeralPorts.free(from, one, other));
        }
    }

    @Test
    void shouldFindTheNextFreePortLikeASearchOneByOne() {
        final SplittableRandom random = new SplittableRandom(7);
        final Set<Integer> taken = new HashSet<>();
        for (int i = 0; i < 200_000; i++) {
            final int port = random.nextInt(EphemeralPorts.FIRST, EphemeralPorts.LAST + 1);
            (random.nextBoolean() ? one : other).add(port);
            taken.add(port);
            if (i % 500 == 0) {
                final int from = random.nextInt(EphemeralPorts.FIRST, EphemeralPorts.LAST + 1);
                assertEquals(search(from, taken), EphemeralPorts.free(from, one, other), () -> "from " + from);
            }
        }
    }

    private static int search(final int from, final Set<Integer> taken) {
        int port = from;
        for (int i = 0; i < EphemeralPorts.COUNT; i++) {
            if (!taken.contains(port)) {
                return port;
            }
            port = EphemeralPorts.after(port);
        }
        return 0;
    }
}
