package io.virtuoso.guest;

import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import java.util.List;

/**
 * Keeps netty from its native transports (epoll, io_uring): they make sockets past Java, which would be the machine's
 * while the rest of the program is a guest. Netty then takes its NIO transport, as where it has no native one. It is
 * often there under another package's name (gRPC brings one such), so the property by which netty is told so is only
 * known when its class is loaded.
 */
final class NativeTransports implements ClassFileTransformer {
    private static final List<String> SUFFIXES =
            List.of("/channel/epoll/Epoll", "/channel/uring/IoUring", "/incubator/channel/uring/IOUring");
    private static final String PROPERTY = ".transport.noNative";

    private NativeTransports() {}

    /** What is to hear of every class. A program that sets the property itself has its way. */
    static ClassFileTransformer make() {
        return new NativeTransports();
    }

    /** Called before a class is initialized; changes none. */
    @Override
    public byte[] transform(
            ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] bytes) {
        if (name != null) {
            SUFFIXES.stream().filter(name::endsWith).forEach(suffix -> tell(rootOf(name, suffix) + PROPERTY));
        }
        return null;
    }

    private static String rootOf(String name, String suffix) {
        return name.substring(0, name.length() - suffix.length()).replace('/', '.');
    }

    private static void tell(String property) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, "true");
        }
    }
}
