package io.virtuoso.host.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.virtuoso.protocol.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Both ways; where a system has no io_uring, both are the same. JUnit closes what tests are given. */
class PipeRingerTest {
    /** More than one call takes. */
    private static final int MANY = 150;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(4096);
    private final long[] pipes = LongStream.generate(Libc::pipe).limit(MANY).toArray();

    static Stream<PipeRinger> ringers() {
        return Stream.of(PipeRinger.open(), PipeRinger.single());
    }

    @AfterEach
    void closePipes() {
        for (long pipe : pipes) {
            Libc.close(Libc.first(pipe));
            Libc.close(Libc.second(pipe));
        }
        arena.close();
    }

    private int read(long pipe) {
        return Libc.read(Libc.first(pipe), memory.address(), 4096);
    }

    @ParameterizedTest
    @MethodSource("ringers")
    void shouldRingEachOnce(PipeRinger ringer) {
        for (int round = 0; round < 3; round++) {
            for (long pipe : pipes) {
                ringer.add(Libc.second(pipe));
            }
            ringer.flush();
            for (long pipe : pipes) {
                assertEquals(1, read(pipe));
                assertEquals(-Errno.EAGAIN, read(pipe));
            }
        }
        ringer.flush();
        assertEquals(-Errno.EAGAIN, read(pipes[0]));
    }

    @ParameterizedTest
    @MethodSource("ringers")
    void shouldNotWaitForFullPipesOrMissOthersBecauseOfThem(PipeRinger ringer) {
        Libc.setPipeBytes(Libc.second(pipes[1]), 4096);
        while (Libc.ringPipe(Libc.second(pipes[1])) == 1) {
            // Until it is full.
        }
        for (int round = 0; round < 1000; round++) { // more than answers fit
            ringer.add(Libc.second(pipes[0]));
            ringer.add(Libc.second(pipes[1]));
            ringer.add(Libc.second(pipes[2]));
            ringer.flush();
            assertEquals(1, read(pipes[0]));
            assertEquals(1, read(pipes[2]));
        }
        assertEquals(4096, read(pipes[1]));
        assertEquals(-Errno.EAGAIN, read(pipes[1]));
    }

    @ParameterizedTest
    @MethodSource("ringers")
    void shouldRingOthersWhereAReaderIsGone(PipeRinger ringer) {
        final long gone = Libc.pipe();
        Libc.close(Libc.first(gone));
        for (int round = 0; round < 200; round++) {
            ringer.add(Libc.second(gone));
            ringer.add(-1);
            ringer.add(Libc.second(pipes[0]));
            ringer.flush();
            assertEquals(1, read(pipes[0]));
        }
        Libc.close(Libc.second(gone));
    }

    @ParameterizedTest
    @MethodSource("ringers")
    void shouldHoldNoPipeOpen(PipeRinger ringer) {
        final long pipe = Libc.pipe();
        ringer.add(Libc.second(pipe));
        ringer.add(Libc.second(pipes[0]));
        ringer.flush();
        Libc.close(Libc.second(pipe));
        assertEquals(1, read(pipe));
        assertEquals(0, read(pipe));
        Libc.close(Libc.first(pipe));
    }

    @Test
    void shouldAllocateNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (PipeRinger ringer = PipeRinger.open()) {
            long measured = Long.MAX_VALUE; // until compiled, calls through handles do allocate
            for (int attempt = 0; attempt < 200 && measured > 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                ringAndRead(ringer, 1000);
                measured = Math.min(measured, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertEquals(0, measured);
        }
    }

    private void ringAndRead(PipeRinger ringer, int times) {
        for (int i = 0; i < times; i++) {
            ringer.add(Libc.second(pipes[0]));
            ringer.add(Libc.second(pipes[1]));
            ringer.flush();
            read(pipes[0]);
            read(pipes[1]);
        }
    }

    @Test
    void shouldNeedNoDescriptorForSingleCalls() {
        assertFalse(PipeRinger.single().isBatching());
    }
}
