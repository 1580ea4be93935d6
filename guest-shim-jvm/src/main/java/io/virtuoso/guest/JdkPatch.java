package io.virtuoso.guest;

import io.virtuoso.guest.nio.ChannelStreams;
import io.virtuoso.guest.nio.GuestSelectorProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.instrument.ClassDefinition;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketImpl;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.channels.spi.SelectorProvider;
import java.security.ProtectionDomain;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What of the running JDK is opened to the shim, and the methods of it that are changed. */
final class JdkPatch {
    private static final String HOOK = "io.virtuoso.guest.boot.SocketImplHook";
    private static final String DATAGRAMS = "io/virtuoso/guest/boot/DatagramHook";
    private static final String INTERFACES = "io/virtuoso/guest/boot/InterfaceHook";
    private static final String ADDRESSES = "io/virtuoso/guest/boot/AddressHook";
    private static final String STREAMS = "io/virtuoso/guest/boot/StreamsHook";
    private static final String GUEST_SOCKET_IMPL = "io.virtuoso.guest.net.GuestSocketImpl";
    private static final String PLATFORM_MARKER = "sun/net/PlatformSocketImpl";

    /** Packages of java.base that the shim looks into; README.md says what for. */
    private static final Set<String> OPENED = Set.of(
            "java.lang.invoke",
            "java.net",
            "java.nio",
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
        Map<String, Set<Module>> opens = new HashMap<>();
        OPENED.forEach(name -> opens.put(name, Set.of(own)));
        instrumentation.redefineModule(base, Set.of(), Map.of(), opens, Set.of(), Map.of());
    }

    /**
     * Lets every Socket and ServerSocket that is made from now on have the shim's implementation, unless the program
     * installed a factory of its own.
     */
    void redirectSockets() throws Exception {
        Function<Boolean, SocketImpl> factory = factory(loadGuestSocketImpl());
        defineHook(HOOK).getField("factory").set(null, factory);
        byte[] patched = ClassPatch.redirect(
                bytesOf("java.net.SocketImpl", ClassLoader.getPlatformClassLoader()),
                "createPlatformSocketImpl",
                "(Z)Ljava/net/SocketImpl;",
                HOOK.replace('.', '/'),
                "create");
        instrumentation.redefineClasses(new ClassDefinition(SocketImpl.class, patched));
    }

    /** Lets every DatagramSocket and MulticastSocket that is made from now on work with the shim's channel. */
    void redirectDatagrams() throws Exception {
        Function<SelectorProvider, DatagramChannel> factory = GuestSelectorProvider::openForDatagramSocket;
        defineHook(DATAGRAMS.replace('/', '.')).getField("factory").set(null, factory);
        Class<?> provider = Class.forName("sun.nio.ch.SelectorProviderImpl");
        byte[] patched = ClassPatch.redirectOfObject(
                bytesOf(provider.getName(), ClassLoader.getPlatformClassLoader()),
                "openUninterruptibleDatagramChannel",
                "()Ljava/nio/channels/DatagramChannel;",
                DATAGRAMS,
                "open",
                "(Ljava/nio/channels/spi/SelectorProvider;)Ljava/nio/channels/DatagramChannel;");
        instrumentation.redefineClasses(new ClassDefinition(provider, patched));
    }

