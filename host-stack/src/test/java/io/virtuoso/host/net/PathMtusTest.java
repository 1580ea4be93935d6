package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PathMtusTest {
    private final PathMtus mtus = new PathMtus(1500, 552);

    @Test
    void shouldKnowTheSmallestOfEachWay() {
        assertEquals(1500, mtus.of(1, 0));
        assertTrue(mtus.lower(1, 1400, 0));
        assertFalse(mtus.lower(1, 1450, 0), "messages only make it smaller");
        assertTrue(mtus.lower(2, 1300, 0));
        assertEquals(1400, mtus.of(1, 0));
        assertEquals(1300, mtus.smallest(0));
        assertFalse(mtus.lower(3, 9000, 0));
    }

    @Test
    void shouldNotBelieveInLessThanAnyWayCarries() {
        assertTrue(mtus.lower(1, 0, 0));
        assertEquals(552, mtus.of(1, 0));
    }

    @Test
    void shouldForgetAfterTenMinutes() {
        mtus.lower(1, 1400, 0);
        assertEquals(1500, mtus.of(1, PathMtus.AGE_NANOS));
        assertEquals(1500, mtus.smallest(PathMtus.AGE_NANOS));
        assertTrue(mtus.lower(1, 1450, PathMtus.AGE_NANOS));
        assertEquals(1450, mtus.of(1, PathMtus.AGE_NANOS));
    }

    @Test
    void shouldHoldSoManyUntilSomeAreForgotten() {
        for (int way = 1; way <= PathMtus.MAX; way++) {
            assertTrue(mtus.lower(way, 1400, 0));
        }
        assertFalse(mtus.lower(1000, 1400, 1));
        assertTrue(mtus.lower(1000, 1400, PathMtus.AGE_NANOS));
        assertEquals(1400, mtus.of(1000, PathMtus.AGE_NANOS));
    }
}
