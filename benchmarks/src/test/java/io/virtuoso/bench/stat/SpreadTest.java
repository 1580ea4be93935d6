package io.virtuoso.bench.stat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void shouldTakeTheMiddleOfAnOddNumberOfFigures() {
        assertEquals(new Spread(3, 1, 9, 3), Spread.of(9, 1, 3));
    }

    @Test
    void shouldTakeTheMeanOfTheTwoMiddleFigures() {
        assertEquals(new Spread(2.5, 1, 4, 4), Spread.of(4, 1, 2, 3));
    }

    @Test
    void shouldLeaveOutUnknownFigures() {
        assertEquals(new Spread(2, 2, 2, 1), Spread.of(Double.NaN, 2));
    }

    @Test
    void shouldBeUnknownWithoutFigures() {
        final Spread none = Spread.of();
        assertFalse(none.known());
        assertTrue(Double.isNaN(none.median()));
    }
}
