package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.CoresConfig;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorsTest {
    private static BitSet set(int... cpus) {
        final BitSet set = new BitSet();
        for (int cpu : cpus) {
            set.set(cpu);
        }
        return set;
    }

    @Test
    void shouldKeepOtherThreadsOffOnlyIfToldTo() throws IOException {
        final BitSet allowed = set(0, 1, 2, 3);
        assertTrue(Processors.of(new CoresConfig(1, 2, List.of(2, 3), false), allowed)
                .others()
                .isEmpty());
        assertEquals(
                set(0, 1),
                Processors.of(new CoresConfig(1, 2, List.of(2, 3), true), allowed)
                        .others());
    }

    @Test
    void shouldRefuseProcessorsThatCannotBeUsed() {
        assertThrows(IOException.class, () -> Processors.of(new CoresConfig(1, 1, List.of(7), false), set(0, 1)));
        assertThrows(IOException.class, () -> Processors.of(new CoresConfig(1, 2, List.of(0, 1), true), set(0, 1)));
    }
}
