package io.virtuoso.guest.nio;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;

/** The platform's own channels and selectors, and the doors in them that our selector needs. */
final class Platform {
    private static final SelectorProvider PROVIDER = findProvider();
    private static final Class<?> SELECTABLE = find("sun.nio.ch.SelChImpl");
    private static final MethodHandle REGISTER = findRegister();
    private static final MethodHandle KILL = findKill();
    private static final MethodHandle UNINTERRUPTIBLE = findUninterruptible();

    private Platform() {}

    /** The provider that would serve this JVM were it no guest. */
    static SelectorProvider provider() {
        return PROVIDER;
    }

    /**
     * A new datagram channel of the platform's.
     *
     * @param interruptible false: as for class DatagramSocket, an interrupt does not close it
     */
    static DatagramChannel datagrams(boolean ipv4Only, boolean interruptible) throws IOException {
        if (interruptible) {
            return ipv4Only
                    ? PROVIDER.openDatagramChannel(StandardProtocolFamily.INET)
                    : PROVIDER.openDatagramChannel();
        }
        try {
            return (DatagramChannel) UNINTERRUPTIBLE.invokeExact(PROVIDER, false);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the platform's selectors take a channel. */
    static boolean isSelectable(SelectableChannel channel) {
        return SELECTABLE.isInstance(channel);
    }

    /**
     * Registers a platform channel with a platform selector without the channel's knowing: it knows our key only, and
     * whatever it asks about its registrations is answered by that one.
     */
    static SelectionKey register(
            AbstractSelector selector, AbstractSelectableChannel channel, int ops, Object attachment) {
        try {
            return (SelectionKey) REGISTER.invokeExact(selector, channel, ops, attachment);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets go of a closed channel's descriptor if no selector has it any more; the platform waits for that. */
    static void release(SelectableChannel channel) throws IOException {
        if (!SELECTABLE.isInstance(channel) || channel.isOpen() || channel.isRegistered()) {
            return;
        }
        try {
            KILL.invoke(channel);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The epoll descriptor of a platform selector: readable while something registered with it is ready. */
    static int epollDescriptor(AbstractSelector selector) throws IOException {
        try {
            Class<?> type = selector.getClass();
            return (int) MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findGetter(type, "epfd", int.class)
                    .invoke(selector);
        } catch (Throwable e) {
            throw new IOException("the platform's selector " + selector.getClass() + " has no epoll descriptor", e);
        }
    }

    private static SelectorProvider findProvider() {
        try {
            Class<?> type = find("sun.nio.ch.DefaultSelectorProvider");
            return (SelectorProvider) MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findStatic(type, "get", MethodType.methodType(findGetType(type)))
                    .invoke();
        } catch (Throwable e) {
            throw new IllegalStateException("the platform's selector provider is not to be found", e);
        }
    }

    private static Class<?> findGetType(Class<?> type) throws NoSuchMethodException {
        return type.getDeclaredMethod("get").getReturnType();
    }

    private static MethodHandle findRegister() {
        try {
            return MethodHandles.privateLookupIn(AbstractSelector.class, MethodHandles.lookup())
                    .findVirtual(
                            AbstractSelector.class,
                            "register",
                            MethodType.methodType(
                                    SelectionKey.class, AbstractSelectableChannel.class, int.class, Object.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the platform's selectors do not register", e);
        }
    }

    private static MethodHandle findKill() {
        try {
            return MethodHandles.privateLookupIn(SELECTABLE, MethodHandles.lookup())
                    .findVirtual(SELECTABLE, "kill", MethodType.methodType(void.class))
                    .asType(MethodType.methodType(void.class, SelectableChannel.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the platform's channels do not let go", e);
        }
    }

    /** Past the method that the agent lets make our channels. */
    private static MethodHandle findUninterruptible() {
        try {
            Class<?> type = find("sun.nio.ch.DatagramChannelImpl");
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findConstructor(type, MethodType.methodType(void.class, SelectorProvider.class, boolean.class))
                    .asType(MethodType.methodType(DatagramChannel.class, SelectorProvider.class, boolean.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the platform's datagram channels cannot be made", e);
        }
    }

    private static Class<?> find(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("no " + name + " in this JVM", e);
        }
    }
}
