package io.virtuoso.guest.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Called by java.net.InetAddress, as patched, for what it tells of this machine and of the way to others. */
public final class AddressHook {
    /** This machine's name and address. Fails with an UncheckedIOException. Set before the patch. */
    public static volatile Supplier<InetAddress> localHost;

    /**
     * Whether there is an answer from an address, the first of the objects; the others are the arguments of
     * {@link #isReachable}. Fails with an UncheckedIOException. Set before the patch.
     */
    public static volatile Predicate<Object[]> reach;

    private AddressHook() {}

    /** What InetAddress.getLocalHost() returns. */
    public static InetAddress getLocalHost() throws UnknownHostException {
        try {
            return localHost.get();
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof UnknownHostException known) {
                throw known;
            }
            throw e;
        }
    }

    /** What isReachable(NetworkInterface, int, int) of an address returns. */
    public static boolean isReachable(InetAddress address, NetworkInterface by, int hops, int timeoutMillis)
            throws IOException {
        if (hops < 0) {
            throw new IllegalArgumentException("ttl can't be negative");
        }
        if (timeoutMillis < 0) {
            throw new IllegalArgumentException("timeout can't be negative");
        }
        try {
            return reach.test(new Object[] {address, by, hops, timeoutMillis});
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
