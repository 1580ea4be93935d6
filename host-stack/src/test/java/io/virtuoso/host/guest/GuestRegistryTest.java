package io.virtuoso.host.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.Ipv4;
import org.junit.jupiter.api.Test;

class GuestRegistryTest {
    private final GuestRegistry registry = new GuestRegistry(HostConfig.embeddedDefault());

    @Test
    void shouldNumberGuestsInTheOrderOfTheirMaking() throws GuestException {
        assertEquals("10.88.0.2", Ipv4.format(registry.findOrCreate("web").address()));
        assertEquals("10.88.0.3", Ipv4.format(registry.findOrCreate("db").address()));
        assertSame(registry.findOrCreate("web"), registry.find("web").orElseThrow());
        assertEquals(2, registry.all().size());
    }

    @Test
    void shouldRefuseNamesThatAreNoFileNames() {
        for (final String name : new String[] {"", "..", "a/b", ".hidden", "a b", "x".repeat(64)}) {
            assertThrows(GuestException.class, () -> registry.findOrCreate(name), name);
        }
    }

    @Test
    void shouldSkipConfiguredAddressesAndSayWhenTheNetworkIsFull() throws ConfigException, GuestException {
        final GuestRegistry small = new GuestRegistry(ConfigReader.parse("c.yaml", """
                networks: [{name: n, vni: 1, subnet: 10.1.0.0/29, tap: {name: t0, address: 10.1.0.1}}]
                guests: [{name: fixed, network: n, address: 10.1.0.3}]
                """));
        assertEquals("10.1.0.2", Ipv4.format(small.findOrCreate("a").address()));
        assertEquals("10.1.0.4", Ipv4.format(small.findOrCreate("b").address()));
        small.findOrCreate("c");
        small.findOrCreate("d");
        final GuestException e = assertThrows(GuestException.class, () -> small.findOrCreate("e"));
        assertEquals("network 'n' has no free address left; choose a subnet larger than 10.1.0.0/29", e.getMessage());
    }

    @Test
    void shouldMakeNoGuestThatTheConfigurationDoesNotWant() throws ConfigException, GuestException {
        final String network = "networks: [{name: n, vni: 1, subnet: 10.1.0.0/24}]\n";
        final String web = "guests: [{name: web, network: n, address: 10.1.0.9}]\n";
        final GuestRegistry guests = new GuestRegistry(ConfigReader.parse("c.yaml", network + web));
        guests.findOrCreate("made");
        guests.apply(ConfigReader.parse("c.yaml", network));
        assertEquals(
                "guest 'web' has been taken out of the configuration; name it there again, and apply that, or choose"
                        + " another name",
                assertThrows(GuestException.class, () -> guests.findOrCreate("web"))
                        .getMessage());
        guests.findOrCreate("other");
        guests.apply(ConfigReader.parse("c.yaml", network + web));
        assertEquals("10.1.0.9", Ipv4.format(guests.findOrCreate("web").address()));
        guests.apply(ConfigReader.parse("c.yaml", "on_demand: false\n" + network + web));
        assertEquals(
                "guest 'new' is not in the configuration, which has on_demand: false; name it there, and apply that",
                assertThrows(GuestException.class, () -> guests.findOrCreate("new"))
                        .getMessage());
        assertEquals("10.1.0.2", Ipv4.format(guests.findOrCreate("made").address()), "it is there");
        assertFalse(guests.restore("earlier", Ipv4.parse("10.1.0.5").orElseThrow()));
    }

    @Test
    void shouldLeaveAddressesToRoutersOfEitherFamily() throws ConfigException, GuestException {
        final String text = """
                networks:
                  - {name: n, vni: 1, subnet: 10.1.0.0/24, subnet6: 'fd00:1::/64', tap: {name: t0, address: 10.1.0.1},
                     routes: [{to: 10.9.0.0/16, via: 10.1.0.2}, {to: 'fd00:9::/64', via: 'fd00:1::3'}]}
                """;
        final GuestRegistry guests = new GuestRegistry(ConfigReader.parse("c.yaml", text));
        assertEquals("10.1.0.4", Ipv4.format(guests.findOrCreate("a").address()));
        guests.apply(ConfigReader.parse("c.yaml", text.replace("fd00:1::3", "fd00:1::5")));
        assertEquals("10.1.0.6", Ipv4.format(guests.findOrCreate("b").address()));
        assertFalse(guests.restore("c", Ipv4.parse("10.1.0.5").orElseThrow()));
        assertTrue(guests.restore("c", Ipv4.parse("10.1.0.3").orElseThrow()));
    }
}
