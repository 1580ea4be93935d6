package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.INT;
import static io.virtuoso.host.ffm.Native.LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.BitSet;

/** The calling thread as the kernel sees it: number, processors, CPU time. */
public final class NativeThread {
    private static final MethodHandle GETTID = Native.intFunction("gettid");
    private static final MethodHandle SETAFFINITY = Native.intFunction("sched_setaffinity", INT, LONG, LONG);
    private static final MethodHandle GETAFFINITY = Native.intFunction("sched_getaffinity", INT, LONG, LONG);
    private static final MethodHandle CLOCK_GETTIME = Native.intFunction("clock_gettime", INT, LONG);
    private static final int CPU_SET_BYTES = 128;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final ThreadLocal<MemorySegment> TIMESPEC =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linux.Timespec.BYTES, Long.BYTES));

    private NativeThread() {}

    /** The calling thread's kernel id. */
    public static int id() {
        try {
            return (int) GETTID.invokeExact(Native.state());
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** Binds the calling thread to processors numbered below 1024; 0 or minus errno. */
    public static int setAffinity(BitSet processors) {
        return setAffinity(0, processors);
    }

    /** As {@link #setAffinity(BitSet)}, for the thread with this kernel id; 0: the calling one. */
    public static int setAffinity(int thread, BitSet processors) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state();
            MemorySegment set = arena.allocate(CPU_SET_BYTES, Long.BYTES);
            long[] words = processors.toLongArray();
            for (int i = 0; i < Math.min(words.length, CPU_SET_BYTES / Long.BYTES); i++) {
                set.setAtIndex(ValueLayout.JAVA_LONG, i, words[i]);
            }
            int result = (int) SETAFFINITY.invokeExact(state, thread, (long) CPU_SET_BYTES, set.address());
            return Native.result(result, state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** The processors that the calling thread may use. */
    public static BitSet affinity() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(CPU_SET_BYTES, Long.BYTES);
            int ignored = (int) GETAFFINITY.invokeExact(Native.state(), 0, (long) CPU_SET_BYTES, set.address());
            return BitSet.valueOf(set.toArray(ValueLayout.JAVA_LONG));
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }

    /** CPU time that the calling thread has used, nanoseconds; allocates nothing. */
    public static long cpuNanos() {
        return clock(Linux.CLOCK_THREAD_CPUTIME_ID);
    }

    /** CPU time of the whole process, nanoseconds. */
    public static long processCpuNanos() {
        return clock(Linux.CLOCK_PROCESS_CPUTIME_ID);
    }

    private static long clock(int id) {
        MemorySegment time = TIMESPEC.get();
        try {
            int ignored = (int) CLOCK_GETTIME.invokeExact(Native.state(), id, time.address());
        } catch (Throwable t) {
            throw Native.failure(t);
        }
        long seconds = time.get(ValueLayout.JAVA_LONG, Linux.Timespec.TV_SEC);
        return seconds * NANOS_PER_SECOND + time.get(ValueLayout.JAVA_LONG, Linux.Timespec.TV_NSEC);
    }
}
