package io.virtuoso.guest;

import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.ClassDefinition;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.SocketImpl;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** What of the running JDK is opened to the shim, and the one method of it that is changed. */
final class JdkPatch {
    private static final String HOOK = "io.virtuoso.guest.boot.SocketImplHook";
    private static final String GUEST_SOCKET_IMPL = "io.virtuoso.guest.net.GuestSocketImpl";
    private static final String PLATFORM_MARKER = "sun/net/PlatformSocketImpl";

    /** Packages of java.base that the shim looks into; README.md says what for. */
    private static final Set<String> OPENED = Set.of(
            "java.io",
            "java.lang",
            "java.lang.invoke",
            "java.net",
            "java.nio",
            "java.nio.channels",
            "java.nio.channels.spi",
            "jdk.internal.misc",
            "sun.net",
            "sun.nio.ch");

    private final Instrumentation instrumentation;
    private final Module base = Object.class.getModule();
    private final Module own = JdkPatch.class.getModule();

    JdkPatch(Instrumentation instrumentation) {
        this.instrumentation = instrumentation;
    }

    /** Opens the packages to the shim's module and to no other. */
    void openPackages() {
        Map<String, Set<Module>> opens = new java.util.HashMap<>();
        OPENED.forEach(name -> opens.put(name, Set.of(own)));
        instrumentation.redefineModule(base, Set.of(), Map.of(), opens, Set.of(), Map.of());
    }

    /**
     * Lets every Socket and ServerSocket that is made from now on have the shim's implementation, unless the program
     * installed a factory of its own.
     */
    void redirectSockets() throws Exception {
        Function<Boolean, SocketImpl> factory = factory(loadGuestSocketImpl());
        Class<?> hook = defineHook();
        hook.getField("factory").set(null, factory);
        instrumentation.redefineModule(base, Set.of(hook.getModule()), Map.of(), Map.of(), Set.of(), Map.of());
        byte[] patched = ClassPatch.redirect(
                bytesOf("java.net.SocketImpl", ClassLoader.getPlatformClassLoader()),
                "createPlatformSocketImpl",
                "(Z)Ljava/net/SocketImpl;",
                HOOK.replace('.', '/'),
                "create");
        instrumentation.redefineClasses(new ClassDefinition(SocketImpl.class, patched));
    }

    /**
     * Loads the shim's implementation with one more interface, the JDK's mark of its own implementations: ServerSocket
     * then treats it as such. The interface cannot be named in sources without flags to the compiler.
     */
    private Class<?> loadGuestSocketImpl() throws ClassNotFoundException {
        ClassFileTransformer marker = new ClassFileTransformer() {
            @Override
            public byte[] transform(
                    ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] bytes) {
                boolean wanted = GUEST_SOCKET_IMPL.replace('.', '/').equals(name);
                return wanted ? ClassPatch.addInterface(bytes, PLATFORM_MARKER) : null;
            }
        };
        instrumentation.addTransformer(marker);
        try {
            return Class.forName(GUEST_SOCKET_IMPL, true, JdkPatch.class.getClassLoader());
        } finally {
            instrumentation.removeTransformer(marker);
        }
    }

    private static Function<Boolean, SocketImpl> factory(Class<?> type) throws ReflectiveOperationException {
        MethodHandle constructor = MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                .findConstructor(type, MethodType.methodType(void.class, boolean.class))
                .asType(MethodType.methodType(SocketImpl.class, boolean.class));
        return server -> {
            try {
                return (SocketImpl) constructor.invokeExact((boolean) server);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        };
    }

    /** Gives the hook to the boot loader, which has no other way to it than a jar of its own on disk. */
    private static Class<?> defineHook() throws Exception {
        byte[] bytes = bytesOf(HOOK, JdkPatch.class.getClassLoader());
        Class<?> unsafe = Class.forName("jdk.internal.misc.Unsafe");
        Object instance = unsafe.getMethod("getUnsafe").invoke(null);
        return (Class<?>) unsafe.getMethod(
                        "defineClass",
                        String.class,
                        byte[].class,
                        int.class,
                        int.class,
                        ClassLoader.class,
                        ProtectionDomain.class)
                .invoke(instance, HOOK, bytes, 0, bytes.length, null, null);
    }

    private static byte[] bytesOf(String name, ClassLoader loader) throws IOException {
        try (InputStream in = loader.getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new IOException("no class file of " + name);
            }
            return in.readAllBytes();
        }
    }
}
