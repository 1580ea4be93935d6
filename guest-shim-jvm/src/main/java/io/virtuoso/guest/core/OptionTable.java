package io.virtuoso.guest.core;

import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** A socket's options: kept here, and told to the host stack where it must know them. Guarded by the socket. */
final class OptionTable {
    private static final int LONGEST_LINGER = 65_535;
    private static final int MAX_KEEPALIVE_SECONDS = 32_767;
    private static final int MAX_KEEPALIVE_PROBES = 127;

    private static final Set<SocketOption<?>> STREAM = new LinkedHashSet<>();
    private static final Set<SocketOption<?>> SERVER = new LinkedHashSet<>();

    static {
        SERVER.add(StandardSocketOptions.SO_RCVBUF);
        SERVER.add(StandardSocketOptions.SO_REUSEADDR);
        SERVER.add(StandardSocketOptions.SO_REUSEPORT);
        STREAM.addAll(SERVER);
        STREAM.add(StandardSocketOptions.SO_SNDBUF);
        STREAM.add(StandardSocketOptions.SO_KEEPALIVE);
        STREAM.add(StandardSocketOptions.SO_LINGER);
        STREAM.add(StandardSocketOptions.TCP_NODELAY);
        STREAM.add(StandardSocketOptions.IP_TOS);
        for (String name : new String[] {"TCP_QUICKACK", "TCP_KEEPIDLE", "TCP_KEEPINTERVAL", "TCP_KEEPCOUNT"}) {
            addExtended(name);
        }
    }

    /** What the host stack calls the options that it must know. */
    private static final Map<String, Integer> TOLD = Map.of(
            "TCP_NODELAY", Option.NODELAY,
            "IP_TOS", Option.TOS,
            "SO_KEEPALIVE", Option.KEEPALIVE,
            "TCP_KEEPIDLE", Option.KEEPIDLE,
            "TCP_KEEPINTERVAL", Option.KEEPINTVL,
            "TCP_KEEPCOUNT", Option.KEEPCNT,
            "TCP_QUICKACK", Option.QUICKACK,
            "SO_SNDBUF", Option.SEND_BUFFER,
            "SO_RCVBUF", Option.RECEIVE_BUFFER);

    private final Map<String, Integer> values = new LinkedHashMap<>();

    /** Where options go that the host stack must know. */
    interface Teller {
        void tell(int option, long value);
    }

    static Set<SocketOption<?>> supported(boolean server) {
        return Collections.unmodifiableSet(server ? SERVER : STREAM);
    }

    /** Takes over what a listener had, as an accepted socket does. */
    void inherit(OptionTable listener) {
        values.putAll(listener.values);
        values.remove("SO_REUSEPORT");
    }

    /**
     * Sets an option.
     *
     * @param teller null while the host stack does not know the socket
     */
    <T> void set(SocketOption<T> name, T value, Teller teller) throws SocketException {
        if (!STREAM.contains(name)) {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
        if (value == null) {
            throw new IllegalArgumentException("Invalid option value");
        }
        int number = check(name.name(), value instanceof Boolean flag ? (flag ? 1 : 0) : (Integer) value);
        values.put(name.name(), number);
        if (teller != null) {
            tell(name.name(), number, teller);
        }
    }

    /** IP_TOS is that of both families, as the JDK sets it. */
    private static void tell(String name, int value, Teller teller) {
        Integer told = TOLD.get(name);
        if (told != null) {
            teller.tell(told, value);
        }
        if (name.equals("IP_TOS")) {
            teller.tell(Option.TRAFFIC_CLASS, value);
        }
    }

    private static int check(String name, int value) throws SocketException {
        return switch (name) {
            case "SO_SNDBUF", "SO_RCVBUF" -> notNegative(value);
            case "IP_TOS" -> dscp(value);
            case "SO_LINGER" -> Math.max(-1, Math.min(value, LONGEST_LINGER));
            case "TCP_KEEPIDLE", "TCP_KEEPINTERVAL" -> inRange(value, MAX_KEEPALIVE_SECONDS);
            case "TCP_KEEPCOUNT" -> inRange(value, MAX_KEEPALIVE_PROBES);
            default -> value;
        };
    }

    private static int notNegative(int bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("Invalid send/receive buffer size");
        }
        return bytes;
    }

    /** The lowest bits are congestion notification's, which is TCP's business; as on Linux they are not kept. */
    private static int dscp(int typeOfService) {
        if (typeOfService < 0 || typeOfService > 255) {
            throw new IllegalArgumentException("Invalid IP_TOS value");
        }
        return typeOfService & 0xfc;
    }

    private static int inRange(int value, int greatest) throws SocketException {
        if (value < 1 || value > greatest) {
            throw new SocketException(Errnos.text(Errno.EINVAL));
        }
        return value;
    }

    /**
     * An option's value.
     *
     * @param ringBytes what a buffer size is when it was never set
     */
    @SuppressWarnings("unchecked") // Boolean or Integer, as the option's type says
    <T> T get(SocketOption<T> name, int ringBytes) {
        if (!STREAM.contains(name)) {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
        int number = number(name.name(), ringBytes);
        return (T) (name.type() == Boolean.class ? (Object) (number != 0) : (Object) number);
    }

    private int number(String name, int ringBytes) {
        Integer value = values.get(name);
        if (value != null) {
            return value;
        }
        return switch (name) {
            case "SO_SNDBUF", "SO_RCVBUF" -> ringBytes;
            case "SO_LINGER" -> -1;
            case "TCP_KEEPIDLE" -> 7200;
            case "TCP_KEEPINTERVAL" -> 75;
            case "TCP_KEEPCOUNT" -> 9;
            case "TCP_QUICKACK" -> 1;
            default -> 0;
        };
    }

    /** Sets elsewhere what was set here. */
    void copyTo(StreamSocket.OptionTarget target) throws IOException {
        for (SocketOption<?> name : STREAM) {
            if (values.containsKey(name.name())) {
                copy(name, target);
            }
        }
    }

    private <T> void copy(SocketOption<T> name, StreamSocket.OptionTarget target) throws IOException {
        target.setOption(name, get(name, 0));
    }

    /** SO_LINGER in seconds, -1 if off. */
    int linger() {
        return number("SO_LINGER", 0);
    }

    /** CONNECT's arg3: what the SYN must carry. */
    long ofSyn() {
        return (long) number("IP_TOS", 0) << 32;
    }

    boolean isOn(SocketOption<Boolean> name) {
        return number(name.name(), 0) != 0;
    }

    /** Tells the host stack all that was set, for a socket that has just come to life. */
    void tellAll(Teller teller) {
        values.forEach((name, value) -> tell(name, value, teller));
    }

    private static void addExtended(String name) {
        try {
            Object option = Class.forName("jdk.net.ExtendedSocketOptions")
                    .getField(name)
                    .get(null);
            STREAM.add((SocketOption<?>) option);
            SERVER.add((SocketOption<?>) option);
        } catch (ReflectiveOperationException e) {
            // an image without jdk.net: nobody can name the option
        }
    }
}
