package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a cookie carries and who can bring it back; packet by packet: tcp-scripts/rfc4987. */
class SynCookiesTest {
    private static final int SECRET_CLOCK = 0x1234_5678;

    private final Way way = new Way();
    private final SynCookies cookies = new SynCookies(TcpConfig.DEFAULTS, way, 5, 6);
    private final TcpSegment segment = new TcpSegment();
    private long nowNs = 10 * SynCookies.EPOCH_NS;

    /** Names of the segment at hand; keeps what is sent. */
    private static final class Way implements SynCookies.Exchange {
        private final OutgoingSegment sent = new OutgoingSegment();
        private long addresses = 0x0a58_0002_0a58_0001L;
        private long ports = 80 << 16 | 40_000;
        private int maxSegment;
        private boolean marksAll;

        @Override
        public long addresses() {
            return addresses;
        }

        @Override
        public long ports() {
            return ports;
        }

        @Override
        public int timestampOffset() {
            return SECRET_CLOCK;
        }

        @Override
        public int maxSegment() {
            return maxSegment;
        }

        @Override
        public boolean marksAll() {
            return marksAll;
        }

        @Override
        public OutgoingSegment claim() {
            return sent;
        }

        @Override
        public void reply(OutgoingSegment reply) {
            assertEquals(sent, reply);
        }
    }

    /** Answers a SYN. @return the cookie */
    private int answer(int seq) {
        segment.flags |= TcpFlags.SYN;
        segment.seq = seq;
        cookies.answer(segment, nowNs);
        assertEquals(seq + 1, way.sent.ack);
        return way.sent.seq;
    }

    /** Brings a cookie back. */
    private TcpSegment recall(int seq, int cookie) {
        boolean timestamps = way.sent.hasTimestamps;
        segment.clear();
        segment.flags = TcpFlags.ACK;
        segment.seq = seq + 1;
        segment.ack = cookie + 1;
        segment.hasTimestamps = timestamps;
        segment.tsEcr = way.sent.tsVal;
        segment.tsVal = 77;
        return cookies.recall(segment, nowNs);
    }

    @Test
    void shouldBringBackTheSegmentSize() {
        int[][] wantedAndKept = {
            {0, 536},
            {1, 48},
            {47, 48},
            {48, 48},
            {255, 48},
            {256, 256},
            {536, 536},
            {1459, 1440},
            {1460, 1460},
            {8959, 1460},
            {8960, 8960},
            {65_535, 8960}
        };
        for (int[] sizes : wantedAndKept) {
            segment.clear();
            segment.mss = sizes[0];
            TcpSegment recalled = recall(1000, answer(1000));
            assertEquals(sizes[1], recalled.mss, "of " + sizes[0]);
            assertEquals(1000, recalled.seq);
            assertEquals(TcpFlags.SYN, recalled.flags);
        }
    }

    @Test
    void shouldBringBackWhatWasAgreedOnByTimestamps() {
        for (int options = 0; options < 64; options++) {
            int scale = options & 15;
            nowNs += 1_000_000;
            segment.clear();
            segment.hasTimestamps = true;
            segment.tsVal = 76;
            segment.windowScale = scale == 15 ? TcpSegment.NO_WINDOW_SCALE : scale;
            segment.sackPermitted = (options & 16) != 0;
            segment.flags = (options & 32) != 0 ? TcpFlags.ECE | TcpFlags.CWR : 0;
            int setup = segment.flags;
            int cookie = answer(-1);
            int clock = Emitter.ticks(nowNs) + SECRET_CLOCK;
            assertTrue(clock - way.sent.tsVal >= 0 && clock - way.sent.tsVal < 64, "never in the future");
            TcpSegment recalled = recall(-1, cookie);
            assertEquals(scale == 15 ? TcpSegment.NO_WINDOW_SCALE : scale, recalled.windowScale);
            assertEquals((options & 16) != 0, recalled.sackPermitted);
            assertEquals(TcpFlags.SYN | setup, recalled.flags);
            assertEquals(77, recalled.tsVal);
        }
    }

    @Test
    void shouldOfferNothingThatCouldNotBeRemembered() {
        segment.windowScale = 7;
        segment.sackPermitted = true;
        segment.flags = TcpFlags.ECE | TcpFlags.CWR;
        int cookie = answer(5);
        assertEquals(TcpSegment.NO_WINDOW_SCALE, way.sent.windowScale);
        assertFalse(way.sent.sackPermitted);
        assertFalse(way.sent.hasTimestamps);
        assertEquals(TcpFlags.SYN | TcpFlags.ACK, way.sent.flags);
        TcpSegment recalled = recall(5, cookie);
        assertEquals(TcpSegment.NO_WINDOW_SCALE, recalled.windowScale);
        assertFalse(recalled.sackPermitted);
    }

