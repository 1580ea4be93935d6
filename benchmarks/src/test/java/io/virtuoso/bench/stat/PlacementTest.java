package io.virtuoso.bench.stat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PlacementTest {
    @Test
    void shouldBeNearOnlyWhenBothProbesAreShort() {
        assertEquals(Placement.NEAR, Placement.of(109, 124));
        assertEquals(Placement.MIXED, Placement.of(109, 251));
    }

    @Test
    void shouldBeFarOnlyWhenBothProbesAreLong() {
        assertEquals(Placement.FAR, Placement.of(601, 534));
        assertEquals(Placement.MIXED, Placement.of(601, 399));
    }

    @Test
    void shouldBeMixedWhenTheCoresMoved() {
        assertEquals(Placement.MIXED, Placement.of(109, 601));
        assertEquals(Placement.MIXED, Placement.of(300, 300));
    }
}
