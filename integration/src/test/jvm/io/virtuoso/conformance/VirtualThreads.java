package io.virtuoso.conformance;

import java.lang.reflect.Method;

/** Virtual threads for a program that also runs on JDK 17. */
final class VirtualThreads {
    private static final int SINCE = 21;

    private VirtualThreads() {}

    static boolean exist() {
        return Support.feature() >= SINCE;
    }

    static Thread unstarted(final Runnable body) {
        try {
            final Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            final Method unstarted = Class.forName("java.lang.Thread$Builder").getMethod("unstarted", Runnable.class);
            return (Thread) unstarted.invoke(builder, body);
        } catch (final ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
