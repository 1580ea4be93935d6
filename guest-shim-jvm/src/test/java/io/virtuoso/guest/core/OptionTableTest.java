package io.virtuoso.guest.core;

import static java.net.StandardSocketOptions.IP_MULTICAST_TTL;
import static java.net.StandardSocketOptions.IP_TOS;
import static java.net.StandardSocketOptions.SO_KEEPALIVE;
import static java.net.StandardSocketOptions.SO_LINGER;
import static java.net.StandardSocketOptions.SO_REUSEPORT;
import static java.net.StandardSocketOptions.SO_SNDBUF;
import static java.net.StandardSocketOptions.TCP_NODELAY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.Option;
import java.net.SocketException;
import java.net.SocketOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OptionTableTest {
    private final OptionTable options = new OptionTable();
    private final List<String> told = new ArrayList<>();

    @Test
    void shouldBeginWithLinuxDefaults() {
        assertFalse(options.get(TCP_NODELAY, 0));
        assertEquals(-1, options.get(SO_LINGER, 0));
        assertEquals(4711, options.get(SO_SNDBUF, 4711));
        assertEquals(7200, options.get(extended("TCP_KEEPIDLE"), 0));
    }

    @Test
    void shouldTellTheHostStackWhatItMustKnow() throws SocketException {
        options.set(TCP_NODELAY, true, this::tell);
        options.set(SO_LINGER, 3, this::tell);
        assertEquals(List.of(Option.NODELAY + "=1"), told);
        assertTrue(options.get(TCP_NODELAY, 0));
    }

    @Test
    void shouldTellLaterWhatWasSetBeforeTheHostStackKnewTheSocket() throws SocketException {
        options.set(SO_KEEPALIVE, true, null);
        assertEquals(List.of(), told);
        options.tellAll(this::tell);
        assertEquals(List.of(Option.KEEPALIVE + "=1"), told);
    }

    @Test
    void shouldKeepLingerWithinBounds() throws SocketException {
        options.set(SO_LINGER, 70_000, null);
        assertEquals(65_535, options.linger());
        options.set(SO_LINGER, -7, null);
        assertEquals(-1, options.linger());
    }

    @Test
    void shouldRefuseWhatItDoesNotKnow() {
        assertFalse(OptionTable.supported(false).contains(IP_MULTICAST_TTL));
        UnsupportedOperationException refused =
                assertThrows(UnsupportedOperationException.class, () -> options.set(IP_MULTICAST_TTL, 8, null));
        assertEquals("'IP_MULTICAST_TTL' not supported", refused.getMessage());
    }

    @Test
    void shouldKeepCongestionNotificationOutOfTheTypeOfService() throws SocketException {
        options.set(IP_TOS, 0x13, this::tell);
        assertEquals(List.of(Option.TOS + "=16", Option.TRAFFIC_CLASS + "=16"), told);
        assertEquals(0x10, options.get(IP_TOS, 0));
        assertEquals(0x10L << 32, options.ofSyn());
        assertThrows(IllegalArgumentException.class, () -> options.set(IP_TOS, 256, null));
        assertThrows(IllegalArgumentException.class, () -> options.set(IP_TOS, -1, null));
    }

    @Test
    void shouldRefuseValuesOutOfRange() {
        assertThrows(IllegalArgumentException.class, () -> options.set(SO_SNDBUF, -1, null));
        assertThrows(IllegalArgumentException.class, () -> options.set(SO_SNDBUF, null, null));
        assertThrows(SocketException.class, () -> options.set(extended("TCP_KEEPCOUNT"), 128, null));
        assertThrows(SocketException.class, () -> options.set(extended("TCP_KEEPIDLE"), 0, null));
    }

    @Test
    void shouldInheritAllFromTheListenerButItsShareOfThePort() throws SocketException {
        options.set(TCP_NODELAY, true, null);
        options.set(SO_REUSEPORT, true, null);
        OptionTable accepted = new OptionTable();
        accepted.inherit(options);
        assertTrue(accepted.get(TCP_NODELAY, 0));
        assertFalse(accepted.get(SO_REUSEPORT, 0));
    }

    private void tell(int option, long value) {
        told.add(option + "=" + value);
    }

    @SuppressWarnings("unchecked") // these options are numbers
    private static SocketOption<Integer> extended(String name) {
        return (SocketOption<Integer>) OptionTable.supported(false).stream()
                .filter(option -> option.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
