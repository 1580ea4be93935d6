package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.RegionHeader;
import io.virtuoso.protocol.RegionSettings;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Subnet6Test {
    private static final String OWN = "fd00:1:2:3:4::a";

    @ParameterizedTest
    @CsvSource({
        "64, fd00:1:2:3::1, true",
        "64, fd00:1:2:3:ffff:ffff:ffff:ffff, true",
        "64, fd00:1:2:2::1, false",
        "68, fd00:1:2:3:fff::1, true",
        "68, fd00:1:2:3:1004::a, false",
        "96, fd00:1:2:3:4:0:ffff:1, true",
        "96, fd00:1:2:3:4:1:0:a, false",
        "64, 10.0.0.1, false",
        "64, fe80::1, false"
    })
    void shouldKnowItsStations(int bits, String address, boolean inside) throws Exception {
        assertEquals(
                inside, subnet(bits).contains(InetAddress.getByName(address).getAddress()));
    }

    @Test
    void shouldNameStationsByTheirLastEightBytes() throws Exception {
        byte[] other = InetAddress.getByName("fd00:1:2:3::b").getAddress();
        InetAddress found = subnet(64).station(Subnet6.low(other), "web");
        assertEquals("web/fd00:1:2:3:0:0:0:b", found.toString());
        assertEquals(InetAddress.getByName(OWN), subnet(64).own());
    }

    @ParameterizedTest
    @ValueSource(strings = {"fd00:1::a", "::", "10.0.0.7", "0.0.0.0"})
    void shouldMakeAddressesOfTheAbisWords(String text) throws Exception {
        InetAddress address = InetAddress.getByName(text);
        assertEquals(address, Subnet6.address(Routing.high(address), Routing.low(address)));
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.7, 127.0.0.1", "0.0.0.0, 127.0.0.1", "fd00:1::a, ::1", "::, ::1"})
    void shouldNameTheLoopbackAddressOfAFamily(String address, String loopback) throws Exception {
        assertEquals(InetAddress.getByName(loopback), Subnet6.loopbackLike(InetAddress.getByName(address)));
    }

    @Test
    void shouldServeDatagramsToo() throws Exception {
        Attachment attachment = FakeAttachment.of(16);
        assertTrue(attachment.isOwn(InetAddress.getByName(FakeAttachment.OWN6)));
        assertEquals(
                InetAddress.getByName(FakeAttachment.OWN6),
                attachment.datagramSubnet6().own());
        attachment.region().putShort(RegionHeader.ABI_MINOR_OFFSET, (short) 2);
        assertNull(attachment.datagramSubnet6());
    }

    @Test
    void shouldBeNoneWithoutAPrefix() {
        assertNull(Subnet6.of(settings(0)));
    }

    private static Subnet6 subnet(int bits) {
        return Subnet6.of(settings(bits));
    }

    private static RegionSettings settings(int bits) {
        try {
            byte[] own = InetAddress.getByName(OWN).getAddress();
            return new RegionSettings(
                    0, 1, 4096, 4096, 1500, 0, 0, 0, 0, 16, 2, bits, Subnet6.high(own), Subnet6.low(own), "web");
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
