package io.virtuoso.guest.core;

import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A UDP socket's options. Any thread. */
final class UdpOptions {
    /** What can be set and has its effect. A send buffer's size matters for microseconds only. */
    static final Set<SocketOption<?>> SUPPORTED = Collections.unmodifiableSet(new LinkedHashSet<>(List.of(
            StandardSocketOptions.SO_SNDBUF,
            StandardSocketOptions.SO_RCVBUF,
            StandardSocketOptions.SO_REUSEADDR,
            StandardSocketOptions.SO_REUSEPORT,
            StandardSocketOptions.SO_BROADCAST,
            StandardSocketOptions.IP_TOS)));

    /** What the host stack keeps for a socket at most if nothing was asked for, halved as Linux's own value is. */
    private static final int DEFAULT_BUFFER = 1 << 17;

    /** Linux gives no less. */
    private static final int SMALLEST_BUFFER = 1152;

    private static final int LARGEST_BUFFER = Integer.MAX_VALUE / 2;

    private final Map<String, Object> values = new ConcurrentHashMap<>();

    <T> void set(SocketOption<T> name, T value) {
        check(name);
        if (value == null) {
            throw new IllegalArgumentException("Invalid option value");
        }
        values.put(name.name(), value instanceof Integer number ? (Object) checkNumber(name, number) : value);
    }

    private static int checkNumber(SocketOption<?> name, int value) {
        return name.equals(StandardSocketOptions.IP_TOS) ? checkTypeOfService(value) : checkBuffer(value);
    }

    /** All eight bits are the sender's: UDP has no congestion notification of its own. */
    private static int checkTypeOfService(int value) {
        if (value < 0 || value > 255) {
            throw new IllegalArgumentException("Invalid IP_TOS value");
        }
        return value;
    }

    private static int checkBuffer(int bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("Invalid send/receive buffer size");
        }
        return Math.max(SMALLEST_BUFFER, Math.min(bytes, LARGEST_BUFFER));
    }

    <T> T get(SocketOption<T> name) {
        check(name);
        return name.type().cast(values.getOrDefault(name.name(), otherwise(name)));
    }

    private static Object otherwise(SocketOption<?> name) {
        if (name.type() == Boolean.class) {
            return false;
        }
        return name.equals(StandardSocketOptions.IP_TOS) ? 0 : DEFAULT_BUFFER;
    }

    private static void check(SocketOption<?> name) {
        if (!SUPPORTED.contains(name)) {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
    }

    boolean isOn(SocketOption<Boolean> name) {
        return get(name);
    }

    /** What the IP header of each datagram says; 0: nothing was asked for. */
    int typeOfService() {
        return get(StandardSocketOptions.IP_TOS);
    }

    /** Bytes, as Linux counts: datagrams with what belongs to them. 0: nothing was asked for. */
    int receiveBuffer() {
        Object bytes = values.get(StandardSocketOptions.SO_RCVBUF.name());
        return bytes == null ? 0 : 2 * (Integer) bytes;
    }
}
