package io.virtuoso.bench.jvm;

import java.util.concurrent.ThreadFactory;

/** The threads of blocking programs: virtual ones where the JDK has them (21 and newer), else platform threads. */
final class BlockingThreads {
    private static final int FIRST_WITH_VIRTUAL = 21;
    private static final long SMALL_STACK = 256L << 10;

    private BlockingThreads() {}

    static boolean areVirtual() {
        return Runtime.version().feature() >= FIRST_WITH_VIRTUAL;
    }

    /** These classes are compiled for a JDK without virtual threads, hence by reflection. */
    static ThreadFactory factory() {
        if (!areVirtual()) {
            return task -> new Thread(null, task, "connection", SMALL_STACK);
        }
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            return (ThreadFactory) type.getMethod("factory").invoke(builder);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no virtual threads", e);
        }
    }
}
