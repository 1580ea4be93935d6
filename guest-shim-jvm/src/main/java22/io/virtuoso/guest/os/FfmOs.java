package io.virtuoso.guest.os;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;

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
        Linker.Option[] options = {Linker.Option.captureCallState("errno")};
        try {
            return (MethodHandle) downcallHandle().invokeExact(linker, function, type, options);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * {@link Linker#downcallHandle}, called as by java.base itself. Called from here it would need native access, which
     * cannot be given to this module alone: all classes on the class path would get it, or a warning be printed. So
     * they keep what the user gave them.
     */
    private static MethodHandle downcallHandle() throws ReflectiveOperationException {
        Field field = MethodHandles.Lookup.class.getDeclaredField("IMPL_LOOKUP");
        field.setAccessible(true);
        MethodHandles.Lookup trusted = (MethodHandles.Lookup) field.get(null);
        MethodType type = MethodType.methodType(
                MethodHandle.class, MemorySegment.class, FunctionDescriptor.class, Linker.Option[].class);
        return trusted.in(Linker.class)
                .findVirtual(Linker.class, "downcallHandle", type)
                .asFixedArity();
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
