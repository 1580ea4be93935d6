package io.virtuoso.guest.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.SocketException;
import java.net.SocketOptions;
import java.net.StandardSocketOptions;
import org.junit.jupiter.api.Test;

class LegacyOptionTest {
    @Test
    void shouldKnowEachNumberAsOneKind() {
        assertSame(StandardSocketOptions.TCP_NODELAY, LegacyOption.flag(SocketOptions.TCP_NODELAY));
        assertSame(StandardSocketOptions.SO_REUSEPORT, LegacyOption.flag(SocketOptions.SO_REUSEPORT));
        assertSame(StandardSocketOptions.SO_LINGER, LegacyOption.number(SocketOptions.SO_LINGER));
        assertNull(LegacyOption.number(SocketOptions.TCP_NODELAY));
        assertNull(LegacyOption.flag(SocketOptions.SO_LINGER));
        assertNull(LegacyOption.flag(SocketOptions.SO_TIMEOUT));
    }

    @Test
    void shouldTakeFalseForNoLinger() throws SocketException {
        assertEquals(-1, LegacyOption.asNumber(SocketOptions.SO_LINGER, false));
        assertEquals(0, LegacyOption.asNumber(SocketOptions.SO_LINGER, 0));
    }

    @Test
    void shouldRefuseValuesThatFitNoOption() throws SocketException {
        assertTrue(LegacyOption.asFlag(true));
        assertThrows(SocketException.class, () -> LegacyOption.asFlag(1));
        assertThrows(SocketException.class, () -> LegacyOption.asInteger("1"));
        assertThrows(SocketException.class, () -> LegacyOption.asNumber(SocketOptions.SO_LINGER, true));
        assertThrows(SocketException.class, () -> LegacyOption.asNumber(SocketOptions.SO_SNDBUF, 0));
        assertThrows(SocketException.class, () -> LegacyOption.asNumber(SocketOptions.SO_RCVBUF, -5));
    }
}
