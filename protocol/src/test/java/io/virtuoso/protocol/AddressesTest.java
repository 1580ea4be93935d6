package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class AddressesTest {
    @Test
    void shouldLayIpv4OutAsMappedIpv6InNetworkOrder() {
        ByteBuffer memory = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        memory.putLong(0, Addresses.IPV4_HIGH);
        memory.putLong(8, Addresses.ipv4Low(0x0a580102));

        byte[] expected = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 10, 88, 1, 2};
        assertArrayEquals(expected, memory.array());
        assertEquals(0x0a580102, Addresses.ipv4(memory.getLong(8)));
    }

    @Test
    void shouldTellKindsApart() {
        long low = Addresses.ipv4Low(0xffffffff);
        assertTrue(Addresses.isIpv4(0, low));
        assertEquals(0xffffffff, Addresses.ipv4(low));
        assertFalse(Addresses.isIpv4(1, low));
        assertFalse(Addresses.isIpv4(0, 5));
        assertTrue(Addresses.isAny(0, 0));
        assertTrue(Addresses.isAny(0, Addresses.ipv4Low(0)));
        assertFalse(Addresses.isAny(0, low));
        assertEquals("10.88.0.255", Addresses.text(0x0a5800ff));
    }
}
