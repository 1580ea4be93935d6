package io.virtuoso.guest.netty;

import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.core.Target;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/** Which addresses this transport serves. The others are the platform's, and netty's NIO transport reaches them. */
final class Destinations {
    private Destinations() {}

    static InetSocketAddress resolved(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            throw new UnsupportedAddressTypeException();
        }
        if (inet.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        return inet;
    }

    /** Checks an address to bind to. */
    static InetSocketAddress forBind(SocketAddress address) throws IOException {
        InetSocketAddress inet = resolved(address);
        Target target = Routing.forBind(inet.getAddress());
        if (target != Target.VIRTUOSO) {
            throw new BindException(refusal(inet, target));
        }
        return inet;
    }

    static ConnectException noConnection(InetSocketAddress address, Target target) {
        return new ConnectException(refusal(address, target));
    }

    private static String refusal(InetSocketAddress address, Target target) {
        String why = switch (target) {
            case LOOPBACK -> "no listener of this guest on that loopback address";
            case PLATFORM_IPV6 -> "IPv6 beyond the guest's subnet";
            default -> "left to the platform by rule";
        };
        return address + " is not served by the Virtuoso transport (" + why
                + "): use netty's NIO transport, which falls back to the platform";
    }
}
