package io.virtuoso.guest.os;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Enumeration;

/**
 * Loads what lies in the jar out of the application's sight: classes and files below {@value #FOLDER}, and the classes
 * of {@value #USERS}, which use them. Everything else comes from the shim's own loader.
 */
final class HiddenLibraries extends ClassLoader {
    private static final String FOLDER = "META-INF/virtuoso/jnr/";
    private static final String USERS = "io.virtuoso.guest.os.jnr.";

    static {
        registerAsParallelCapable();
    }

    HiddenLibraries() {
        super("virtuoso-jnr", HiddenLibraries.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(USERS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name, fileOf(name));
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        return define(name, FOLDER + fileOf(name));
    }

    @Override
    protected URL findResource(String name) {
        return getParent().getResource(FOLDER + name);
    }

    @Override
    protected Enumeration<URL> findResources(String name) throws IOException {
        return getParent().getResources(FOLDER + name);
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
