package io.virtuoso.host.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.virtuoso.protocol.Errno;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EpollSetTest {
    private final EpollSet set = new EpollSet(4);
    private final int counter = Libc.eventFd();

    EpollSetTest() throws IOException {}

    @AfterEach
    void close() {
        set.close();
        Libc.close(counter);
    }

    @Test
    void shouldReportAnEdgeOnceWithoutReadingTheCounter() {
        set.add(counter, Linux.EPOLLIN | Linux.EPOLLET, 0x1234_5678_9abc_def0L);
        assertEquals(0, set.await(0));
        Libc.ringEventFd(counter);
        assertEquals(1, set.await(-1));
        assertEquals(0x1234_5678_9abc_def0L, set.data(0));
        assertEquals(Linux.EPOLLIN, set.events(0));
        assertEquals(0, set.await(0));
        Libc.ringEventFd(counter);
        assertEquals(1, set.await(1_000_000));
    }

    @Test
    void shouldReportSeveralDescriptors() {
        int other = Libc.eventFd();
        set.add(counter, Linux.EPOLLIN, 1);
        set.add(other, Linux.EPOLLIN, 2);
        Libc.ringEventFd(counter);
        Libc.ringEventFd(other);
        assertEquals(2, set.await(0));
        assertEquals(3, set.data(0) + set.data(1));
        set.remove(other);
        assertEquals(1, set.await(0));
        assertEquals(1, set.data(0));
        Libc.close(other);
    }

    @Test
    void shouldReportAHangUp() {
        long pipe = Libc.pipe();
        set.add(Libc.first(pipe), Linux.EPOLLIN, 3);
        Libc.close(Libc.second(pipe));
        assertEquals(1, set.await(0));
        assertNotEquals(0, set.events(0) & Linux.EPOLLHUP);
        Libc.close(Libc.first(pipe));
    }

    @Test
    void shouldReturnErrno() {
        assertEquals(-Errno.EBADF, set.add(-1, Linux.EPOLLIN, 0));
        set.add(counter, Linux.EPOLLIN, 1);
        assertEquals(-Errno.EEXIST, set.add(counter, Linux.EPOLLIN, 1));
        assertEquals(0, set.modify(counter, Linux.EPOLLOUT, 7));
        assertEquals(1, set.await(0));
        assertEquals(7, set.data(0));
        assertEquals(0, set.remove(counter));
        assertEquals(-Errno.ENOENT, set.remove(counter));
    }
}
