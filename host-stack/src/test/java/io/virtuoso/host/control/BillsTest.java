package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class BillsTest {
    private static Bills.Bill bill(final String guest, final int weight, final long cpuNs, final int core) {
        return new Bills.Bill(
                guest,
                weight,
                cpuNs,
                core,
                new Bills.Traffic(weight, 100),
                new Bills.Traffic(0, 0),
                0,
                new Bills.Connections(weight, 0, 0),
                0,
                new Bills.Waits(0, 0, 0, 0, 0),
                List.of());
    }

    private static Bills island(final long timeNs, final Bills.Bill... guests) {
        return new Bills(timeNs, 10, 1, List.of(guests));
    }

    @Test
    void shouldAddUpWhatIslandsUsed() {
        final Bills sum = Bills.sum(List.of(island(5, bill("a", 1, 100, 0)), island(7, bill("b", 2, 200, 1))));
        assertEquals(new Bills(7, 20, 2, List.of(bill("a", 1, 100, 0), bill("b", 2, 200, 1))), sum);
    }

    /** What it has, and where, its own island says. */
    @Test
    void shouldAddToAGuestsBillWhatOtherIslandsDidForIt() {
        final Bills sum = Bills.sum(List.of(
                island(5, bill("a", 3, 100, 0)), island(5, bill("b", 2, 200, 1)), island(5, bill("a", 1, 40, 2))));
        assertEquals(List.of(bill("a", 3, 140, 0), bill("b", 2, 200, 1)), sum.guests());
    }
}
