package io.virtuoso.guest.aio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.spi.AsynchronousChannelProvider;

/** The provider that would serve this JVM were it no guest. */
final class PlatformProvider {
    private static final AsynchronousChannelProvider INSTANCE = find();

    private PlatformProvider() {}

    static AsynchronousChannelProvider get() {
        return INSTANCE;
    }

    private static AsynchronousChannelProvider find() {
        try {
            Class<?> type = Class.forName("sun.nio.ch.DefaultAsynchronousChannelProvider");
            return (AsynchronousChannelProvider) MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findStatic(type, "create", MethodType.methodType(AsynchronousChannelProvider.class))
                    .invokeExact();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("the platform's asynchronous channels are not to be found", e);
        }
    }
}
