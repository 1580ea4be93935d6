package io.virtuoso.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class WanLoadTest {
    @Test
    void shouldFindEqualSharesFair() {
        assertEquals(1, WanLoad.fairness(Collections.nCopies(8, 5.0)), 1e-9);
    }

    @Test
    void shouldFindItUnfairWhenOneHasEverything() {
        assertEquals(0.25, WanLoad.fairness(List.of(0.0, 9.0, 0.0, 0.0)), 1e-9);
    }
}
