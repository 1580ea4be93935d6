package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.StandardSocketOptions;
import org.junit.jupiter.api.Test;

class UdpOptionsTest {
    private final UdpOptions options = new UdpOptions();

    @Test
    void shouldAskForNoBufferUnlessOneWasSet() {
        assertEquals(0, options.receiveBuffer());
        assertEquals(1 << 17, options.get(StandardSocketOptions.SO_RCVBUF));
    }

    @Test
    void shouldCountBuffersAsLinuxDoes() {
        options.set(StandardSocketOptions.SO_RCVBUF, 40_000);
        assertEquals(40_000, options.get(StandardSocketOptions.SO_RCVBUF));
        assertEquals(80_000, options.receiveBuffer());
        options.set(StandardSocketOptions.SO_RCVBUF, 1);
        assertEquals(1152, options.get(StandardSocketOptions.SO_RCVBUF));
        options.set(StandardSocketOptions.SO_RCVBUF, Integer.MAX_VALUE);
        assertTrue(options.receiveBuffer() > 0);
    }

    @Test
    void shouldRefuseWhatHasNoEffect() {
        assertThrows(UnsupportedOperationException.class, () -> options.set(StandardSocketOptions.IP_MULTICAST_TTL, 2));
        assertThrows(IllegalArgumentException.class, () -> options.set(StandardSocketOptions.SO_SNDBUF, -1));
        assertThrows(IllegalArgumentException.class, () -> options.set(StandardSocketOptions.SO_SNDBUF, null));
    }

    @Test
    void shouldKeepAllBitsOfTheTypeOfService() {
        assertEquals(0, options.typeOfService());
        options.set(StandardSocketOptions.IP_TOS, 0x2b);
        assertEquals(0x2b, options.typeOfService());
        assertEquals(0x2b, options.get(StandardSocketOptions.IP_TOS));
        assertThrows(IllegalArgumentException.class, () -> options.set(StandardSocketOptions.IP_TOS, 256));
        assertThrows(IllegalArgumentException.class, () -> options.set(StandardSocketOptions.IP_TOS, -1));
        assertEquals(0x2b, options.typeOfService());
    }

    @Test
    void shouldKeepSwitches() {
        assertFalse(options.isOn(StandardSocketOptions.SO_BROADCAST));
        options.set(StandardSocketOptions.SO_BROADCAST, true);
        assertTrue(options.isOn(StandardSocketOptions.SO_BROADCAST));
    }
}