    @Test
    void shouldLetTheAnswerBeMarkedOnlyWhereEverythingMay() {
        for (boolean agreed : new boolean[] {false, true}) {
            for (boolean all : new boolean[] {false, true}) {
                segment.clear();
                segment.hasTimestamps = true;
                segment.flags = agreed ? TcpFlags.ECE | TcpFlags.CWR : 0;
                way.marksAll = all;
                answer(5);
                assertEquals(agreed && all ? Ecn.ECT_0 : 0, way.sent.ecn);
            }
        }
    }

    @Test
    void shouldAskForTheSegmentsOfTheListener() {
        answer(5);
        assertEquals(1460, way.sent.mss);
        way.maxSegment = 700;
        answer(5);
        assertEquals(700, way.sent.mss);
        way.maxSegment = 9000;
        answer(5);
        assertEquals(1460, way.sent.mss);
    }

    @Test
    void shouldAnswerARepeatedSynAlike() {
        assertEquals(answer(9), answer(9));
        assertNotEquals(answer(9), answer(10));
    }

    @Test
    void shouldHoldForOneToTwoEpochs() {
        for (int part = 0; part < 10; part++) {
            nowNs = 100 * SynCookies.EPOCH_NS + part * SynCookies.EPOCH_NS / 10;
            segment.clear();
            int cookie = answer(9);
            nowNs = 102 * SynCookies.EPOCH_NS - 1;
            assertNotNull(recall(9, cookie));
            nowNs++;
            segment.clear();
            answer(1); // still in use
            assertNull(recall(9, cookie));
            nowNs += 30 * SynCookies.EPOCH_NS;
            segment.clear();
            answer(1);
            assertNull(recall(9, cookie), "the same five bits of the time");
        }
    }

    @Test
    void shouldTakeNothingUnlessInUse() {
        assertFalse(cookies.isInUse(nowNs));
        assertNull(recall(9, 10));
        int cookie = answer(9);
        assertTrue(cookies.isInUse(nowNs));
        assertNotNull(recall(9, cookie));
        nowNs += 2 * SynCookies.EPOCH_NS;
        assertFalse(cookies.isInUse(nowNs));
    }

    @Test
    void shouldTakeACookieFromItsOwnerOnly() {
        int cookie = answer(9);
        assertNull(recall(10, cookie));
        assertNull(recall(9, cookie + 1));
        way.ports++;
        assertNull(recall(9, cookie));
        way.ports--;
        way.addresses ^= 1L << 40;
        assertNull(recall(9, cookie));
        way.addresses ^= 1L << 40;
        way.ports |= 1L << 32;
        assertNull(recall(9, cookie), "of another virtual network");
        way.ports ^= 1L << 32;
        assertNotNull(recall(9, cookie));
        SynCookies others = new SynCookies(TcpConfig.DEFAULTS, way, 5, 7);
        others.answer(segment, nowNs);
        assertNull(others.recall(segment, nowNs), "of another key");
    }

    /** Whether a segment from somewhere in the peer's stream is taken for one that goes on behind a missing answer. */
    private boolean isAhead(int seq, int ack) {
        segment.clear();
        segment.flags = TcpFlags.ACK;
        segment.seq = seq;
        segment.ack = ack;
        return cookies.isAhead(segment, nowNs);
    }

    @Test
    void shouldKnowWhatComesBehindTheAnswer() {
        int cookie = answer(9);
        assertTrue(isAhead(110, cookie + 1));
        assertTrue(isAhead(-5, cookie + 1), "whatever its number is");
        assertFalse(isAhead(110, cookie));
        assertFalse(isAhead(110, cookie + 2), "who acknowledges more has been answered");
        assertNull(recall(109, cookie), "but that makes no connection");
        way.ports++;
        assertFalse(isAhead(110, cookie + 1), "another's");
    }

    @Test
    void shouldKnowItAsLongAsTheCookieHolds() {
        assertFalse(isAhead(110, 5));
        nowNs = 100 * SynCookies.EPOCH_NS;
        int cookie = answer(9);
        nowNs = 102 * SynCookies.EPOCH_NS - 1;
        assertTrue(isAhead(110, cookie + 1));
        answer(1);
        nowNs++;
        assertFalse(isAhead(110, cookie + 1));
        nowNs += 2 * SynCookies.EPOCH_NS;
        assertFalse(isAhead(110, way.sent.seq + 1), "nothing is, once all cookies are too old");
    }

    /** What belongs to nothing is answered by RST nearly always, and always after two epochs. */
    @Test
    void shouldSeldomTakeOthersForIt() {
        answer(9);
        Random random = new Random(2);
        int taken = 0;
        for (int guess = 0; guess < 1 << 20; guess++) {
            taken += isAhead(random.nextInt(), random.nextInt()) ? 1 : 0;
        }
        assertTrue(taken > 0 && taken < 2 * (1 << 20) / 2048, taken + " of 2^20");
    }

    @Test
    void shouldNotBeGuessed() {
        answer(9);
        Random random = new Random(1);
        for (int guess = 0; guess < 2_000_000; guess++) {
            assertNull(recall(random.nextInt(), random.nextInt()));
        }
    }
}
