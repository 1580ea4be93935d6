package io.virtuoso.host.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.LimitsConfig;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.SharedMemory;
import io.virtuoso.protocol.RegionLayout;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts of a virtual machine's memory, and what fits into one. */
class MachineMemoryTest {
    private static final long PART = 1 << 16;

    private final int fd = SharedMemory.create("machine", 3 * PART);
    private final MachineMemory memory = new MachineMemory(1L << 32, 3 * PART, fd);

    @Test
    void shouldGiveEachPartOutOnce() {
        assertEquals(OptionalLong.of(0), memory.take(PART));
        assertEquals(OptionalLong.of(PART), memory.take(PART));
        assertEquals(OptionalLong.of(2 * PART), memory.take(PART));
        assertEquals(OptionalLong.empty(), memory.take(PART));
        memory.give(PART);
        assertEquals(OptionalLong.of(PART), memory.take(PART));
        memory.close();
        Libc.close(fd);
    }

    @Test
    void shouldKeepTheFileUntilNothingIsTaken() {
        memory.take(PART);
        memory.close();
        memory.close();
        assertEquals(OptionalLong.empty(), memory.take(PART));
        assertTrue(Libc.isOpen(fd));
        memory.give(0);
        assertFalse(Libc.isOpen(fd));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 32, 1024})
    void shouldFitARegionIntoAPart(final int mib) {
        final LimitsConfig limits = new LimitsConfig(256, 256, 131_072, 1024, 4096, 4096, 1024, mib);
        final RegionLayout layout = limits.machineLayout(0);
        assertEquals(mib << 20, layout.regionBytes());
        assertTrue(layout.poolBytes() > layout.poolOffset() / 4, () -> "pool of " + layout.poolBytes());
        assertEquals(1 << 20, limits.machineLayout(1).poolBytes());
    }
}
