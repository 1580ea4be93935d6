package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.host.tcp.EcnMode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {
    private static final String BLUE = """
            networks:
              - {name: blue, vni: 100, subnet: 10.1.0.0/24, tap: {name: vblue0, address: 10.1.0.1}}
            """;

    @Test
    void shouldReadNetworksGuestsAndLimits() throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", BLUE + """
                guests:
                  - {name: web, network: blue, address: 10.1.0.10, weight: 2}
                  - {name: db, network: blue, address: 10.1.0.11, congestion: reno}
                limits: {contexts: 8, pool_mib: 64}
                """);
        final NetworkConfig blue = config.networks().getFirst();
        assertEquals(100, blue.vni());
        assertEquals("10.1.0.0/24", blue.subnet().toString());
        assertEquals("10.1.0.1", Ipv4.format(blue.gateway()));
        assertEquals("vblue0", blue.port().orElseThrow().device());
        assertEquals(
                List.of(
                        new GuestConfig(
                                "web",
                                "blue",
                                Ipv4.parse("10.1.0.10").getAsInt(),
                                2,
                                CongestionAlgorithm.CUBIC,
                                List.of(),
                                Map.of(),
                                GuestLimits.NONE,
                                GuestQuotas.NONE,
                                OptionalLong.empty()),
                        new GuestConfig(
                                "db",
                                "blue",
                                Ipv4.parse("10.1.0.11").getAsInt(),
                                1,
                                CongestionAlgorithm.RENO,
                                List.of(),
                                Map.of(),
                                GuestLimits.NONE,
                                GuestQuotas.NONE,
                                OptionalLong.empty())),
                config.guests());
        assertEquals(8, config.limits().contexts());
        assertEquals(64, config.limits().poolMiB());
        assertEquals(256, config.limits().queueEntries());
    }

    @Test
    void shouldChooseWhetherANetworkUsesEcn() throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", """
                networks:
                  - {name: blue, vni: 1, subnet: 10.1.0.0/24}
                  - {name: red, vni: 2, subnet: 10.1.0.0/24, ecn: on}
                """);
        assertEquals(EcnMode.PASSIVE, config.networks().get(0).ecn());
        assertEquals(EcnMode.ON, config.networks().get(1).ecn());
        final ConfigException refused = assertThrows(
                ConfigException.class,
                () -> ConfigReader.parse("c.yaml", "networks: [{name: a, vni: 1, subnet: 10.1.0.0/24, ecn: maybe}]"));
        assertEquals("c.yaml:1: bad ecn 'maybe'; give off, passive, on or accurate", refused.getMessage());
    }

    @Test
    void shouldChooseTheCongestionControlOfANetwork() throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", """
                networks:
                  - {name: blue, vni: 1, subnet: 10.1.0.0/24}
                  - {name: red, vni: 2, subnet: 10.1.0.0/24, congestion: reno}
                  - {name: green, vni: 3, subnet: 10.1.0.0/24, congestion: dctcp}
                """);
        assertEquals(CongestionAlgorithm.CUBIC, config.networks().get(0).congestion());
        assertEquals(CongestionAlgorithm.RENO, config.networks().get(1).congestion());
        assertEquals(CongestionAlgorithm.DCTCP, config.networks().get(2).congestion());
        final ConfigException refused = assertThrows(
                ConfigException.class,
                () -> ConfigReader.parse(
                        "c.yaml", "networks: [{name: a, vni: 1, subnet: 10.1.0.0/24, congestion: warp}]"));
        assertEquals(
                "c.yaml:1: unknown congestion control 'warp'; give one of cubic, reno, dctcp, bbr",
                refused.getMessage());
        final ConfigException clash = assertThrows(
                ConfigException.class,
                () -> ConfigReader.parse(
                        "c.yaml", "networks: [{name: a, vni: 1, subnet: 10.1.0.0/24, congestion: dctcp, ecn: off}]"));
        assertEquals(
                "c.yaml:1: dctcp needs ecn, which is off; let the network's ecn be passive, on or accurate",
                clash.getMessage());
    }

    @Test
    void shouldPaceTheConnectionsOfANetwork() throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", """
                networks:
                  - {name: red, vni: 1, subnet: 10.1.0.0/24}
                  - {name: blue, vni: 2, subnet: 10.1.0.0/24, pacing: on}
                """);
        assertFalse(config.networks().get(0).pacing());
        assertTrue(config.networks().get(1).pacing());
        final ConfigException refused = assertThrows(
                ConfigException.class,
                () -> ConfigReader.parse("c.yaml", "networks: [{name: a, vni: 1, subnet: 10.1.0.0/24, pacing: fast}]"));
        assertEquals("c.yaml:1: bad pacing 'fast'; give on or off", refused.getMessage());
    }

    @Test
    void shouldChooseTheCongestionControlOfAGuest() throws ConfigException {
        final String red = "networks: [{name: red, vni: 2, subnet: 10.1.0.0/24, congestion: reno, ecn: off}]\n";
        final HostConfig config = ConfigReader.parse("c.yaml", red + """
                guests:
                  - {name: web, network: red, address: 10.1.0.10}
                  - {name: db, network: red, address: 10.1.0.11, congestion: cubic}
                """);
        assertEquals(CongestionAlgorithm.RENO, config.guests().get(0).congestion());
        assertEquals(CongestionAlgorithm.CUBIC, config.guests().get(1).congestion());
        final ConfigException refused =
                assertThrows(ConfigException.class, () -> ConfigReader.parse("c.yaml", red + """
                        guests:
                          - {name: web, network: red, address: 10.1.0.10, congestion: dctcp}
                        """));
        assertEquals(
                "c.yaml:3: dctcp needs ecn, which is off; let the network's ecn be passive, on or accurate",
                refused.getMessage());
    }

    @Test
    void shouldGiveStationsTheirNumbersInTheIpv6Subnet() throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", """
                networks:
                  - {name: a, vni: 1, subnet: 10.1.0.0/16, subnet6: 'fd00:1::/64'}
                  - name: b
                    vni: 2
                    subnet: 10.2.0.0/24
                    subnet6: 2001:db8:0:0:7::/96
                """);
        final NetworkConfig a = config.networks().get(0);
        assertEquals(
                "fd00:1::20a",
                a.address6(Ipv4.parse("10.1.2.10").getAsInt()).orElseThrow().toString());
        final NetworkConfig b = config.networks().get(1);
        assertEquals("2001:db8::7:0:0:1", b.address6(b.gateway()).orElseThrow().toString());
        assertEquals("2001:db8:0:0:7::/96", b.subnet6().orElseThrow().toString());
    }

    @ParameterizedTest
    @CsvSource({
        "fd00:1::",
        "fd00:1::/48",
        "fd00:1::/97",
        "fd00:1::1/64",
        "fe80::/64",
        "::/64",
        "10.1.0.0/64",
        "ff02::/64"
    })
    void shouldRefuseOtherIpv6Subnets(final String subnet6) {
        final ConfigException refused = assertThrows(
                ConfigException.class,
                () -> ConfigReader.parse(
                        "c.yaml", "networks: [{name: a, vni: 1, subnet: 10.1.0.0/24, subnet6: '" + subnet6 + "'}]"));
        assertTrue(refused.getMessage().contains("bad IPv6 subnet '" + subnet6 + "'"), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{kind: tap, name: va0, address: 10.1.0.9}",
                "{kind: packet, interface: eth1}",
                "{kind: xdp, interface: eth1}"
            })
    void shouldReadIpv6SubnetsOfAllKindsOfPorts(final String port) throws ConfigException {
        final HostConfig config = ConfigReader.parse(
                "c.yaml",
                "networks: [{name: a, vni: 1, subnet: 10.1.0.0/24, subnet6: 'fd00:1::/64', port: " + port + "}]");
        assertTrue(config.defaultNetwork().subnet6().isPresent());
    }

    @Test
    void shouldReadTheKindsOfPorts() throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", """
                networks:
                  - {name: a, vni: 1, subnet: 10.1.0.0/24, port: {kind: tap, name: va0, address: 10.1.0.9}}
                  - {name: b, vni: 2, subnet: 10.2.0.0/24, port: {kind: packet, interface: eth1, gateway: 10.2.0.7}}
                  - {name: c, vni: 3, subnet: 10.3.0.0/24, port: {kind: xdp, interface: eth2}}
                """);
        final List<NetworkConfig> networks = config.networks();
        assertEquals(
                new TapConfig("va0", OuterAddress.ofIpv4(Ipv4.parse("10.1.0.9").getAsInt())),
                networks.get(0).port().orElseThrow());
        assertEquals(
                new XdpConfig("eth2", OptionalInt.empty()),
                networks.get(2).port().orElseThrow());
        assertEquals("eth1", networks.get(1).port().orElseThrow().device());
        assertEquals(
                List.of("10.1.0.9", "10.2.0.7", "10.3.0.1"),
                networks.stream().map(one -> Ipv4.format(one.gateway())).toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{kind: pigeon, interface: x} | c.yaml:2: unknown kind of port 'pigeon'; give one of tap, packet, xdp",
                "{interface: x} | c.yaml:2: a port has no 'kind'; give one of tap, packet, xdp",
                "{kind: packet, name: x} | c.yaml:2: a port of kind packet has no 'name'; leave it out",
                "{kind: tap, name: x, address: 10.1.0.1, gateway: 10.1.0.2} | c.yaml:2: a port of kind tap has no"
                        + " 'gateway'; leave it out",
                "{kind: xdp, interface: x, address: 10.1.0.1} | c.yaml:2: a port of kind xdp has no 'address';"
                        + " leave it out",
                "{kind: packet} | c.yaml:2: a port has no 'interface';"
                        + " give an interface name of 1 to 15 of a-z A-Z 0-9 . _ -, the first a letter or digit",
                "{kind: packet, interface: x, gateway: 10.9.0.1} | c.yaml:2: address 10.9.0.1 is no host address of"
                        + " 10.1.0.0/24; give an address of 10.1.0.0/24, such as 10.1.0.1",
            })
    void shouldSayWhatIsWrongWithAPort(final String port, final String message) {
        assertMessage("networks:\n  - {name: b, vni: 1, subnet: 10.1.0.0/24, port: " + port + "}\n", message);
    }

    @Test
    void shouldRefusePortsThatClash() {
        assertMessage("""
                networks: [{name: b, vni: 1, subnet: 10.1.0.0/24, tap: {name: x, address: 10.1.0.1},
                  port: {kind: packet, interface: y}}]
                """, "c.yaml:2: network 'b' has a tap already; keep one of tap and port");
        assertMessage(
                BLUE + "  - {name: red, vni: 7, subnet: 10.9.0.0/24, port: {kind: packet, interface: vblue0}}\n",
                "c.yaml:3: interface 'vblue0' is used on line 2 already; choose another interface");
    }

    @Test
    void shouldAllowTheSameAddressesInDifferentNetworks() throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", """
                networks:
                  - {name: blue, vni: 1, subnet: 10.1.0.0/24}
                  - {name: red, vni: 2, subnet: 10.1.0.0/24}
                guests:
                  - {name: a, network: blue, address: 10.1.0.2}
                  - {name: b, network: red, address: 10.1.0.2}
                """);
        assertEquals(2, config.guests().size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "- {name: w, network: blue, address: 10.1.0.9, color: red} | c.yaml:4: unknown key 'color' in a guest;"
                        + " known keys: name, network, address, publish, weight, congestion, labels, cpu, rate,"
                        + " max_connections, syn_backlog, pool_mib, vm, mac",
                "- {name: w, network: blue, address: 10.1.0.999} | c.yaml:4: bad address '10.1.0.999';"
                        + " give an address of 10.1.0.0/24, such as 10.1.0.1",
                "- {name: w, network: blue, address: 10.2.0.9} | c.yaml:4: address 10.2.0.9 is no host address of"
                        + " 10.1.0.0/24; give an address of 10.1.0.0/24, such as 10.1.0.1",
                "- {name: w, network: blue, address: 10.1.0.255} | c.yaml:4: address 10.1.0.255 is no host address of"
                        + " 10.1.0.0/24; give an address of 10.1.0.0/24, such as 10.1.0.1",
                "- {name: w, network: blue, address: 10.1.0.1} | c.yaml:4: address 10.1.0.1 of network 'blue' is used"
                        + " on line 2 already; choose another address",
                "- {name: w, network: green, address: 10.1.0.9} | c.yaml:4: unknown network 'green'; give one of blue",
                "- {name: ../w, network: blue, address: 10.1.0.9} | c.yaml:4: bad name '../w';"
                        + " use 1 to 63 of a-z A-Z 0-9 . _ -, the first a letter or digit",
                "- {name: w, network: blue, address: 10.1.0.9, weight: 0} | c.yaml:4: 'weight' is 0;"
                        + " give a whole number from 1 to 1000",
                "- {name: w, network: blue} | c.yaml:4: a guest has no 'address';"
                        + " give an address of 10.1.0.0/24, such as 10.1.0.1",
                "- web | c.yaml:4: a guest is 'web';"
                        + " give a mapping with name, network, address, publish, weight, congestion, labels, cpu, rate,"
                        + " max_connections, syn_backlog, pool_mib, vm, mac",
                "- {name: w, name: v} | c.yaml:4: 'name' is given twice; the first is on line 4, keep one",
            })
    void shouldSayWhatIsWrongWithAGuest(final String guest, final String message) {
        assertMessage(BLUE + "guests:\n  " + guest + "\n", message);
    }

    @Test
    void shouldNameTheLineOfTheFirstUse() {
        assertMessage(
                BLUE + """
                guests:
                  - {name: a, network: blue, address: 10.1.0.2}

                  - name: b
                    network: blue
                    address: 10.1.0.2
                """,
                "c.yaml:8: address 10.1.0.2 of network 'blue' is used on line 4 already; choose another address");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{name: b, vni: 1, subnet: 10.1.0.7/24} | c.yaml:2: bad subnet '10.1.0.7/24';"
                        + " give a network address with a prefix of 1 to 30, such as 10.1.0.0/24",
                "{name: b, vni: 16777216, subnet: 10.1.0.0/24} | c.yaml:2: 'vni' is 16777216;"
                        + " give a whole number from 0 to 16777215",
                "{name: b, vni: 1, subnet: 10.1.0.0/24, tap: {name: a/b, address: 10.1.0.1}} | c.yaml:2: bad interface"
                        + " name 'a/b'; use 1 to 15 of a-z A-Z 0-9 . _ -, the first a letter or digit",
                "{name: b, vni: 1, subnet: 10.1.0.0/24, tap: x} | c.yaml:2: a tap is 'x';"
                        + " give a mapping with name, address",
            })
    void shouldSayWhatIsWrongWithANetwork(final String network, final String message) {
        assertMessage("networks:\n  - " + network + "\n", message);
    }

    @Test
    void shouldRefuseNetworksThatClash() {
        assertMessage(
                BLUE + "  - {name: blue, vni: 7, subnet: 10.9.0.0/24}\n",
                "c.yaml:3: network 'blue' is defined on line 2 already; choose another name");
        assertMessage(
                BLUE + "  - {name: red, vni: 100, subnet: 10.9.0.0/24}\n",
                "c.yaml:3: VNI 100 is used on line 2 already; choose another VNI");
    }

    @Test
    void shouldRefuseLimitsThatNoRegionCanMeet() {
        final String message = message(BLUE + "limits: {pool_mib: 1536, contexts: 1024, queue_entries: 4096}\n");
        assertTrue(message.startsWith("c.yaml:3: limits cannot be met: region bytes"), message);
        assertMessage(
                BLUE + "limits: {queue_entries: 100}\n",
                "c.yaml:3: 'queue_entries' is 100; give a power of two, such as 64");
    }

    @Test
    void shouldReportSyntaxErrorsWithTheirLine() {
        final String message = message("networks:\n  - {name: blue\nguests: [\n");
        assertTrue(message.matches("c\\.yaml:[1-9]: not YAML: .*; mend the syntax"), message);
        assertEquals(1, message.lines().count());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "networks:\\n\\t- name: x\\n | c.yaml:2: not YAML: found character '\\t(TAB)' that cannot start any token."
                        + " (Do not use \\t(TAB) for indentation), while scanning for the next token; mend the syntax",
                "a: [1, 2\\nb: 3\\n | c.yaml:2: not YAML: expected ',' or ']', but got :, while parsing a flow sequence from"
                        + " line 1; mend the syntax",
                "a: b: c\\n | c.yaml:1: not YAML: mapping values are not allowed here; mend the syntax"
            })
    void shouldSayWhereAndWhyATextIsNoYaml(final String text, final String message) {
        assertMessage(text.translateEscapes(), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0/8", "127.0.0.0/8", "127.1.0.0/16", "64.0.0.0/2", "224.0.0.0/8", "240.0.0.0/24"})
    void shouldRefuseSubnetsWhoseAddressesAreNoStations(final String subnet) {
        assertMessage(
                "networks:\n  - {name: b, vni: 1, subnet: " + subnet + "}\n",
                "c.yaml:2: no station may have the addresses of " + subnet
                        + "; give another subnet, such as 10.1.0.0/24");
    }

    @Test
    void shouldWantANetworkAtLeast() {
        assertMessage(
                "",
                "c.yaml:1: no network is given;"
                        + " give one, such as networks: [{name: default, vni: 1, subnet: 10.88.0.0/16}]");
    }

    @Test
    void shouldNameAFileThatCannotBeRead() {
        final ConfigException e =
                assertThrows(ConfigException.class, () -> ConfigReader.read(Path.of("/nonexistent/c.yaml")));
        assertTrue(e.getMessage().startsWith("/nonexistent/c.yaml:1: cannot be read: "), e.getMessage());
    }

    private static void assertMessage(final String text, final String expected) {
        assertEquals(expected, message(text));
    }

    private static String message(final String text) {
        return assertThrows(ConfigException.class, () -> ConfigReader.parse("c.yaml", text))
                .getMessage();
    }
}
