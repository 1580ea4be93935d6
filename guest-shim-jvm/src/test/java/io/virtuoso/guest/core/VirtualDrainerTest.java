package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** The drainer runs in the test's thread, until it sleeps with nobody left to wake it. */
class VirtualDrainerTest {
    private final Turns turns = new Turns();
    private final Events events = new Events();
    private final VirtualDrainer drainer = new VirtualDrainer(turns);

    @Test
    void shouldSleepUntilItIsCalled() {
        runUntilItSleeps();
        assertEquals(0, events.looks);
        drainer.call(events);
        runUntilItSleeps();
        assertEquals(1, events.looks);
    }

    @Test
    void shouldTakeEverythingBeforeTheHostStackHearsThatItSleeps() {
        events.arrive(3, 2);
        drainer.call(events);
        runUntilItSleeps();
        assertEquals(0, events.waiting());
        assertTrue(events.sleeping);
    }

    @Test
    void shouldTakeWhatArrivesBeforeTheHostStackHearsThatItSleeps() {
        events.onSleep = () -> events.arrive(1);
        drainer.call(events);
        runUntilItSleeps();
        assertEquals(0, events.waiting());
        assertTrue(events.sleeping);
    }

    @Test
    void shouldLetOthersRunAfterEachLookThatFoundSomething() {
        events.arrive(1, 1, 1);
        drainer.call(events);
        runUntilItSleeps();
        assertEquals(3, turns.given);
        assertEquals(0, turns.pauses);
    }

    @Test
    void shouldLookAgainWhenACallEndedItsPause() {
        for (int i = 0; i < VirtualDrainer.ROUNDS_IN_A_ROW; i++) {
            events.arrive(1);
        }
        turns.onPause = () -> drainer.call(events);
        drainer.call(events);
        runUntilItSleeps();
        assertEquals(1, turns.pauses);
        assertEquals(2, events.looks, "the call in the pause is answered by a look of its own");
    }

    @Test
    void shouldLookAgainWhenACallCameWhileItLooked() {
        events.onSleep = () -> drainer.call(events);
        drainer.call(events);
        runUntilItSleeps();
        assertEquals(2, events.looks);
    }

    @Test
    void shouldSleepOnAfterAWakeUpThatIsNoCall() {
        turns.wake();
        runUntilItSleeps();
        assertEquals(0, events.looks);
    }

    private void runUntilItSleeps() {
        assertThrows(ForEver.class, drainer::run);
        assertFalse(drainer.isWaitedFor(), "sleeps although it was called");
    }

    /** It sleeps, and nobody will wake it. */
    @SuppressWarnings("serial")
    private static final class ForEver extends RuntimeException {}

    /** As a thread that can be parked: of several wakings one is kept. */
    private static final class Turns implements VirtualDrainer.Turns {
        private boolean permit;
        private int given;
        private int pauses;
        private Runnable onPause = () -> {};

        @Override
        public void giveWay() {
            given++;
        }

        @Override
        public void pause() {
            pauses++;
            Runnable now = onPause;
            onPause = () -> {};
            now.run();
            permit = false;
        }

        @Override
        public void park() {
            if (!permit) {
                throw new ForEver();
            }
            permit = false;
        }

        @Override
        public void wake() {
            permit = true;
        }
    }

    /** A context's events: as many as each arrival says are taken at once. */
    private static final class Events implements EventSource {
        private final Queue<Integer> arrivals = new ArrayDeque<>();
        private Runnable onSleep = () -> {};
        private boolean sleeping;
        private int looks;

        void arrive(int... counts) {
            for (int count : counts) {
                arrivals.add(count);
            }
        }

        int waiting() {
            return arrivals.size();
        }

        @Override
        public int drain() {
            assertFalse(sleeping, "takes events while the host stack is told to ring");
            Integer count = arrivals.poll();
            return count == null ? 0 : count;
        }

        @Override
        public boolean hasEvents() {
            return !arrivals.isEmpty();
        }

        @Override
        public void enterSleep() {
            sleeping = true;
            looks++;
            Runnable now = onSleep;
            onSleep = () -> {};
            now.run();
        }

        @Override
        public void leaveSleep() {
            sleeping = false;
        }
    }
}
