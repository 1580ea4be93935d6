package io.virtuoso.guest.os;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;

/**
 * Loads what lies in the jar out of the application's sight: classes and files below {@value #FOLDER}, and the classes
 * of {@value #USERS}, which use them. It looks there first, for the application may have another version of the
 * library; everything else comes from the shim's own loader.
 */
final class HiddenLibraries extends ClassLoader {
    private static final String FOLDER = "META-INF/virtuoso/jnr/";
    private static final String USERS = "io.virtuoso.guest.os.jnr.";
    private static final String LIBRARY = "com.kenai.jffi.";

    static {
        registerAsParallelCapable();
    }

    HiddenLibraries() {
        super("virtuoso-jnr", HiddenLibraries.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        boolean user = name.startsWith(USERS);
        if (!user && !name.startsWith(LIBRARY)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name, user ? fileOf(name) : FOLDER + fileOf(name));
        }
    }

    @Override
    public URL getResource(String name) {
        URL own = findResource(name);
        return own != null ? own : super.getResource(name);
    }

    @Override
    protected URL findResource(String name) {
        return getParent().getResource(FOLDER + name);
    }

    private static String fileOf(String name) {
        return name.replace('.', '/') + ".class";
    }

    private Class<?> define(String name, String file) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(file)) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
