package io.virtuoso.guest.net;

import io.virtuoso.guest.core.StreamSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What {@code java.net} knows of a socket besides its {@link SocketOption}s: the timeout, the directions that are shut,
 * and options by number.
 */
final class SocketFlags {
    private final AtomicBoolean inputShut = new AtomicBoolean();
    private final AtomicBoolean outputShut = new AtomicBoolean();
    private volatile int timeoutMillis;
    private volatile boolean urgentInline;

    /** SO_TIMEOUT; 0: none. */
    int timeoutMillis() {
        return timeoutMillis;
    }

    /** @return false if it was so before */
    boolean shutInput() {
        return inputShut.compareAndSet(false, true);
    }

    /** @return false if it was so before */
    boolean shutOutput() {
        return outputShut.compareAndSet(false, true);
    }

    void set(StreamSocket socket, int option, Object value) throws SocketException {
        SocketOption<Boolean> flag = LegacyOption.flag(option);
        SocketOption<Integer> number = LegacyOption.number(option);
        if (flag != null) {
            apply(socket, flag, LegacyOption.asFlag(value));
        } else if (number != null) {
            apply(socket, number, LegacyOption.asNumber(option, value));
        } else {
            setHere(option, value);
        }
    }

    private void setHere(int option, Object value) throws SocketException {
        switch (option) {
            case SocketOptions.SO_TIMEOUT -> timeoutMillis = checkTimeout(LegacyOption.asInteger(value));
            case SocketOptions.SO_OOBINLINE -> // there is no urgent data to lie elsewhere
                urgentInline = LegacyOption.asFlag(value);
            default -> throw LegacyOption.unknown(option);
        }
    }

    private static int checkTimeout(int millis) throws SocketException {
        if (millis < 0) {
            throw new SocketException("Invalid timeout: " + millis);
        }
        return millis;
    }

    Object get(StreamSocket socket, int option) throws SocketException {
        SocketOption<Boolean> flag = LegacyOption.flag(option);
        SocketOption<Integer> number = LegacyOption.number(option);
        if (flag != null || number != null) {
            return ask(socket, flag != null ? flag : number);
        }
        return switch (option) {
            case SocketOptions.SO_TIMEOUT -> timeoutMillis;
            case SocketOptions.SO_OOBINLINE -> urgentInline;
            case SocketOptions.SO_BINDADDR -> boundAddress(socket);
            default -> throw LegacyOption.unknown(option);
        };
    }

    private static InetAddress boundAddress(StreamSocket socket) {
        InetSocketAddress local = socket.localAddress();
        return (local != null ? local : new InetSocketAddress(0)).getAddress();
    }

    /** Sets at the platform's socket what was set here. */
    void copyTo(SocketImpl platform) throws SocketException {
        platform.setOption(SocketOptions.SO_TIMEOUT, timeoutMillis);
        if (urgentInline) {
            platform.setOption(SocketOptions.SO_OOBINLINE, true);
        }
    }

    private static <T> void apply(StreamSocket socket, SocketOption<T> name, T value) throws SocketException {
        try {
            socket.setOption(name, value);
        } catch (SocketException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw new SocketException(e.getMessage());
        }
    }

    private static Object ask(StreamSocket socket, SocketOption<?> name) throws SocketException {
        try {
            return socket.getOption(name);
        } catch (SocketException e) {
            throw e;
        } catch (IOException e) {
            throw new SocketException(e.getMessage());
        }
    }
}
