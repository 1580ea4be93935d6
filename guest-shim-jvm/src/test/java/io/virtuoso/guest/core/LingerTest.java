package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Time passes only while a thread gives way. */
class LingerTest {
    private static final long FOR_EVER = -1;
    private static final long TURN_NS = 50_000;
    private static final int NEVER = Integer.MAX_VALUE;

    private final World world = new World();
    private final AtomicBoolean taken = new AtomicBoolean();
    private final Linger linger = new Linger(world, taken);

    /** What is waited for comes after so many turns of others. */
    private static final class World implements Linger.Turns, Linger.Awaited {
        private int comesAfter;
        private boolean kernelHasSomething;
        private int turns;
        private int looks;

        @Override
        public long nanoTime() {
            return turns * TURN_NS;
        }

        @Override
        public void giveWay() {
            turns++;
        }

        @Override
        public boolean hasCome() {
            looks++;
            return turns >= comesAfter;
        }

        @Override
        public boolean inKernel() {
            return kernelHasSomething;
        }
    }

    private boolean waits(int turnsUntilItComes) {
        world.turns = 0;
        world.looks = 0;
        world.comesAfter = turnsUntilItComes;
        return linger.await(world, FOR_EVER);
    }

    private boolean beganAwake() {
        return world.looks > 0;
    }

    /** Waits in vain until one is to be slept at once. @return how many there were */
    private int tries() {
        int tries = 0;
        while (!waits(NEVER) && beganAwake()) {
            tries++;
        }
        return tries;
    }

    /** Waits slept at once, the one that was met already included, until one is begun awake again, in vain. */
    private int pause() {
        int slept = 1;
        while (!waits(NEVER) && !beganAwake()) {
            slept++;
        }
        return slept;
    }

    @Test
    void shouldSpareASleepWhenTheAnswerComesSoon() {
        assertTrue(waits(3));
        assertEquals(3, world.turns);
    }

    @Test
    void shouldGiveUpAfterHalfAMillisecond() {
        assertFalse(waits(NEVER));
        assertEquals(10, world.turns);
    }

    @Test
    void shouldSleepAtOnceAfterWaitsInVain() {
        assertEquals(8, tries());
        int expected = 16;
        for (int i = 0; i < 10; i++) {
            assertEquals(expected, pause());
            assertEquals(7, tries()); // after the one that ended the pause
            expected = Math.min(2 * expected, 256);
        }
    }

    @Test
    void shouldGoOnWhileItSavesSleeps() {
        for (int i = 0; i < 1000; i++) {
            assertEquals(i % 2 == 0, waits(i % 2 == 0 ? 1 : NEVER));
            assertTrue(beganAwake());
        }
    }

    @Test
    void shouldForgetGoodTimesSoon() {
        for (int i = 0; i < 100; i++) {
            assertTrue(waits(0));
        }
        assertEquals(14, tries());
    }

    @Test
    void shouldBeginAnewAfterAPauseThatEndedWell() {
        tries();
        for (int slept = 1; slept < 16; slept++) {
            assertFalse(waits(0));
        }
        assertTrue(waits(0));
        assertEquals(9, tries());
        assertEquals(16, pause());
    }

    @Test
    void shouldSleepAtOnceWhileAnotherThreadWaitsAwake() {
        taken.set(true);
        assertFalse(waits(0));
        assertFalse(beganAwake());
        taken.set(false);
        assertTrue(waits(0));
        assertFalse(taken.get());
    }

    @Test
    void shouldNotWaitAwakeForAShortTime() {
        assertFalse(linger.await(world, 999_999));
        assertFalse(beganAwake());
        assertTrue(linger.await(world, 1_000_000));
    }

    /** The sleep that follows returns at once; nothing is learnt from that. */
    @Test
    void shouldLeaveToTheKernelWhatItHas() {
        world.kernelHasSomething = true;
        for (int i = 0; i < 100; i++) {
            assertFalse(waits(1));
            assertEquals(0, world.turns);
        }
        assertTrue(beganAwake());
    }
}
