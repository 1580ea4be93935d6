package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigDiffTest {
    private static final String NETWORKS = """
            networks:
              - {name: blue, vni: 1, subnet: 10.1.0.0/24, tap: {name: t0, address: 10.1.0.1}}
              - {name: red, vni: 2, subnet: 10.1.0.0/24}
            """;
    private static final String GUESTS = """
            guests:
              - {name: web, network: blue, address: 10.1.0.2}
              - {name: db, network: red, address: 10.1.0.3, weight: 2}
            """;
    private static final Map<String, Integer> ON_DEMAND =
            Map.of("made", Ipv4.parse("10.1.0.9").getAsInt());

    private static ConfigDiff diff(final String before, final String after) throws ConfigException {
        return ConfigDiff.between(ConfigReader.parse("a.yaml", before), ConfigReader.parse("b.yaml", after), ON_DEMAND);
    }

    @Test
    void shouldFindNothingBetweenTheSame() throws ConfigException {
        assertTrue(diff(NETWORKS + GUESTS, "\n\n" + NETWORKS + GUESTS).isEmpty());
    }

    @Test
    void shouldNameWhatComesGoesAndChanges() throws ConfigException {
        final ConfigDiff diff = diff(NETWORKS + GUESTS, """
                networks:
                  - {name: blue, vni: 1, subnet: 10.1.0.0/24, tap: {name: t0, address: 10.1.0.1}, congestion: reno,
                     policy: {default: deny}}
                  - {name: red, vni: 2, subnet: 10.1.0.0/24}
                guests:
                  - {name: web, network: blue, address: 10.1.0.2, labels: [front], weight: 3}
                  - {name: api, network: red, address: 10.1.0.3}
                  - {name: made, network: blue, address: 10.1.0.9, congestion: cubic}
                """);
        assertEquals(
                List.of(
                        "guest api added",
                        "guest db removed",
                        "guest web changed: weight, congestion, labels",
                        "network blue changed: congestion, policy"),
                diff.lines());
    }

    @Test
    void shouldSayWhenGuestsAreMadeOnDemandNoMore() throws ConfigException {
        assertEquals(
                List.of("on_demand changed"),
                diff(NETWORKS + GUESTS, NETWORKS + GUESTS + "on_demand: false\n")
                        .lines());
    }

    @Test
    void shouldNameLimitsOfGuestsAsTheConfigurationDoes() throws ConfigException {
        final ConfigDiff diff = diff(NETWORKS + GUESTS, NETWORKS + """
                guests:
                  - {name: web, network: blue, address: 10.1.0.2, cpu: {reserved: 5%, max: 50%}, rate: {out: 1Gbit}}
                  - {name: db, network: red, address: 10.1.0.3, weight: 2, max_connections: 9, syn_backlog: 5, pool_mib: 16}
                """);
        assertEquals(
                List.of("guest web changed: cpu, rate", "guest db changed: max_connections, syn_backlog, pool_mib"),
                diff.lines());
    }

    @Test
    void shouldNameRoutesAndPublishedPorts() throws ConfigException {
        final String before = """
                uplink: {port: {kind: packet, interface: eth1}, address: 192.0.2.10/24}
                networks:
                  - {name: blue, vni: 1, subnet: 10.1.0.0/24, routes: [{to: 0.0.0.0/0, via: uplink}]}
                  - {name: red, vni: 2, subnet: 10.1.0.0/24}
                guests:
                  - {name: web, network: blue, address: 10.1.0.2, publish: [80:80]}
                  - {name: old, network: blue, address: 10.1.0.3, publish: [81:80]}
                """;
        final ConfigDiff diff = diff(before, """
                uplink: {port: {kind: packet, interface: eth1}, address: 192.0.2.10/24}
                networks:
                  - {name: blue, vni: 1, subnet: 10.1.0.0/24, routes: [{to: 192.0.2.0/24, via: uplink}]}
                  - {name: red, vni: 2, subnet: 10.1.0.0/24, outside: none}
                guests:
                  - {name: web, network: blue, address: 10.1.0.2, publish: [81:80]}
                  - {name: new, network: blue, address: 10.1.0.4, publish: [80:80]}
                """);
        assertEquals(
                List.of(
                        "guest new added",
                        "guest old removed",
                        "guest web changed: publish",
                        "network blue changed: routes",
                        "network red changed: outside"),
                diff.lines());
        final ConfigException refused =
                assertThrows(ConfigException.class, () -> diff(before, before.replace("192.0.2.10", "192.0.2.11")));
        assertEquals(
                "b.yaml:1: 'uplink' has changed; it changes with a restart of the host stack only",
                refused.getMessage());
    }

    @Test
    void shouldRefuseToBeginToUseTheUplinkWhereAnotherCoreMayServeIt() throws ConfigException {
        final String uplink = "uplink: {port: {kind: packet, interface: eth1}, address: 192.0.2.10/24}\n";
        final String published = GUESTS.replace("weight: 2", "publish: [80:80]");
        for (final String cores : List.of("cores: {min: 1, max: 1}\n", "cores: {min: 1, max: 2}\n")) {
            final String before = uplink + cores + NETWORKS;
            if (cores.contains("max: 1")) {
                assertEquals(
                        List.of("guest db changed: weight, publish"),
                        diff(before + GUESTS, before + published).lines());
            } else {
                assertEquals(
                        "b.yaml:5: network 'red' begins to use the uplink, which another core may serve;"
                                + " it changes with a restart of the host stack only",
                        assertThrows(ConfigException.class, () -> diff(before + GUESTS, before + published))
                                .getMessage());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vni: 1, | vni: 7, | 2: 'vni' of network 'blue' has changed",
                "subnet: 10.1.0.0/24, tap | subnet: 10.1.0.0/25, tap | 2: 'subnet' of network 'blue' has changed",
                "name: t0 | name: t1 | 2: 'tap' of network 'blue' has changed",
                "vni: 2, | vni: 2, ecn: on, | 3: 'ecn' of network 'red' has changed",
                "name: red, vni: 2 | name: green, vni: 2 | 3: network 'green' is new",
            })
    void shouldRefuseWhatChangesWithARestartOnly(final String from, final String to, final String message) {
        final ConfigException refused =
                assertThrows(ConfigException.class, () -> diff(NETWORKS, NETWORKS.replace(from, to)));
        assertEquals("b.yaml:" + message + "; it changes with a restart of the host stack only", refused.getMessage());
    }

    @Test
    void shouldRefuseToLoseANetworkAndToChangeLimits() {
        final String one = NETWORKS.lines().limit(2).reduce("", (text, line) -> text + line + "\n");
        final ConfigException lost = assertThrows(ConfigException.class, () -> diff(NETWORKS, one));
        assertEquals(
                "b.yaml:1: network 'red' is missing; it changes with a restart of the host stack only",
                lost.getMessage());
        final ConfigException limits =
                assertThrows(ConfigException.class, () -> diff(NETWORKS, NETWORKS + "limits: {contexts: 8}\n"));
        assertEquals(
                "b.yaml:4: 'limits' has changed; it changes with a restart of the host stack only",
                limits.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "- {name: web, network: blue, address: 10.1.0.4} | guest 'web' has the address 10.1.0.2;"
                        + " remove the guest first, then add it",
                "- {name: web, network: red, address: 10.1.0.2} | guest 'web' is in network 'blue';"
                        + " remove the guest first, then add it",
                "- {name: made, network: blue, address: 10.1.0.8} | guest 'made' has the address 10.1.0.9;"
                        + " remove the guest first, then add it",
                "- {name: new, network: blue, address: 10.1.0.9} | address 10.1.0.9 is that of guest 'made',"
                        + " made on demand; choose another address",
            })
    void shouldRefuseToMoveGuests(final String guest, final String message) {
        final ConfigException refused = assertThrows(
                ConfigException.class, () -> diff(NETWORKS + GUESTS, NETWORKS + "guests:\n  " + guest + "\n"));
        assertEquals("b.yaml:5: " + message, refused.getMessage());
    }

    @Test
    void shouldRefuseRoutersWithTheAddressOfAGuestMadeOnDemand() {
        final String plain = "networks: [{name: n, vni: 1, subnet: 10.1.0.0/24, subnet6: 'fd00:1::/64',"
                + " tap: {name: t0, address: 10.1.0.1}%s}]";
        for (final String route :
                List.of("{to: 10.9.0.0/16, via: 10.1.0.9}", "{to: 'fd00:9::/64', via: 'fd00:1::9'}")) {
            final String wanted = plain.formatted(",\n  routes: [" + route + "]");
            assertEquals(
                    "b.yaml:2: router 10.1.0.9 has the address of guest 'made', made on demand; choose another router",
                    assertThrows(ConfigException.class, () -> diff(plain.formatted(""), wanted))
                            .getMessage());
        }
    }
}
