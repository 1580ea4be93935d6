package io.virtuoso.guest.os;

import java.lang.reflect.InvocationTargetException;

/** Picks the implementation of {@link Os}. */
final class OsLoader {
    /** The first JDK with final foreign functions (JEP 454). */
    private static final int FIRST_WITH_FOREIGN_FUNCTIONS = 22;

    private OsLoader() {}

    static Os load() {
        boolean foreign = Runtime.version().feature() >= FIRST_WITH_FOREIGN_FUNCTIONS;
        try {
            Class<?> type = foreign
                    ? Class.forName("io.virtuoso.guest.os.FfmOs")
                    : new HiddenLibraries().loadClass("io.virtuoso.guest.os.jnr.JnrOs");
            return (Os) type.getConstructor().newInstance();
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("Virtuoso cannot call the system: " + e.getCause(), e.getCause());
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new IllegalStateException("Virtuoso's system calls are missing in this jar: " + e, e);
        }
    }
}
