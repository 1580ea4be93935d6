package io.virtuoso.guest.core;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** What this release of the sources cannot say of threads by itself. */
public final class Threads {
    private static final MethodHandle IS_VIRTUAL = findIsVirtual();

    private Threads() {}

    /** Whether a thread is virtual; always false before JDK 21. */
    public static boolean isVirtual(Thread thread) {
        if (IS_VIRTUAL == null) {
            return false;
        }
        try {
            return (boolean) IS_VIRTUAL.invokeExact(thread);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MethodHandle findIsVirtual() {
        if (Runtime.version().feature() < 21) {
            return null; // a preview before, and refused at run time
        }
        try {
            return MethodHandles.publicLookup()
                    .findVirtual(Thread.class, "isVirtual", MethodType.methodType(boolean.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no Thread.isVirtual", e);
        }
    }
}
