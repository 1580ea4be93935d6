package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.SocketTimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeadlineTest {
    @Test
    void shouldKnowNoLimit() throws SocketTimeoutException {
        Deadline none = Deadline.inMillis(0, "over");
        assertEquals(0, none.leftNanos());
        assertEquals(0, none.leftMillis());
    }

    @Test
    void shouldTellWhatIsLeft() throws SocketTimeoutException {
        Deadline later = Deadline.inMillis(60_000, "over");
        long left = later.leftNanos();
        assertTrue(left > 50_000_000_000L && left <= 60_000_000_000L, "left " + left);
        assertTrue(later.leftMillis() >= 50_000);
    }

    @Test
    void shouldGiveUpALockThatAnotherThreadKeeps() throws Exception {
        ReentrantLock lock = new ReentrantLock();
        Thread keeper = new Thread(lock::lock);
        keeper.start();
        keeper.join();
        Deadline soon = Deadline.inMillis(20, "over");
        assertEquals(
                "over",
                assertThrows(SocketTimeoutException.class, () -> soon.lock(lock))
                        .getMessage());
        assertThrows(SocketTimeoutException.class, soon::leftNanos);
    }

    @Test
    void shouldTakeALockInSpiteOfAnInterrupt() throws SocketTimeoutException {
        ReentrantLock lock = new ReentrantLock();
        Thread.currentThread().interrupt();
        Deadline.inMillis(5_000, "over").lock(lock);
        assertTrue(Thread.interrupted(), "the interrupt is still to be seen");
        assertTrue(lock.isHeldByCurrentThread());
        lock.unlock();
        assertFalse(lock.isLocked());
    }
}
