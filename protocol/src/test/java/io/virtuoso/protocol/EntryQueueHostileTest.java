package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** The peer writes whatever it likes, whenever it likes. */
class EntryQueueHostileTest {
    private static final RegionLayout LAYOUT = Regions.LAYOUT;
    private static final int ENTRIES = LAYOUT.queueEntries();
    private static final int QUEUE = LAYOUT.commandQueueOffset(0);
    private static final int HEAD = LAYOUT.contextOffset(0) + ContextBlock.COMMAND_HEAD_OFFSET;
    private final ByteBuffer region = Regions.initialised();
    private final EntryQueueProducer producer = EntryQueueProducer.ofCommands(region, LAYOUT, 0);
    private final EntryQueueConsumer consumer = EntryQueueConsumer.ofCommands(region, LAYOUT, 0);

    @Test
    void shouldReportAStampThatCannotBe() {
        long[] stamps = {-1L, 1L, 0x200L | 1, 5, Entry.stamp(ENTRIES, 1), Entry.stamp(0, 0), Long.MIN_VALUE};
        for (long stamp : stamps) {
            region.putLong(QUEUE, stamp);
            assertEquals(EntryQueueConsumer.CORRUPT, consumer.poll(), Long.toHexString(stamp));
            assertTrue(consumer.hasNext());
            assertEquals(0, consumer.position());
        }
    }

    @Test
    void shouldReportAStampTakenBack() {
        for (int i = 0; i < ENTRIES; i++) {
            producer.offer(Command.TX, i, 1, 0);
            consumer.poll();
        }
        consumer.publish();
        assertEquals(EntryQueueConsumer.EMPTY, consumer.poll());
        region.putLong(QUEUE, 0);
        assertEquals(EntryQueueConsumer.CORRUPT, consumer.poll());
    }

    @Test
    void shouldUseItsCopyWhenTheEntryChangesAfterwards() {
        producer.offer(Command.CONNECT, 1, 2, 3, 4, 5, 6, 7, 8);
        consumer.poll();
        for (int i = 0; i < Entry.BYTES; i += Long.BYTES) {
            region.putLong(QUEUE + i, -1L);
        }
        assertEquals(1, consumer.slot());
        assertEquals(2, consumer.generation());
        assertEquals(3, consumer.request());
        assertEquals(8, consumer.arg4());
    }

    @Test
    void shouldTreatAHeadThatCannotBeAsFull() {
        for (int i = 0; i < ENTRIES; i++) {
            producer.offer(Command.TX, i, 1, 0);
        }
        long[] heads = {-1L, Long.MIN_VALUE, Long.MAX_VALUE, ENTRIES + 1L, 1L << 40, -ENTRIES};
        for (long head : heads) {
            region.putLong(HEAD, head);
            assertFalse(producer.offer(Command.TX, 0, 1, 0), "head " + head);
            assertEquals(0, producer.room());
        }
        region.putLong(HEAD, ENTRIES);
        assertTrue(producer.offer(Command.TX, 0, 1, 0));
    }

    @Test
    void shouldStayInsideTheQueueWhateverIsWritten() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(2);
        long before = checksumOutside();
        for (int round = 0; round < 20_000; round++) {
            region.putLong(QUEUE + random.nextInt(ENTRIES * 8) * 8, interesting(random, consumer.position()));
            region.putLong(HEAD, interesting(random, producer.position()));
            int type = consumer.poll();
            assertTrue(type >= 0 && type <= EntryQueueConsumer.CORRUPT);
            producer.offer(1 + random.nextInt(255), random.nextInt(), random.nextInt(), random.nextLong());
        }
        assertEquals(before, checksumOutside());
    }

    private static long interesting(RandomGenerator random, long position) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> position + random.nextInt(-10, 10);
            case 2 -> Entry.stamp(position + random.nextInt(-1, 2), random.nextInt(256));
            default -> -1L << random.nextInt(64);
        };
    }

    private long checksumOutside() {
        long sum = 0;
        for (int i = 0; i < region.limit(); i += Long.BYTES) {
            boolean inside = i == HEAD || i >= QUEUE && i < QUEUE + ENTRIES * Entry.BYTES;
            sum = sum * 31 + (inside ? 0 : region.getLong(i));
        }
        return sum;
    }
}
