package io.virtuoso.host.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class TapDeviceTest {
    @Test
    void shouldMakeAndSetUpAnInterface() throws IOException {
        assumeTrue(NativeThreadTest.mayMakeInterfaces(), "needs CAP_NET_ADMIN and /dev/net/tun");
        String name;
        try (TapDevice tap = TapDevice.open("vtest%d")) {
            name = tap.name();
            assertTrue(NetworkInterfaces.exists(name));
            assertFalse(NetworkInterfaces.isUp(name));
            assertEquals(0, NetworkInterfaces.address(name));

            NetworkInterfaces.setHardwareAddress(name, 0x02_00_5e_00_00_01L);
            NetworkInterfaces.setAddress(name, 0xc0000201, 29);
            NetworkInterfaces.setMtu(name, 9000);
            NetworkInterfaces.setTransmitQueue(name, 4096);
            NetworkInterfaces.setUp(name);

            assertEquals(0x02_00_5e_00_00_01L, NetworkInterfaces.hardwareAddress(name));
            assertEquals(0xc0000201, NetworkInterfaces.address(name));
            assertEquals(0xfffffff8, NetworkInterfaces.netmask(name));
            assertEquals(9000, NetworkInterfaces.mtu(name));
            assertTrue(NetworkInterfaces.isUp(name));
            assertTrue(NetworkInterfaces.index(name) > 0);
        }
        assertFalse(NetworkInterfaces.exists(name));
    }

    @Test
    void shouldNameTheInterfaceThatIsMissing() {
        IOException failure = assertThrows(IOException.class, () -> NetworkInterfaces.setUp("vt-nowhere"));
        assertEquals("there is no interface vt-nowhere", failure.getMessage());
        assertThrows(IOException.class, () -> NetworkInterfaces.setUp("a-name-that-is-too-long"));
    }
}
