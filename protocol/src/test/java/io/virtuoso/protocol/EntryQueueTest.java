package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class EntryQueueTest {
    private static final int ENTRIES = Regions.LAYOUT.queueEntries();
    private final ByteBuffer region = Regions.initialised();
    private final EntryQueueProducer producer = EntryQueueProducer.ofCommands(region, Regions.LAYOUT, 1);
    private final EntryQueueConsumer consumer = EntryQueueConsumer.ofCommands(region, Regions.LAYOUT, 1);

    @Test
    void shouldBeEmptyAtFirst() {
        assertEquals(EntryQueueConsumer.EMPTY, consumer.poll());
        assertFalse(consumer.hasNext());
        assertEquals(ENTRIES, producer.room());
    }

    @Test
    void shouldCarryEveryField() {
        assertTrue(producer.offer(Command.BIND, -1, 7, 1L << 63, 10, 11, 12, 13, 14));
        assertTrue(consumer.hasNext());

        assertEquals(Command.BIND, consumer.poll());
        assertEquals(-1, consumer.slot());
        assertEquals(7, consumer.generation());
        assertEquals(1L << 63, consumer.request());
        assertEquals(10, consumer.arg0());
        assertEquals(11, consumer.arg1());
        assertEquals(12, consumer.arg2());
        assertEquals(13, consumer.arg3());
        assertEquals(14, consumer.arg4());
        assertEquals(EntryQueueConsumer.EMPTY, consumer.poll());
    }

    @Test
    void shouldRefuseAnEntryTooManyUntilTheHeadIsPublished() {
        for (int i = 0; i < ENTRIES; i++) {
            assertTrue(producer.offer(Command.TX, i, 1, 0));
        }
        assertFalse(producer.offer(Command.TX, 99, 1, 0));
        assertFalse(producer.hasRoom());

        assertEquals(Command.TX, consumer.poll());
        assertFalse(producer.offer(Command.TX, 99, 1, 0));
        consumer.publish();
        assertTrue(producer.offer(Command.TX, 99, 1, 0));
        assertFalse(producer.offer(Command.TX, 99, 1, 0));
    }

    @Test
    void shouldKeepOrderOverManyLaps() {
        int given = 0;
        int taken = 0;
        for (int round = 0; round < 500; round++) {
            for (int i = 0; i < round % (ENTRIES + 3) && producer.offer(1 + given % 255, given, -given, given); i++) {
                given++;
            }
            int type = consumer.poll();
            while (type != EntryQueueConsumer.EMPTY) {
                assertEquals(1 + taken % 255, type);
                assertEquals(taken, consumer.slot());
                assertEquals(-taken, consumer.generation());
                assertEquals(taken++, consumer.arg0());
                type = consumer.poll();
            }
            consumer.publish();
        }
        assertEquals(given, taken);
        assertTrue(given > 50 * ENTRIES);
        assertEquals(given, ContextBlock.commandHead(region, Regions.LAYOUT.contextOffset(1)));
    }

    @Test
    void shouldStartAgainAfterTheContextWasReset() {
        producer.offer(Command.TX, 1, 1, 0);
        ContextBlock.reset(region, Regions.LAYOUT, 1);
        assertEquals(
                EntryQueueConsumer.EMPTY,
                EntryQueueConsumer.ofCommands(region, Regions.LAYOUT, 1).poll());
    }

    @Test
    void shouldKeepCommandsAndEventsApart() {
        EntryQueueProducer events = EntryQueueProducer.ofEvents(region, Regions.LAYOUT, 1);
        events.offer(Event.READY, 3, 1, Event.READY_READ);
        assertEquals(EntryQueueConsumer.EMPTY, consumer.poll());
        assertEquals(
                Event.READY,
                EntryQueueConsumer.ofEvents(region, Regions.LAYOUT, 1).poll());
    }

    @Test
    void shouldRefuseAPlaceOutsideTheRegion() {
        assertThrows(
                IllegalArgumentException.class, () -> new EntryQueueConsumer(region, 0, region.limit() - 64, ENTRIES));
        assertThrows(IllegalArgumentException.class, () -> new EntryQueueProducer(region, 4, 4096, ENTRIES));
        assertThrows(IllegalArgumentException.class, () -> new EntryQueueProducer(region, 0, 4096, 3));
    }
}
