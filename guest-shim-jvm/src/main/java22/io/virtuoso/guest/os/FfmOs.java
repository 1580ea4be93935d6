package io.virtuoso.guest.os;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** System calls by the JDK's own foreign functions. Loaded on JDK 22 and newer only. */
public final class FfmOs extends LinuxOs {
    private static final MethodHandle SYSCALL = link();

    /** For the loader of {@link Os}. */
    public FfmOs() {
        super(MemorySegment::ofBuffer);
    }

    private static MethodHandle link() {
        Linker linker = Linker.nativeLinker();
        MemorySegment function = linker.defaultLookup()
                .find("syscall")
                .orElseThrow(() -> new IllegalStateException("the C library has no function syscall"));
        ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
        FunctionDescriptor type = FunctionDescriptor.of(word, word, word, word, word, word, word);
        return linker.downcallHandle(function, type, Linker.Option.captureCallState("errno"));
    }

    @Override
    protected long call(Scratch scratch, long number, long a, long b, long c, long d, long e) {
        try {
            return (long) SYSCALL.invokeExact((MemorySegment) scratch.view(), number, a, b, c, d, e);
        } catch (RuntimeException | Error problem) {
            throw problem;
        } catch (Throwable problem) {
            throw new IllegalStateException(problem);
        }
    }

    @Override
    protected int lastErrno(Scratch scratch) {
        return scratch.errno();
    }
}
