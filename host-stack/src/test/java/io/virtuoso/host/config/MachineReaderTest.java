package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineReaderTest {
    private static final String NETWORKS = """
            networks:
              - {name: blue, vni: 1, subnet: 10.1.0.0/24, tap: {name: t0, address: 10.1.0.1}}
              - {name: red, vni: 2, subnet: 10.1.0.0/24, port: {kind: packet, interface: eth1}}
            guests:
            """;
    private static final String WEB = "  - {name: web, network: blue, address: 10.1.0.10";

    private static HostConfig parse(final String guests) throws ConfigException {
        return ConfigReader.parse("c.yaml", NETWORKS + guests);
    }

    @Test
    void shouldReadCards() throws ConfigException {
        final List<OptionalLong> macs = parse(WEB + ", vm: net}\n"
                        + "  - {name: db, network: blue, address: 10.1.0.11, vm: net, mac: 52:54:00:12:34:Fe}\n"
                        + "  - {name: cache, network: blue, address: 10.1.0.12}\n")
                .guests()
                .stream()
                .map(GuestConfig::mac)
                .toList();
        assertEquals(
                List.of(OptionalLong.of(0x0256_0a01_000aL), OptionalLong.of(0x5254_0012_34feL), OptionalLong.empty()),
                macs);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "vm: disk | 'vm' is 'disk'; give net, for a virtual machine with a network card",
                "mac: 52:54:00:12:34:56 | a guest without 'vm' has no 'mac'; add vm: net, or leave it out",
                "vm: net, weight: 2 | a virtual machine has a TCP of its own, so no 'weight'; leave it out",
                "vm: net, mac: 52:54 | bad Ethernet address '52:54';"
                        + " give an address of one station, such as 52:54:00:12:34:56",
                "vm: net, mac: 01:00:00:00:00:01 | Ethernet address 01:00:00:00:00:01 is no station's, or the host stack's"
                        + " own; give an address of one station, such as 52:54:00:12:34:56",
                "vm: net, mac: 02:76:00:00:00:01 | Ethernet address 02:76:00:00:00:01 is no station's, or the host stack's"
                        + " own; give an address of one station, such as 52:54:00:12:34:56",
            })
    void shouldRefuseWhatMakesNoSense(final String keys, final String message) {
        final ConfigException refused = assertThrows(ConfigException.class, () -> parse(WEB + ", " + keys + "}\n"));
        assertEquals("c.yaml:5: " + message, refused.getMessage());
    }

    @Test
    void shouldRefuseClashesAndPortsOfOneStation() {
        final String twice = WEB + ", vm: net}\n"
                + "  - {name: db, network: blue, address: 10.1.0.11, vm: net, mac: 02:56:0a:01:00:0a}\n";
        assertEquals(
                "c.yaml:6: the Ethernet address 02:56:0a:01:00:0a is used on line 5 already; choose another mac",
                assertThrows(ConfigException.class, () -> parse(twice)).getMessage());
        final String red = "  - {name: db, network: red, address: 10.1.0.11, vm: net}\n";
        assertEquals(
                "c.yaml:5: network 'red' has a port that knows one station only;"
                        + " give the network a tap, a tunnel or no port",
                assertThrows(ConfigException.class, () -> parse(red)).getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ", vm: net} | } | 5: 'vm' or 'mac' of guest 'web' has changed",
                "} | , vm: net} | 5: 'vm' or 'mac' of guest 'web' has changed",
                ", vm: net} | , vm: net, mac: 52:54:00:12:34:56} | 5: 'vm' or 'mac' of guest 'web' has changed",
            })
    void shouldChangeCardsWithARestartOnly(final String before, final String after, final String message)
            throws ConfigException {
        final HostConfig running = parse(WEB + before + "\n");
        final HostConfig wanted = parse(WEB + after + "\n");
        final ConfigException refused =
                assertThrows(ConfigException.class, () -> ConfigDiff.between(running, wanted, Map.of()));
        assertEquals("c.yaml:" + message + "; it changes with a restart of the host stack only", refused.getMessage());
    }

    @Test
    void shouldKeepMachinesUntilARestart() throws ConfigException {
        final HostConfig running = parse(WEB + ", vm: net}\n  - {name: db, network: blue, address: 10.1.0.11}\n");
        final HostConfig wanted = parse("  - {name: db, network: blue, address: 10.1.0.11}\n");
        final ConfigException refused =
                assertThrows(ConfigException.class, () -> ConfigDiff.between(running, wanted, Map.of()));
        assertEquals(
                "c.yaml:4: guest 'web', a virtual machine, is missing; it changes with a restart of the host stack only",
                refused.getMessage());
    }
}
