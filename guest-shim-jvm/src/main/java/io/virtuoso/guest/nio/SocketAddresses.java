package io.virtuoso.guest.nio;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Objects;

/** What channels take for an address. */
final class SocketAddresses {
    private SocketAddresses() {}

    /**
     * An address that a channel can use.
     *
     * @param family of the channel; null: any
     */
    static InetSocketAddress check(SocketAddress address, ProtocolFamily family) {
        Objects.requireNonNull(address);
        if (!(address instanceof InetSocketAddress internet)) {
            throw new UnsupportedAddressTypeException();
        }
        if (internet.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        boolean ipv4 = internet.getAddress() instanceof Inet4Address;
        if (!ipv4 && family == StandardProtocolFamily.INET) {
            throw new UnsupportedAddressTypeException();
        }
        return internet;
    }

    /** The same for binding, where null means any address and port. */
    static InetSocketAddress checkLocal(SocketAddress address, ProtocolFamily family) {
        return address == null ? new InetSocketAddress(anyAddress(), 0) : check(address, family);
    }

    private static InetAddress anyAddress() {
        try {
            return InetAddress.getByAddress(new byte[4]);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
