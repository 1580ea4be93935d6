package io.virtuoso.guest.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import org.junit.jupiter.api.Test;

class SocketAddressesTest {
    @Test
    void shouldRefuseWhatIsNoInternetAddress() {
        UnixDomainSocketAddress path = UnixDomainSocketAddress.of("/tmp/x");
        assertThrows(UnsupportedAddressTypeException.class, () -> SocketAddresses.check(path, null));
        assertThrows(UnsupportedAddressTypeException.class, () -> SocketAddresses.checkLocal(path, null));
        assertThrows(NullPointerException.class, () -> SocketAddresses.check(null, null));
    }

    @Test
    void shouldRefuseAnAddressThatWasNotFound() {
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nowhere.invalid", 1);
        assertThrows(UnresolvedAddressException.class, () -> SocketAddresses.check(unresolved, null));
    }

    @Test
    void shouldRefuseIpv6OnlyForAnIpv4Channel() throws UnknownHostException {
        byte[] ipv6 = new byte[16];
        ipv6[15] = 7;
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByAddress(ipv6), 1);
        assertSame(address, SocketAddresses.check(address, null));
        assertSame(address, SocketAddresses.check(address, StandardProtocolFamily.INET6));
        assertThrows(
                UnsupportedAddressTypeException.class,
                () -> SocketAddresses.check(address, StandardProtocolFamily.INET));
    }

    @Test
    void shouldTakeNothingForAnyAddressWhenBinding() {
        InetSocketAddress any = SocketAddresses.checkLocal(null, StandardProtocolFamily.INET);
        assertTrue(any.getAddress().isAnyLocalAddress());
        assertEquals(0, any.getPort());
    }
}
