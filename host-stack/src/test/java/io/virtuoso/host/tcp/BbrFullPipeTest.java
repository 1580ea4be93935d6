package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BbrFullPipeTest {
    private final BbrFullPipe pipe = new BbrFullPipe();
    private final RateSample sample = new RateSample();

    private void round(long rate) {
        sample.deliveryRate = rate;
        pipe.onRound(sample);
    }

    @Test
    void shouldBeFullAfterThreeRoundsWithoutGrowth() {
        round(1_000);
        round(1_250);
        round(1_300);
        round(1_400);
        assertFalse(pipe.isNow());
        round(1_562);
        assertTrue(pipe.isNow(), "a quarter more than 1250 is more than this");
        assertTrue(pipe.isReached());
    }

    @Test
    void shouldBeginAgainWhenItGrows() {
        round(1_000);
        round(1_100);
        round(1_100);
        round(1_250);
        round(1_250);
        round(1_250);
        assertFalse(pipe.isNow());
        round(1_250);
        assertTrue(pipe.isNow());
        assertTrue(pipe.isReached());
    }

    @Test
    void shouldNotCountRoundsOfAnApplicationThatSendsLittle() {
        sample.appLimited = true;
        for (int i = 0; i < 10; i++) {
            round(1_000);
        }
        assertFalse(pipe.isNow());
    }

    @Test
    void shouldRememberThatItWasFull() {
        for (int i = 0; i < 4; i++) {
            round(1_000);
        }
        pipe.reset(0);
        assertFalse(pipe.isNow());
        assertTrue(pipe.isReached());
        pipe.setReached(false);
        assertFalse(pipe.isReached());
    }
}
