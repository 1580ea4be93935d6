package io.virtuoso.guest.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.util.Set;

/** The platform's own implementation of a socket, whose methods are for its package and its subclasses only. */
final class PlatformSocket {
    private static final MethodHandle CONSTRUCTOR = findConstructor();
    private static final MethodHandle CREATE = find("create", void.class, boolean.class);
    private static final MethodHandle CONNECT = find("connect", void.class, SocketAddress.class, int.class);
    private static final MethodHandle BIND = find("bind", void.class, InetAddress.class, int.class);
    private static final MethodHandle LISTEN = find("listen", void.class, int.class);
    private static final MethodHandle ACCEPT = find("accept", void.class, SocketImpl.class);
    private static final MethodHandle INPUT = find("getInputStream", InputStream.class);
    private static final MethodHandle OUTPUT = find("getOutputStream", OutputStream.class);
    private static final MethodHandle AVAILABLE = find("available", int.class);
    private static final MethodHandle CLOSE = find("close", void.class);
    private static final MethodHandle SHUT_INPUT = find("shutdownInput", void.class);
    private static final MethodHandle SHUT_OUTPUT = find("shutdownOutput", void.class);
    private static final MethodHandle URGENT = find("sendUrgentData", void.class, int.class);
    private static final MethodHandle SET = find("setOption", void.class, SocketOption.class, Object.class);
    private static final MethodHandle GET = find("getOption", Object.class, SocketOption.class);
    private static final MethodHandle SUPPORTED = find("supportedOptions", Set.class);
    private static final MethodHandle ADDRESS = find("getInetAddress", InetAddress.class);
    private static final MethodHandle PORT = find("getPort", int.class);
    private static final MethodHandle LOCAL_PORT = find("getLocalPort", int.class);

    private final SocketImpl impl;

    private PlatformSocket(SocketImpl impl) {
        this.impl = impl;
    }

    /** One that is not created yet: to be accepted into. */
    static PlatformSocket open(boolean server) {
        try {
            return new PlatformSocket((SocketImpl) CONSTRUCTOR.invokeExact(server));
        } catch (Throwable e) {
            throw new IllegalStateException("the platform makes no socket", unchecked(e));
        }
    }

    /** One that is created. */
    static PlatformSocket create(boolean server, boolean stream) throws IOException {
        PlatformSocket made = open(server);
        made.call(impl -> {
            CREATE.invokeExact(impl, stream);
        });
        return made;
    }

    // ---- what a SocketImpl does --------------------------------------------------------------

    void connect(SocketAddress remote, int timeoutMillis) throws IOException {
        call(impl -> {
            CONNECT.invokeExact(impl, remote, timeoutMillis);
        });
    }

    void bind(InetAddress address, int port) throws IOException {
        call(impl -> {
            BIND.invokeExact(impl, address, port);
        });
    }

    void listen(int backlog) throws IOException {
        call(impl -> {
            LISTEN.invokeExact(impl, backlog);
        });
    }

    /** Accepts into one that is not created. */
    void accept(PlatformSocket accepted) throws IOException {
        call(impl -> {
            ACCEPT.invokeExact(impl, accepted.impl);
        });
    }

    InputStream input() throws IOException {
        return ask(impl -> (InputStream) INPUT.invokeExact(impl));
    }

    OutputStream output() throws IOException {
        return ask(impl -> (OutputStream) OUTPUT.invokeExact(impl));
    }

    int available() throws IOException {
        return ask(impl -> (int) AVAILABLE.invokeExact(impl));
    }

    void close() throws IOException {
        call(impl -> {
            CLOSE.invokeExact(impl);
        });
    }

    void shutdownInput() throws IOException {
        call(impl -> {
            SHUT_INPUT.invokeExact(impl);
        });
    }

    void shutdownOutput() throws IOException {
        call(impl -> {
            SHUT_OUTPUT.invokeExact(impl);
        });
    }

    void sendUrgentData(int data) throws IOException {
        call(impl -> {
            URGENT.invokeExact(impl, data);
        });
    }

    <T> void setOption(SocketOption<T> name, T value) throws IOException {
        call(impl -> {
            SET.invokeExact(impl, name, (Object) value);
        });
    }

    @SuppressWarnings("unchecked") // as SocketImpl says
    <T> T getOption(SocketOption<T> name) throws IOException {
        return (T) ask(impl -> (Object) GET.invokeExact(impl, name));
    }

    @SuppressWarnings("unchecked") // as SocketImpl says
    Set<SocketOption<?>> supportedOptions() throws IOException {
        return ask(impl -> (Set<SocketOption<?>>) SUPPORTED.invokeExact(impl));
    }

    /** The implementation, for what is public in it. */
    SocketImpl impl() {
        return impl;
    }

    InetAddress address() throws IOException {
        return ask(impl -> (InetAddress) ADDRESS.invokeExact(impl));
    }

    int port() throws IOException {
        return ask(impl -> (int) PORT.invokeExact(impl));
    }

    int localPort() throws IOException {
        return ask(impl -> (int) LOCAL_PORT.invokeExact(impl));
    }

    // ---- calling -----------------------------------------------------------------------------

    @FunctionalInterface
    private interface Call {
        void on(SocketImpl impl) throws Throwable;
    }

    @FunctionalInterface
    private interface Question<T> {
        T on(SocketImpl impl) throws Throwable;
    }

    private void call(Call call) throws IOException {
        ask(target -> {
            call.on(target);
            return null;
        });
    }

    private <T> T ask(Question<T> question) throws IOException {
        try {
            return question.on(impl);
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static RuntimeException unchecked(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
    }

    private static MethodHandle find(String name, Class<?> result, Class<?>... parameters) {
        try {
            return MethodHandles.privateLookupIn(SocketImpl.class, MethodHandles.lookup())
                    .findVirtual(SocketImpl.class, name, MethodType.methodType(result, parameters));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the platform's sockets have no " + name, e);
        }
    }

    private static MethodHandle findConstructor() {
        try {
            Class<?> type = Class.forName("sun.nio.ch.NioSocketImpl");
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findConstructor(type, MethodType.methodType(void.class, boolean.class))
                    .asType(MethodType.methodType(SocketImpl.class, boolean.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the platform's sockets are not to be found", e);
        }
    }
}
