package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.virtuoso.protocol.GuestRoute;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlaceTest {
    private static final int PREFIX = 16;

    @ParameterizedTest
    @CsvSource({
        "10.88.0.2, NETWORK",
        "10.88.77.1, NETWORK",
        "10.88.255.255, BROADCAST",
        "255.255.255.255, BROADCAST",
        "10.89.0.1, OUTSIDE",
        "8.8.8.8, OUTSIDE",
        "224.0.0.1, MULTICAST",
        "239.255.0.1, MULTICAST",
        "ff02::1, MULTICAST",
        "127.0.0.1, LOOPBACK",
        "127.1.2.3, LOOPBACK",
        "0.0.0.0, LOOPBACK",
        "::1, LOOPBACK",
        "fe80::1, IPV6"
    })
    void shouldKnowWhereAnAddressLies(String address, Place place) throws Exception {
        assertEquals(place, Place.of(InetAddress.getByName(address), attachment(PREFIX)));
    }

    @ParameterizedTest
    @CsvSource({"10.88.0.3, UNKNOWN", "127.0.0.1, LOOPBACK", "224.0.0.1, MULTICAST"})
    void shouldKnowNoNetworkWithoutAHostStack(String address, Place place) throws Exception {
        assertEquals(place, Place.of(InetAddress.getByName(address), null));
    }

    @Test
    void shouldTakeEveryAddressForTheNetworksIfThatIsAll() throws UnknownHostException {
        assertEquals(Place.NETWORK, Place.of(InetAddress.getByName("8.8.8.8"), attachment(0)));
    }

    @ParameterizedTest
    @CsvSource({
        "10.88.0.3, NETWORK",
        "10.9.1.1, NETWORK",
        "10.9.2.1, NOWHERE",
        "8.8.8.8, OUTSIDE",
        "127.0.0.1, LOOPBACK",
        "255.255.255.255, BROADCAST"
    })
    void shouldAskTheHostStacksRoutes(String address, Place place) throws Exception {
        Attachment attachment = attachment(
                PREFIX,
                GuestRoute.ipv4(0x0a09_0000, 16, GuestRoute.STACK),
                GuestRoute.ipv4(0x0a09_0200, 24, GuestRoute.NONE));
        assertEquals(place, Place.of(InetAddress.getByName(address), attachment));
    }

    @Test
    void shouldHaveAReasonToLeaveUnlessItIsRefusedOrServed() {
        assertEquals(FallbackReason.OUTSIDE, Place.OUTSIDE.reason());
        assertEquals(FallbackReason.UNATTACHED, Place.UNKNOWN.reason());
        assertThrows(IllegalArgumentException.class, Place.NETWORK::reason);
        assertThrows(IllegalArgumentException.class, Place.MULTICAST::reason);
    }

    private static Attachment attachment(int prefix, GuestRoute... routes) {
        return FakeAttachment.of(prefix, routes);
    }
}
