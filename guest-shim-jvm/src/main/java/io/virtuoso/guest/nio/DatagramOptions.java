package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.UdpSocket;
import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.DatagramChannel;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Options of datagram channels that are not decided on. Some only the platform has: to set one makes a channel the
 * platform's.
 */
final class DatagramOptions {
    private static final Set<SocketOption<?>> PLATFORM_ONLY = new LinkedHashSet<>();
    private static final Set<SocketOption<?>> UNDECIDED = new LinkedHashSet<>(UdpSocket.supportedOptions());

    static {
        try {
            Object option = Class.forName("jdk.net.ExtendedSocketOptions")
                    .getField("IP_DONTFRAGMENT")
                    .get(null);
            PLATFORM_ONLY.add((SocketOption<?>) option);
        } catch (ReflectiveOperationException e) {
            // JDK 17 has none
        }
        PLATFORM_ONLY.retainAll(platformOptions());
        UNDECIDED.addAll(PLATFORM_ONLY);
    }

    private DatagramOptions() {}

    private static Set<SocketOption<?>> platformOptions() {
        try (DatagramChannel channel = Platform.datagrams(true, true)) {
            return channel.supportedOptions();
        } catch (IOException e) {
            return Set.of();
        }
    }

    static Set<SocketOption<?>> undecided() {
        return Collections.unmodifiableSet(UNDECIDED);
    }

    static boolean isPlatformOnly(SocketOption<?> name) {
        return PLATFORM_ONLY.contains(name);
    }

    /** What such an option is unless it was set. */
    static <T> T platformDefault(SocketOption<T> name) {
        return name.type().cast(name.type() == Boolean.class ? (Object) false : (Object) 0);
    }
}
