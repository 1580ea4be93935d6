package io.virtuoso.host.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How the C library is called: handles, errno, memory by address. */
final class Native {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    /** Also every pointer and size_t: addresses travel as numbers. */
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout STATE_LAYOUT = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO_WORD = STATE_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE_LAYOUT));

    private Native() {}

    /** The calling thread's place for errno, first argument of every handle made here. */
    static MemorySegment state() {
        return STATE.get();
    }

    /** A C result as this package returns it: itself, or minus errno if it was -1. */
    static int result(int value, MemorySegment state) {
        return value != -1 ? value : -errno(state);
    }

    /** See {@link #result(int, MemorySegment)}. */
    static long result(long value, MemorySegment state) {
        return value != -1 ? value : -errno(state);
    }

    static MethodHandle intFunction(String name, MemoryLayout... arguments) {
        return function(name, FunctionDescriptor.of(INT, arguments));
    }

    static MethodHandle longFunction(String name, MemoryLayout... arguments) {
        return function(name, FunctionDescriptor.of(LONG, arguments));
    }

    /** A function declared with "..." after {@code fixed} arguments. */
    static MethodHandle variadic(String name, int fixed, MemoryLayout... arguments) {
        return function(name, FunctionDescriptor.of(INT, arguments), Linker.Option.firstVariadicArg(fixed));
    }

    /** A function that older C libraries lack. */
    @SuppressWarnings("restricted")
    static Optional<MethodHandle> optionalIntFunction(String name, MemoryLayout... arguments) {
        return LINKER.defaultLookup()
                .find(name)
                .map(symbol -> LINKER.downcallHandle(symbol, FunctionDescriptor.of(INT, arguments), ERRNO));
    }

    /** Calls through a handle throw nothing checked; what they throw is passed on as it is. */
    static RuntimeException failure(Throwable thrown) {
        if (thrown instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        throw new IllegalStateException(thrown);
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO_WORD.get(state, 0L);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor descriptor, Linker.Option... extra) {
        List<Linker.Option> options = new ArrayList<>(List.of(extra));
        options.add(ERRNO);
        MemorySegment symbol = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
        return LINKER.downcallHandle(symbol, descriptor, options.toArray(Linker.Option[]::new));
    }
}
