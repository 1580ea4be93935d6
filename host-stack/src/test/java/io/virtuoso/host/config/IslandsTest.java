package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class IslandsTest {
    private static final String CORES = "cores: {max: 4}\n";

    private static List<HostConfig> split(final String text) throws ConfigException {
        return Islands.of(ConfigReader.parse("test.yaml", text));
    }

    private static List<List<String>> names(final List<HostConfig> parts) {
        return parts.stream()
                .map(part -> part.networks().stream().map(NetworkConfig::name).toList())
                .toList();
    }

    @Test
    void shouldSplitNetworksThatShareNothing() throws ConfigException {
        final List<HostConfig> parts = split(CORES + """
                networks:
                  - {name: a, vni: 1, subnet: 10.1.0.0/24, policy: {default: deny}}
                  - {name: b, vni: 2, subnet: 10.1.0.0/24}
                guests:
                  - {name: x, network: b, address: 10.1.0.2}
                """);
        assertEquals(List.of(List.of("a"), List.of("b")), names(parts));
        assertTrue(parts.getFirst().guests().isEmpty());
        assertEquals("x", parts.getLast().guests().getFirst().name());
        assertEquals(1, parts.getFirst().policies().size());
    }

    @Test
    void shouldSplitNothingForOneCore() throws ConfigException {
        final HostConfig config = ConfigReader.parse("test.yaml", """
                networks:
                  - {name: a, vni: 1, subnet: 10.1.0.0/24}
                  - {name: b, vni: 2, subnet: 10.1.0.0/24}
                """);
        assertSame(config, Islands.of(config).getFirst());
        assertEquals(1, Islands.of(config).size());
    }

    @Test
    void shouldKeepTogetherWhatSharesTheUplink() throws ConfigException {
        final List<HostConfig> parts = split(CORES + """
                uplink: {port: {kind: packet, interface: eth1}, address: 192.0.2.10/24}
                networks:
                  - {name: a, vni: 1, subnet: 10.1.0.0/24}
                  - {name: b, vni: 2, subnet: 10.1.0.0/24, routes: [{to: 0.0.0.0/0, via: uplink}]}
                  - {name: c, vni: 3, subnet: 10.1.0.0/24}
                guests:
                  - {name: x, network: c, address: 10.1.0.2, publish: [8080:80]}
                """);
        assertEquals(List.of(List.of("a"), List.of("b", "c")), names(parts));
        assertTrue(parts.getFirst().uplink().isEmpty());
        assertTrue(parts.getLast().uplink().isPresent());
    }

    private static final String UNDERLAYS = """
            underlays:
              - {name: u0, port: {kind: packet, interface: eth1}, address: 192.0.2.1/24}
              - {name: u1, port: {kind: packet, interface: eth2}, address: 192.0.3.1/24}
              - {name: u2, port: {kind: packet, interface: eth3}, address: 192.0.4.1/24}
            """;

    @Test
    void shouldMakeAnUnderlayOfSeveralIslandsAnIslandOfItsOwn() throws ConfigException {
        final List<HostConfig> parts = split(CORES + UNDERLAYS + """
                networks:
                  - {name: a, vni: 1, subnet: 10.1.0.0/24, tunnel: {kind: vxlan, underlay: u0, peers: [192.0.2.2]}}
                  - {name: b, vni: 2, subnet: 10.1.0.0/24, tunnel: {kind: vxlan, underlay: u1, peers: [192.0.3.2]}}
                  - {name: c, vni: 3, subnet: 10.1.0.0/24, tunnel: {kind: vxlan, underlay: u0, peers: [192.0.2.3]}}
                """);
        assertEquals(List.of(List.of("a"), List.of("b"), List.of("c"), List.of()), names(parts));
        assertEquals(List.of("u2"), underlays(parts.get(0))); // what nobody uses is served, too
        assertEquals(List.of("u1"), underlays(parts.get(1)));
        assertEquals(List.of(), underlays(parts.get(2)));
        assertEquals(List.of("u0"), underlays(parts.get(3)));
    }

    @Test
    void shouldKeepAnUnderlayWithTheNetworksOfOneIsland() throws ConfigException {
        final List<HostConfig> parts = split(CORES + UNDERLAYS + """
                uplink: {port: {kind: packet, interface: eth9}, address: 192.0.9.10/24}
                networks:
                  - name: a
                    vni: 1
                    subnet: 10.1.0.0/24
                    routes: [{to: 0.0.0.0/0, via: uplink}]
                    tunnel: {kind: vxlan, underlay: u0, peers: [192.0.2.2]}
                  - name: b
                    vni: 2
                    subnet: 10.1.0.0/24
                    routes: [{to: 0.0.0.0/0, via: uplink}]
                    tunnel: {kind: vxlan, underlay: u0, peers: [192.0.2.2]}
                """);
        assertEquals(List.of(List.of("a", "b")), names(parts));
        assertEquals(List.of("u0", "u1", "u2"), underlays(parts.getFirst()));
    }

    private static List<String> underlays(final HostConfig part) {
        return part.underlays().stream().map(UnderlayConfig::name).toList();
    }
}