    /** Lets java.net.NetworkInterface show the guest's interface instead of the machine's. */
    void redirectInterfaces() throws Exception {
        Class<?> hook = defineHook(INTERFACES.replace('/', '.'));
        Supplier<NetworkInterface[]> all = GuestInterfaces::all;
        BiFunction<NetworkInterface, String, Object> fact = GuestInterfaces::fact;
        hook.getField("all").set(null, all);
        hook.getField("fact").set(null, fact);
        byte[] patched = bytesOf("java.net.NetworkInterface", ClassLoader.getPlatformClassLoader());
        for (Method method : hook.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers())) {
                patched = redirectInterface(patched, method);
            }
        }
        instrumentation.redefineClasses(new ClassDefinition(NetworkInterface.class, patched));
    }

    /** Those that ask for interfaces are static, those that ask for something of one are not. */
    private static byte[] redirectInterface(byte[] patched, Method method) {
        MethodType type = MethodType.methodType(method.getReturnType(), method.getParameterTypes());
        String descriptor = type.descriptorString();
        boolean ofOne = type.parameterCount() == 1 && type.parameterType(0) == NetworkInterface.class;
        return ClassPatch.redirectOfObject(
                patched,
                method.getName(),
                ofOne ? type.dropParameterTypes(0, 1).descriptorString() : descriptor,
                INTERFACES,
                method.getName(),
                descriptor);
    }

    /** Lets java.net.InetAddress know the guest's own address, and reach others as the guest does. */
    void redirectAddresses() throws Exception {
        Class<?> hook = defineHook(ADDRESSES.replace('/', '.'));
        GuestAddresses addresses = new GuestAddresses();
        Supplier<InetAddress> localHost = addresses::localHost;
        Predicate<Object[]> reach = addresses::isReachable;
        hook.getField("localHost").set(null, localHost);
        hook.getField("reach").set(null, reach);
        byte[] patched = bytesOf("java.net.InetAddress", ClassLoader.getPlatformClassLoader());
        patched = ClassPatch.redirect(patched, "getLocalHost", "()Ljava/net/InetAddress;", ADDRESSES, "getLocalHost");
        patched = ClassPatch.redirectOfObject(
                patched,
                "isReachable",
                "(Ljava/net/NetworkInterface;II)Z",
                ADDRESSES,
                "isReachable",
                "(Ljava/net/InetAddress;Ljava/net/NetworkInterface;II)Z");
        instrumentation.redefineClasses(new ClassDefinition(InetAddress.class, patched));
    }

    /**
     * Lets java.nio.channels.Channels make the shim's streams of the shim's channels. A JDK that has no such place
     * treats channels that it does not know as its own.
     */
    void redirectStreams() throws Exception {
        Class<?> streams;
        byte[] patched;
        try {
            streams = Class.forName("sun.nio.ch.Streams");
            patched = bytesOf(streams.getName(), ClassLoader.getPlatformClassLoader());
            patched = ClassPatch.redirect(
                    patched, "of", "(Ljava/nio/channels/ReadableByteChannel;)Ljava/io/InputStream;", STREAMS, "of");
            patched = ClassPatch.redirect(
                    patched, "of", "(Ljava/nio/channels/WritableByteChannel;)Ljava/io/OutputStream;", STREAMS, "of");
        } catch (ClassNotFoundException | IllegalStateException e) {
            return;
        }
        if (ChannelStreams.areKnown()) {
            Class<?> hook = defineHook(STREAMS.replace('/', '.'));
            Function<ReadableByteChannel, InputStream> input = ChannelStreams::input;
            Function<WritableByteChannel, OutputStream> output = ChannelStreams::output;
            hook.getField("input").set(null, input);
            hook.getField("output").set(null, output);
            instrumentation.redefineClasses(new ClassDefinition(streams, patched));
        }
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

    /** Not a plain "new": to verify that, the JVM would load the class before it can be changed. */
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
    private Class<?> defineHook(String name) throws Exception {
        byte[] bytes = bytesOf(name, JdkPatch.class.getClassLoader());
        Class<?> unsafe = Class.forName("jdk.internal.misc.Unsafe");
        Object instance = unsafe.getMethod("getUnsafe").invoke(null);
        Class<?> hook = (Class<?>) unsafe.getMethod(
                        "defineClass",
                        String.class,
                        byte[].class,
                        int.class,
                        int.class,
                        ClassLoader.class,
                        ProtectionDomain.class)
                .invoke(instance, name, bytes, 0, bytes.length, null, null);
        instrumentation.redefineModule(base, Set.of(hook.getModule()), Map.of(), Map.of(), Set.of(), Map.of());
        return hook;
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
