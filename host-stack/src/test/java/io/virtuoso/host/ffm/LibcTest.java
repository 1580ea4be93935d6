package io.virtuoso.host.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LibcTest {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(4096, Long.BYTES);
    private final long pipe = Libc.pipe();
    private final int readEnd = Libc.first(pipe);
    private final int writeEnd = Libc.second(pipe);

    @AfterEach
    void closePipe() {
        Libc.close(readEnd);
        Libc.close(writeEnd);
        arena.close();
    }

    @Test
    void shouldCarryBytesThroughAPipe() {
        memory.setString(0, "doorbell");
        assertEquals(8, Libc.write(writeEnd, memory.address(), 8));
        assertEquals(8, Libc.read(readEnd, memory.address() + 100, 50));
        assertEquals("doorbell", memory.getString(100));
    }

    @Test
    void shouldGatherAndScatter() {
        memory.setString(0, "onetwo");
        IoVector vector = new IoVector(2);
        vector.set(0, memory.address() + 3, 3);
        vector.set(1, memory.address(), 3);
        assertEquals(6, Libc.writev(writeEnd, vector, 2));
        vector.set(0, memory.address() + 100, 2);
        vector.set(1, memory.address() + 102, 10);
        assertEquals(6, Libc.readv(readEnd, vector, 2));
        assertEquals("twoone", memory.getString(100));
    }

    @Test
    void shouldReturnErrnoAsANegativeNumber() {
        assertEquals(-Errno.EAGAIN, Libc.read(readEnd, memory.address(), 1));
        assertEquals(-Errno.EBADF, Libc.read(-1, memory.address(), 1));
        assertEquals(-Errno.ENOENT, Libc.open("/nonexistent/file", Linux.O_RDONLY));
    }

    @Test
    void shouldNotWaitForAFullDoorbell() {
        Libc.setPipeBytes(writeEnd, 4096);
        int result = 1;
        for (int rings = 0; rings < 70_000 && result == 1; rings++) {
            result = Libc.ringPipe(writeEnd);
        }
        assertEquals(-Errno.EAGAIN, result);
    }

    @Test
    void shouldSeeThatTheReaderIsGone() {
        Libc.close(readEnd);
        assertEquals(-Errno.EPIPE, Libc.ringPipe(writeEnd));
    }

    @Test
    void shouldCountRingsOfAnEventCounter() {
        int counter = Libc.eventFd();
        Libc.ringEventFd(counter);
        Libc.ringEventFd(counter);
        assertEquals(8, Libc.read(counter, memory.address(), 8));
        assertEquals(2, memory.get(ValueLayout.JAVA_LONG, 0));
        Libc.close(counter);
        assertFalse(Libc.isOpen(counter));
    }

    @Test
    void shouldOpenFiles() {
        int fd = Libc.open("/dev/zero", Linux.O_RDONLY);
        memory.fill((byte) 1);
        assertEquals(4, Libc.read(fd, memory.address(), 4));
        assertEquals(0, memory.get(ValueLayout.JAVA_INT, 0));
        assertEquals(0, Libc.close(fd));
    }

    @Test
    void shouldAllocateNothingOnTheHotCalls() throws Exception {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (EpollSet epoll = new EpollSet(4)) {
            epoll.add(readEnd, Linux.EPOLLIN, 9);
            long measured = Long.MAX_VALUE; // until compiled, calls through handles do allocate
            for (int attempt = 0; attempt < 200 && measured > 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                ringAndRead(epoll, 1000);
                measured = Math.min(measured, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertEquals(0, measured);
        }
    }

    private void ringAndRead(EpollSet epoll, int times) {
        for (int i = 0; i < times; i++) {
            Libc.ringPipe(writeEnd);
            assertTrue(epoll.await(0) == 1 && epoll.data(0) == 9);
            Libc.read(readEnd, memory.address(), 8);
            epoll.await(1);
            NativeThread.cpuNanos();
        }
    }
}
