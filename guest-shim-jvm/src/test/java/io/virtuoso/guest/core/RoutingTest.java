package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoutingTest {
    @AfterEach
    void forgetRules() {
        Routing.leaveToPlatform(List.of());
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.0.7, VIRTUOSO",
        "0.0.0.0, LOOPBACK",
        "::, LOOPBACK",
        "127.0.0.1, LOOPBACK",
        "127.9.9.9, LOOPBACK",
        "::1, LOOPBACK",
        "fd00::1, PLATFORM_IPV6",
        "::ffff:10.1.0.7, VIRTUOSO",
        "192.168.3.4, PLATFORM_BY_RULE",
        "192.169.3.4, VIRTUOSO"
    })
    void shouldSendConnectionsWhereTheyBelong(String address, Target target) throws UnknownHostException {
        Routing.leaveToPlatform(List.of("192.168.0.0/16"));
        assertEquals(target, Routing.forConnect(InetAddress.getByName(address)));
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, VIRTUOSO",
        "::, VIRTUOSO",
        "127.0.0.1, LOOPBACK",
        "10.1.0.7, VIRTUOSO",
        "fd00::1, PLATFORM_IPV6"
    })
    void shouldServeWildcardsItself(String address, Target target) throws UnknownHostException {
        assertEquals(target, Routing.forBind(InetAddress.getByName(address)));
    }

    /** Java makes an IPv4 address of such a text, but not of such bytes. */
    @ParameterizedTest
    @CsvSource({"10.1.0.7, VIRTUOSO, VIRTUOSO", "127.0.0.1, LOOPBACK, LOOPBACK", "0.0.0.0, LOOPBACK, VIRTUOSO"})
    void shouldSendMappedAddressesWhereTheirOwnBelong(String ipv4, Target connect, Target bind)
            throws UnknownHostException {
        byte[] bytes = new byte[16];
        bytes[10] = bytes[11] = -1;
        System.arraycopy(InetAddress.getByName(ipv4).getAddress(), 0, bytes, 12, 4);
        InetAddress mapped = Inet6Address.getByAddress(null, bytes, -1);
        assertEquals(connect, Routing.forConnect(mapped));
        assertEquals(bind, Routing.forBind(mapped));
        assertEquals(Routing.ipv4(InetAddress.getByName(ipv4)), Routing.ipv4(mapped));
    }

    @Test
    void shouldTakeASingleAddressAsARule() throws UnknownHostException {
        Routing.leaveToPlatform(List.of("10.0.0.9"));
        assertEquals(Target.PLATFORM_BY_RULE, Routing.forConnect(InetAddress.getByName("10.0.0.9")));
        assertEquals(Target.VIRTUOSO, Routing.forConnect(InetAddress.getByName("10.0.0.8")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/8/8", "a.b.c.d/8", "10.0.0.-1"})
    void shouldNameARuleThatIsNone(String rule) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> Routing.leaveToPlatform(List.of(rule)));
        assertTrue(refused.getMessage().contains("'" + rule + "'"), refused.getMessage());
    }
}
