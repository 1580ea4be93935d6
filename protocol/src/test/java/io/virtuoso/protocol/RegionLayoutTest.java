package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RegionLayoutTest {
    @Test
    void shouldPlacePartsOneAfterTheOther() {
        RegionLayout layout = new RegionLayout(2, 64, 100, 50, 1 << 20);

        assertEquals(4096, layout.contextOffset());
        assertEquals(12288, layout.contextStride()); // 1024 + 2 * 64 * 64 = 9216, rounded up to pages
        assertEquals(4096 + 12288, layout.contextOffset(1));
        assertEquals(4096 + 1024, layout.commandQueueOffset(0));
        assertEquals(4096 + 1024 + 4096, layout.eventQueueOffset(0));
        assertEquals(4096 + 2 * 12288, layout.slotOffset());
        assertEquals(layout.slotOffset() + 3 * 256, layout.slotOffset(3));
        assertEquals(layout.slotOffset() + 28672, layout.poolOffset()); // 100 slots = 25600 bytes
        assertEquals(layout.poolOffset() + (1 << 20), layout.regionBytes());
    }

    @Test
    void shouldAlignPartsToPages() {
        for (int slots = 1; slots < 40; slots++) {
            RegionLayout layout = new RegionLayout(3, 2, slots, 0, 4096);
            assertEquals(0, layout.contextStride() % 4096);
            assertEquals(0, layout.poolOffset() % 4096);
            assertTrue(layout.slotOffset(slots) <= layout.poolOffset());
        }
    }

    @Test
    void shouldRefuseValuesOutOfRangeAndNameThem() {
        refused("contexts: 0; must be 1 to 4096", 0, 8, 4, 2, 4096);
        refused("queue entries: 6; must be a power of two, 2 to 65536", 1, 6, 4, 2, 4096);
        refused("socket slots: 0; must be 1 to 1048576", 1, 8, 0, 0, 4096);
        refused("guest's socket slots: 5; must be 0 to all 4", 1, 8, 4, 5, 4096);
        refused("guest's socket slots: -1; must be 0 to all 4", 1, 8, 4, -1, 4096);
        refused("pool bytes: 4097; must be a multiple of 4096", 1, 8, 4, 2, 4097);
        refused("queue entries: -2147483648; must be a power of two, 2 to 65536", 1, Integer.MIN_VALUE, 4, 2, 4096);
    }

    @Test
    void shouldStayBelowTwoGibibytes() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new RegionLayout(4096, 65536, 1 << 20, 0, Integer.MAX_VALUE & -4096));
        RegionLayout largest = new RegionLayout(1, 2, 16, 0, (Integer.MAX_VALUE & -4096) - 3 * 4096);
        assertTrue(largest.regionBytes() > 0);
    }

    private static void refused(String message, int contexts, int entries, int slots, int guestSlots, int pool) {
        IllegalArgumentException refusal = assertThrows(
                IllegalArgumentException.class, () -> new RegionLayout(contexts, entries, slots, guestSlots, pool));
        assertEquals(message, refusal.getMessage());
    }
}
