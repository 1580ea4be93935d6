package io.virtuoso.host.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.net.URL;

/**
 * Loads this project's classes anew, those under test with counters. Test classes, which lie elsewhere than those, get
 * none. What fuzzing itself consists of is shared with the loader's parent.
 */
final class FuzzClassLoader extends ClassLoader {
    private final String instrumented;
    private final String shared = FuzzTarget.class.getPackageName() + '.';

    /** @param underTest a class beside which all classes lie that get counters */
    FuzzClassLoader(Class<?> underTest) {
        super("fuzz", underTest.getClassLoader());
        String file = underTest.getName().replace('.', '/') + ".class";
        String address = underTest.getClassLoader().getResource(file).toString();
        instrumented = address.substring(0, address.length() - file.length());
    }

    /** @return a new object of the class of this name, which has a constructor without arguments */
    FuzzTarget newTarget(String className) {
        try {
            Constructor<?> constructor = loadClass(className).getDeclaredConstructor();
            constructor.setAccessible(true);
            return (FuzzTarget) constructor.newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("no target " + className, e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            boolean ours = name.startsWith("io.virtuoso.") && !name.startsWith(shared);
            return ours ? define(name) : super.loadClass(name, resolve);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        URL place = getParent().getResource(name.replace('.', '/') + ".class");
        if (place == null) {
            throw new ClassNotFoundException(name);
        }
        try (InputStream stream = place.openStream()) {
            byte[] original = stream.readAllBytes();
            boolean counts = place.toString().startsWith(instrumented);
            byte[] bytes = counts ? EdgeInstrumentation.instrument(original) : original;
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
