package io.virtuoso.guest.os;

import java.lang.reflect.InvocationTargetException;

/** Picks the implementation of {@link Os}. */
final class OsLoader {
    /** The first JDK with final foreign functions (JEP 454). */
    private static final int FIRST_WITH_FOREIGN_FUNCTIONS = 22;

    private static final String LIBRARY_PATH = "jffi.boot.library.path";

    private OsLoader() {}

    static Os load() {
        boolean foreign = Runtime.version().feature() >= FIRST_WITH_FOREIGN_FUNCTIONS;
        try {
            return foreign ? make(Class.forName("io.virtuoso.guest.os.FfmOs")) : makeWithLibrary();
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("Virtuoso cannot call the system: " + e.getCause(), e.getCause());
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new IllegalStateException("Virtuoso's system calls are missing in this jar: " + e, e);
        }
    }

    private static Os make(Class<?> type) throws ReflectiveOperationException {
        return (Os) type.getConstructor().newInstance();
    }

    /** Without the property by which an application points the library, in its own version, to a native file. */
    private static Os makeWithLibrary() throws ReflectiveOperationException {
        String applications = System.clearProperty(LIBRARY_PATH);
        try {
            return make(new HiddenLibraries().loadClass("io.virtuoso.guest.os.jnr.JnrOs"));
        } finally {
            if (applications != null) {
                System.setProperty(LIBRARY_PATH, applications);
            }
        }
    }
}
