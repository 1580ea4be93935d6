package io.virtuoso.guest.boot;

import java.net.SocketImpl;
import java.util.function.Function;

/**
 * Called by java.net.SocketImpl, as patched, for every implementation of a socket. Defined by the boot loader, the only
 * one whose classes the JDK's can name; it therefore knows nothing of the rest of the shim.
 */
public final class SocketImplHook {
    /** Makes a socket's implementation; the argument tells whether it is for a ServerSocket. Set before the patch. */
    public static volatile Function<Boolean, SocketImpl> factory;

    private SocketImplHook() {}

    /** What java.net.SocketImpl.createPlatformSocketImpl(boolean) returns. */
    public static SocketImpl create(boolean server) {
        return factory.apply(server);
    }
}
