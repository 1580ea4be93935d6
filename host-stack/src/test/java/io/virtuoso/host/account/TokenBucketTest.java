package io.virtuoso.host.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final double PER_NS = 0.25;
    private static final long BURST = 4_000;

    private final TokenBucket bucket = new TokenBucket(PER_NS, BURST, 0);
    private long nowNs = 7;
    private long used;

    /** Takes one piece after the other while there is something left. @return how much that was */
    private long drain(final int piece) {
        final long before = used;
        while (bucket.update(nowNs, used)) {
            used += piece;
        }
        return used - before;
    }

    @Test
    void shouldGiveABurstAndNoMoreThanTheLastPieceBeyond() {
        assertEquals(BURST, drain(1));
        assertEquals(-1, bucket.left(used + 1));
    }

    @Test
    void shouldNeverRefuseWhoUsesWhatComes() {
        for (int i = 0; i < 10_000; i++) {
            assertTrue(bucket.update(nowNs, used), "after " + used);
            nowNs += 400;
            used += 100;
        }
    }

    @Test
    void shouldNotGiveMoreThanTheRateAndABurstHoweverItIsUsed() {
        final SplittableRandom random = new SplittableRandom(1);
        final long beginNs = nowNs;
        bucket.update(nowNs, used);
        int refused = 0;
        for (int i = 0; i < 100_000; i++) {
            nowNs += random.nextInt(300);
            if (bucket.update(nowNs, used)) {
                used += random.nextInt(100);
            } else {
                refused++;
            }
            final double most = BURST + (nowNs - beginNs) * PER_NS + 100;
            assertTrue(used <= most, used + " of " + most);
        }
        assertTrue(refused > 10_000, "refused " + refused);
        assertTrue(used >= (nowNs - beginNs) * PER_NS, "gave only " + used);
    }

    @Test
    void shouldHaveNearlyAWholeBurstAgainAfterARest() {
        used = BURST / 8 - 1; // so little that nobody noted the time
        bucket.update(nowNs, 0);
        assertTrue(bucket.update(nowNs, used));
        nowNs += 1_000_000;
        final long again = drain(1);
        assertTrue(again >= BURST * 7 / 8 && again <= BURST, "gave " + again);
    }

    @Test
    void shouldSayHowMuchMayBeUsedWithoutAnotherLook() {
        assertTrue(bucket.update(nowNs, used));
        assertEquals(BURST / 8, bucket.enoughUntil());
        nowNs += 1_000_000;
        assertTrue(bucket.update(nowNs, BURST / 8 - 1));
        assertEquals(BURST / 8, bucket.enoughUntil());
        assertTrue(bucket.update(nowNs, BURST / 8));
        assertEquals(BURST / 8 + (BURST - BURST / 8) / 8, bucket.enoughUntil());
        assertTrue(TokenBucket.UNLIMITED.update(nowNs, Long.MAX_VALUE - 1));
    }

    @Test
    void shouldForgetWhatIsOwedBeyondABound() {
        final TokenBucket bounded = new TokenBucket(PER_NS, BURST, BURST, 0);
        bounded.update(nowNs, 0);
        assertFalse(bounded.update(nowNs, 100 * BURST));
        final long emptyNs = (long) (BURST / PER_NS);
        assertTrue(bounded.isEmpty(nowNs + emptyNs - 1));
        assertFalse(bounded.isEmpty(nowNs + emptyNs + 1));
        assertTrue(bounded.update(nowNs + emptyNs + 4, 100 * BURST));
    }

    @Test
    void shouldSayWhenAQuarterOfTheBurstWillBeThere() {
        drain(10);
        assertEquals(BURST, used);
        assertEquals(BURST, bucket.recoveryNs());
        nowNs += bucket.recoveryNs();
        assertEquals(BURST / 4, drain(1));
        assertFalse(bucket.update(nowNs, used));
    }
}
