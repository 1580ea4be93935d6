package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class WaitersTest {
    private final Waiters waiters = new Waiters();

    @Test
    void shouldSignalEveryoneWhoWaits() {
        Waiter[] three = {waiters.enter(null), waiters.enter(null), waiters.enter(null)};
        waiters.signal();
        for (Waiter waiter : three) {
            assertTrue(waiter.takeSignal());
            assertFalse(waiter.takeSignal());
        }
    }

    @Test
    void shouldSignalThoseWhoStay() {
        Waiter first = waiters.enter(null);
        Waiter second = waiters.enter(null);
        Waiter third = waiters.enter(null);
        waiters.leave(first);
        waiters.signal();
        assertTrue(second.takeSignal());
        assertTrue(third.takeSignal());
        waiters.leave(third);
        waiters.signal();
        assertTrue(second.takeSignal());
        waiters.leave(second);
        assertTrue(waiters.isEmpty());
    }

    @Test
    void shouldBeEmptyOnlyWhenNobodyWaits() {
        assertTrue(waiters.isEmpty());
        Waiter first = waiters.enter(null);
        Waiter second = waiters.enter(null);
        waiters.leave(first);
        assertFalse(waiters.isEmpty(), "the second one is still there");
        waiters.leave(second);
        assertTrue(waiters.isEmpty());
    }

    @Test
    void shouldForgetASignalForTheOneBefore() {
        Waiter before = waiters.enter(null);
        waiters.signal();
        waiters.leave(before);
        Waiter after = waiters.enter(null);
        assertSame(before, after);
        assertFalse(after.takeSignal());
    }

    @Test
    void shouldKeepAWaiterForOneThreadAtATime() {
        Waiter first = waiters.enter(null);
        waiters.leave(first);
        Waiter again = waiters.enter(null);
        assertNotSame(again, waiters.enter(null));
    }

    /** As each read that waits does. */
    @Test
    void shouldAllocateNothingForOneAfterTheOther() {
        assertEquals(0, Allocation.least(() -> {
            Waiter waiter = waiters.enter(null);
            waiters.signal();
            waiters.leave(waiter);
        }));
    }
}
