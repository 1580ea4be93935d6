package io.virtuoso.host.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RingPoolTest {
    private static final int POOL_OFFSET = 1 << 20;

    private final List<Integer> released = new ArrayList<>();
    private final RingPool pool =
            new RingPool(POOL_OFFSET, 4 * RingPool.CHUNK_BYTES, (offset, bytes) -> released.add(offset));

    @Test
    void shouldRoundWishesUpToRingSizes() {
        assertEquals(1 << 10, RingPool.ringBytes(1));
        assertEquals(1 << 10, RingPool.ringBytes(1024));
        assertEquals(1 << 12, RingPool.ringBytes(1025));
        assertEquals(1 << 18, RingPool.ringBytes(200_000));
        assertEquals(1 << 22, RingPool.ringBytes(Integer.MAX_VALUE));
    }

    @Test
    void shouldNeverGiveOutOverlappingRings() {
        final Random random = new Random(42);
        final Map<Integer, Integer> taken = new HashMap<>();
        for (int i = 0; i < 3_000; i++) {
            if (random.nextInt(3) > 0) {
                final int bytes = RingPool.ringBytes(1 << random.nextInt(19));
                final int offset = pool.allocate(bytes);
                if (offset != RingPool.NONE) {
                    taken.forEach((other, length) -> assertTrue(
                            offset + bytes <= other || other + length <= offset, "ring " + offset + " overlaps"));
                    assertEquals(0, (offset - POOL_OFFSET) % bytes);
                    taken.put(offset, bytes);
                }
            } else if (!taken.isEmpty()) {
                final int offset = taken.keySet().iterator().next();
                taken.remove(offset);
                pool.free(offset);
            }
        }
        assertEquals(taken.values().stream().mapToInt(Integer::intValue).sum(), pool.usedBytes());
    }

    @Test
    void shouldSayWhenExhaustedAndRecover() {
        final List<Integer> all = new ArrayList<>();
        int offset;
        while ((offset = pool.allocate(RingPool.CHUNK_BYTES)) != RingPool.NONE) {
            all.add(offset);
        }
        assertEquals(4, all.size());
        assertEquals(RingPool.NONE, pool.allocate(RingPool.MIN_RING_BYTES));
        pool.free(all.getFirst());
        assertNotEquals(RingPool.NONE, pool.allocate(RingPool.CHUNK_BYTES));
    }

    @Test
    void shouldGiveBackChunksButKeepOneForComingAndGoing() {
        final List<Integer> rings = new ArrayList<>();
        for (int i = 0; i < 2 * RingPool.CHUNK_BYTES / RingPool.MIN_RING_BYTES; i++) {
            rings.add(pool.allocate(RingPool.MIN_RING_BYTES));
        }
        rings.forEach(pool::free);
        assertEquals(0, pool.usedBytes());
        assertEquals(1, released.size());
        released.clear();
        pool.free(pool.allocate(RingPool.MIN_RING_BYTES));
        assertTrue(released.isEmpty());
        assertFalse(rings.isEmpty());
    }

    @Test
    void shouldGiveLessTheLessIsLeft() {
        assertEquals(1 << 18, pool.affordable(1 << 22, 64), "a 64th of 16 MiB");
        assertEquals(1 << 12, pool.affordable(1 << 12, 64));
        assertEquals(1 << 12, pool.affordable(1 << 22, 4096));
        int count = 0;
        int ring;
        while ((ring = pool.affordable(1 << 22, 64)) > 0 && pool.allocate(ring) != RingPool.NONE) {
            count++;
        }
        assertEquals(4 * RingPool.CHUNK_BYTES, pool.usedBytes());
        assertTrue(count > 100, count + " rings");
    }

    @Test
    void shouldReleaseTheMemoryOfALargeIdleRingAtOnce() {
        final int first = pool.allocate(1 << 16);
        final int second = pool.allocate(1 << 16);
        pool.free(first);
        assertTrue(released.isEmpty());
        pool.freeIdle(second);
        assertEquals(List.of(second), released);
        final int small = pool.allocate(1 << 12);
        pool.freeIdle(small);
        assertEquals(List.of(second), released);
    }
}
