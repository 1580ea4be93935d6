package io.virtuoso.guest.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Called by java.net.NetworkInterface, as patched: its methods, by the same names. What they ask for fails with an
 * UncheckedIOException, around what they throw then.
 */
public final class InterfaceHook {
    /** All interfaces, the guest's first. Set before the patch. */
    public static volatile Supplier<NetworkInterface[]> all;

    /** What is so of an interface: the other argument is the name of the method. Set before the patch. */
    public static volatile BiFunction<NetworkInterface, String, Object> fact;

    private InterfaceHook() {}

    private static NetworkInterface[] all() throws SocketException {
        try {
            return all.get();
        } catch (UncheckedIOException e) {
            throw failure(e);
        }
    }

    private static Object fact(NetworkInterface of, String method) throws SocketException {
        try {
            return fact.apply(of, method);
        } catch (UncheckedIOException e) {
            throw failure(e);
        }
    }

    private static SocketException failure(UncheckedIOException wrapped) {
        IOException cause = wrapped.getCause();
        return cause instanceof SocketException known ? known : new SocketException(cause.getMessage());
    }

    /** All interfaces. */
    public static Enumeration<NetworkInterface> getNetworkInterfaces() throws SocketException {
        return Collections.enumeration(Arrays.asList(all()));
    }

    /** All interfaces. */
    public static Stream<NetworkInterface> networkInterfaces() throws SocketException {
        return Arrays.stream(all());
    }

    /** The interface of a name; null: none. */
    public static NetworkInterface getByName(String name) throws SocketException {
        if (name == null) {
            throw new NullPointerException();
        }
        for (NetworkInterface one : all()) {
            if (one.getName().equals(name)) {
                return one;
            }
        }
        return null;
    }

    /** The interface of an index; null: none. */
    public static NetworkInterface getByIndex(int index) throws SocketException {
        if (index < 0) {
            throw new IllegalArgumentException("Interface index can't be negative");
        }
        for (NetworkInterface one : all()) {
            if (one.getIndex() == index) {
                return one;
            }
        }
        return null;
    }

    /** The interface that has an address; null: none. */
    public static NetworkInterface getByInetAddress(InetAddress address) throws SocketException {
        if (address == null) {
            throw new NullPointerException();
        }
        for (NetworkInterface one : all()) {
            if (one.inetAddresses().anyMatch(address::equals)) {
                return one;
            }
        }
        return null;
    }

    /** Whether packets can come and go. */
    public static boolean isUp(NetworkInterface of) throws SocketException {
        return (boolean) fact(of, "isUp");
    }

    /** Whether it is the loopback. */
    public static boolean isLoopback(NetworkInterface of) throws SocketException {
        return (boolean) fact(of, "isLoopback");
    }

    /** Whether there is one other station on it. */
    public static boolean isPointToPoint(NetworkInterface of) throws SocketException {
        return (boolean) fact(of, "isPointToPoint");
    }

    /** Whether groups can be reached. */
    public static boolean supportsMulticast(NetworkInterface of) throws SocketException {
        return (boolean) fact(of, "supportsMulticast");
    }

    /** Its Ethernet address; null: none. */
    public static byte[] getHardwareAddress(NetworkInterface of) throws SocketException {
        return (byte[]) fact(of, "getHardwareAddress");
    }

    /** Bytes of its largest packet. */
    public static int getMTU(NetworkInterface of) throws SocketException {
        return (int) fact(of, "getMTU");
    }
}
