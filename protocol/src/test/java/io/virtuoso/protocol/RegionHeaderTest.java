package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class RegionHeaderTest {
    @Test
    void shouldReadBackWhatTheHostWrote() {
        ByteBuffer region = Regions.initialised();

        assertNull(RegionHeader.check(region));
        assertEquals(Regions.LAYOUT, RegionHeader.layout(region));
        assertEquals(Regions.SETTINGS, RegionHeader.settings(region));
        assertEquals(RegionHeader.OPEN, RegionHeader.state(region));
    }

    @Test
    void shouldBeginWithTheWordVirtuosoInMemory() {
        byte[] first = new byte[8];
        Regions.initialised().get(0, first);
        assertEquals("VIRTUOSO", new String(first, StandardCharsets.US_ASCII));
    }

    @Test
    void shouldSayWhyARegionIsRefused() {
        ByteBuffer region = Regions.initialised();
        region.putInt(RegionHeader.READY_OFFSET, 0);
        assertEquals("the region is not ready", RegionHeader.check(region));

        region = Regions.initialised();
        region.putShort(RegionHeader.ABI_MAJOR_OFFSET, (short) 1);
        assertEquals("the host stack speaks ABI version 1, this guest speaks 2", RegionHeader.check(region));

        region = Regions.initialised();
        region.putInt(RegionHeader.SLOT_OFFSET_OFFSET, 4096);
        assertEquals("the region's offsets contradict its counts", RegionHeader.check(region));

        region = Regions.initialised();
        region.putInt(RegionHeader.QUEUE_ENTRIES_OFFSET, 7);
        assertEquals(
                "the region's layout is unusable: queue entries: 7; must be a power of two, 2 to 65536",
                RegionHeader.check(region));

        region = Regions.initialised();
        ByteBuffer cut = region.slice(0, 8192).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(
                "the region has 8192 bytes, its header says " + Regions.LAYOUT.regionBytes(), RegionHeader.check(cut));
        assertNotNull(RegionHeader.check(ByteBuffer.allocate(16)));
    }

    @Test
    void shouldAcceptALaterMinorVersion() {
        ByteBuffer region = Regions.initialised();
        region.putShort(RegionHeader.ABI_MINOR_OFFSET, (short) 7);
        assertNull(RegionHeader.check(region));
    }

    @Test
    void shouldTellTheEndAndItsReason() {
        ByteBuffer region = Regions.initialised();
        RegionHeader.end(region, 9);
        assertEquals(RegionHeader.ENDED, RegionHeader.state(region));
        assertEquals(9, RegionHeader.endReason(region));
    }

    @Test
    void shouldRefuseGarbageWithoutAnException() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        for (int round = 0; round < 2000; round++) {
            ByteBuffer region = Regions.initialised();
            int offset = random.nextInt(RegionHeader.CONGESTION_OFFSET / 4) * 4;
            int value = random.nextInt();
            int before = region.getInt(offset);
            region.putInt(offset, value);
            String reason = RegionHeader.check(region);
            assertTrue(reason == null || !reason.isEmpty());
            if (offset < RegionHeader.ABI_MAJOR_OFFSET && value != before) {
                assertNotNull(reason);
            }
        }
    }
}
