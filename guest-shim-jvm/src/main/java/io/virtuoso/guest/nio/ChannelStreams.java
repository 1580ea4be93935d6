package io.virtuoso.guest.nio;

import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * The streams that java.nio.channels.Channels makes. Of the platform's socket channels the JDK makes streams that read
 * and write at the same time, and that virtual threads wait in without a monitor; of channels that it does not know it
 * makes others. Ours are to be as good as the platform's.
 */
public final class ChannelStreams {
    private static final Class<?> PLATFORM_SOCKET = find("SocketChannelImpl");
    private static final MethodHandle SOCKET_INPUT = constructor("SocketInputStream", PLATFORM_SOCKET);
    private static final MethodHandle SOCKET_OUTPUT = constructor("SocketOutputStream", PLATFORM_SOCKET);
    private static final MethodHandle CHANNEL_INPUT = constructor("ChannelInputStream", ReadableByteChannel.class);
    private static final MethodHandle CHANNEL_OUTPUT = constructor("ChannelOutputStream", WritableByteChannel.class);

    private ChannelStreams() {}

    /** Whether this JDK has the streams that it needs to leave the platform's channels as they are. */
    public static boolean areKnown() {
        return SOCKET_INPUT != null && SOCKET_OUTPUT != null && CHANNEL_INPUT != null && CHANNEL_OUTPUT != null;
    }

    /** A channel's input stream. */
    public static InputStream input(ReadableByteChannel channel) {
        if (channel instanceof GuestSocketChannel ours) {
            return new SocketStreams.In(ours, () -> 0);
        }
        return (InputStream) make(PLATFORM_SOCKET.isInstance(channel) ? SOCKET_INPUT : CHANNEL_INPUT, channel);
    }

    /** A channel's output stream. */
    public static OutputStream output(WritableByteChannel channel) {
        if (channel instanceof GuestSocketChannel ours) {
            return new SocketStreams.Out(ours);
        }
        return (OutputStream) make(PLATFORM_SOCKET.isInstance(channel) ? SOCKET_OUTPUT : CHANNEL_OUTPUT, channel);
    }

    private static Object make(MethodHandle constructor, Object channel) {
        try {
            return constructor.invokeExact(channel);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Null if there is none. */
    private static MethodHandle constructor(String name, Class<?> parameter) {
        Class<?> type = find(name);
        if (type == null || parameter == null) {
            return null;
        }
        try {
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findConstructor(type, MethodType.methodType(void.class, parameter))
                    .asType(MethodType.methodType(Object.class, Object.class));
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    private static Class<?> find(String name) {
        try {
            return Class.forName("sun.nio.ch." + name, false, null);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }
}
