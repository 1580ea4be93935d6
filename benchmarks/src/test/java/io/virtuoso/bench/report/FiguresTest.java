package io.virtuoso.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.bench.load.BenchCase.Unit;
import io.virtuoso.bench.stat.Spread;
import org.junit.jupiter.api.Test;

class FiguresTest {
    @Test
    void shouldWriteRatesWithFourDigits() {
        assertEquals("442.6 k", Figures.rate(442_612));
        assertEquals("7.790 M", Figures.rate(7_790_000));
        assertEquals("91.00", Figures.rate(91));
        assertEquals("-", Figures.rate(Double.NaN));
    }

    @Test
    void shouldWriteBytesAsBits() {
        assertEquals("96.0", Figures.rate(Unit.BYTES, 12e9));
        assertEquals("5.21", Figures.rate(Unit.GOODPUT, 651_250));
    }

    @Test
    void shouldScaleProcessorTime() {
        assertEquals("3.90 [3.80 - 4.00]", Figures.cpu(Unit.OPERATIONS, Spread.of(3.9e-6, 3.8e-6, 4e-6)));
        assertEquals("0.120", Figures.cpu(Unit.BYTES, Spread.of(0.12e-9)));
    }

    @Test
    void shouldWriteRatios() {
        assertEquals("2.96 x [2.80 - 3.10]", Figures.times(Spread.of(2.8, 3.1, 2.96)));
        assertEquals("-", Figures.times(Spread.of()));
        assertEquals("-", Figures.times(Double.POSITIVE_INFINITY));
    }

    @Test
    void shouldNotWriteARangeOfOneFigure() {
        assertEquals("100.0", Figures.rate(Unit.OPERATIONS, Spread.of(100)));
    }
}
