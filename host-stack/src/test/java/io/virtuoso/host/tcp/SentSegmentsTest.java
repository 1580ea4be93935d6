package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is remembered of segments in flight, against a model that remembers it for each byte. */
class SentSegmentsTest {
    private static final int BYTES = 4_000;

    /** One byte of the stream. */
    private static final class Octet {
        long sentNs;
        boolean again;
        boolean sacked;
        boolean lost;
    }

    private final Octet[] model = new Octet[BYTES];
    private final boolean[] arrived = new boolean[BYTES];
    private int una;
    private int max;

    @Test
    void shouldRememberLikeAModelOfEachByte() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            RecordPool pool = new RecordPool();
            SentSegments sent = new SentSegments(pool);
            for (int i = 0; i < BYTES; i++) {
                model[i] = new Octet();
            }
            Arrays.fill(arrived, false);
            una = 0;
            max = 0;
            for (int step = 1; step < 200; step++) {
                step(sent, random, step);
                compare(sent, "seed " + seed + " step " + step);
            }
            sent.acknowledge(max, (end, sentNs, again) -> {});
            assertEquals(0, sent.pipe() + sent.count() + sent.sackedBytes() + sent.lostBytes());
        }
    }

    private void step(SentSegments sent, Random random, int nowNs) {
        int choice = random.nextInt(6);
        if (max == una || choice < 2) {
            int length = Math.min(1 + random.nextInt(40), BYTES - max);
            if (length > 0) {
                sent.onSent(max, max + length, nowNs);
                mark(max, max + length, nowNs, false);
                max += length;
            }
            return;
        }
        int from = una + random.nextInt(max - una);
        int to = from + 1 + random.nextInt(Math.min(max - from, 30));
        switch (choice) {
            case 2 -> {
                sent.onSent(from, to, nowNs);
                mark(from, to, nowNs, true);
            }
            case 3 -> {
                long before = sent.sackedBytes();
                long news = sent.sack(from, to, this::arrived);
                assertEquals(sent.sackedBytes() - before, news);
                for (int i = from; i < to; i++) {
                    model[i].sacked = true;
                }
            }
            case 4 -> {
                int index = random.nextInt(sent.count());
                for (int i = (int) sent.start(index); i < sent.end(index); i++) {
                    model[i].lost |= !model[i].sacked;
                }
                sent.markLost(index);
            }
            default -> {
                int acked = una + (to - una) / 4;
                long known = count(una, acked, true, false);
                assertEquals(acked - una - known, sent.acknowledge(acked, this::arrived));
                una = acked;
            }
        }
    }

    private void arrived(long end, long sentNs, boolean again) {
        assertEquals(model[(int) end - 1].sentNs, sentNs);
        assertEquals(model[(int) end - 1].again, again);
        assertTrue(!model[(int) end - 1].sacked && !arrived[(int) end - 1], "told once");
        arrived[(int) end - 1] = true;
    }

    private void mark(int from, int to, long nowNs, boolean again) {
        for (int i = from; i < to; i++) {
            model[i].sentNs = nowNs;
            model[i].again = again;
            model[i].lost = false;
            model[i].sacked = false;
            arrived[i] = false;
        }
    }

    private long count(int from, int to, boolean sacked, boolean lost) {
        return Arrays.stream(model, from, to)
                .filter(at -> sacked ? at.sacked : at.lost == lost && !at.sacked)
                .count();
    }

    private void compare(SentSegments sent, String where) {
        assertEquals(count(una, max, true, false), sent.sackedBytes(), where);
        assertEquals(count(una, max, false, true), sent.lostBytes(), where);
        assertEquals(max - una - sent.sackedBytes() - sent.lostBytes(), sent.pipe(), where);
        int at = una;
        int ranges = 0;
        for (int index = 0; index < sent.count(); index++) {
            assertEquals(at, sent.start(index), where);
            ranges += sent.is(index, SentSegments.SACKED) ? 1 : 0;
            for (; at < sent.end(index); at++) {
                assertEquals(model[at].sacked, sent.is(index, SentSegments.SACKED), where + " at " + at);
                if (!model[at].sacked) {
                    assertEquals(model[at].lost, sent.is(index, SentSegments.LOST), where + " at " + at);
                    assertEquals(model[at].again, sent.is(index, SentSegments.SENT_AGAIN), where + " at " + at);
                    assertEquals(model[at].sentNs, sent.sentNs(index), where + " at " + at);
                }
            }
        }
        assertEquals(max, at, where);
        assertEquals(ranges, sent.sackedRanges(), where);
    }

    @Test
    void shouldStayBoundedAndKeepItsSums() {
        SentSegments sent = new SentSegments(new RecordPool());
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            sent.onSent(i * 10L, i * 10L + 10, i);
            if (i % 2 == 1) {
                sent.sack(i * 10L, i * 10L + 10, (end, sentNs, again) -> {});
            }
            if (i % 3 == 0 && sent.count() > 4) {
                sent.markLost(random.nextInt(sent.count()));
                int lost = sent.firstLost();
                if (lost >= 0) {
                    sent.onSent(sent.start(lost), sent.start(lost) + 5, i);
                }
            }
            assertTrue(sent.count() <= RecordPool.MANY, "records " + sent.count());
            long sacked = 0;
            for (int index = 0; index < sent.count(); index++) {
                sacked += sent.is(index, SentSegments.SACKED) ? sent.end(index) - sent.start(index) : 0;
            }
            assertEquals(sacked, sent.sackedBytes());
        }
        assertEquals(200_000, sent.end(sent.count() - 1));
    }

    @Test
    void shouldGiveBorrowedRoomBack() {
        RecordPool pool = new RecordPool();
        SentSegments first = new SentSegments(pool);
        SentSegments second = new SentSegments(pool);
        RecordPool.Block kept = pool.borrow();
        pool.giveBack(kept);
        for (SentSegments sent : new SentSegments[] {first, second}) {
            for (int i = 0; i < 100; i++) {
                sent.onSent(i, i + 1, i);
            }
            assertEquals(100, sent.count());
            sent.acknowledge(100, (end, sentNs, again) -> {});
            assertTrue(kept == pool.borrow(), "used again");
            pool.giveBack(kept);
        }
    }
}
