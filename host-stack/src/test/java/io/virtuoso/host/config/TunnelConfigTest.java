package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.virtuoso.host.tunnel.TunnelKind;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TunnelConfigTest {
    private static final String UNDERLAY = """
            underlays:
              - {name: u0, port: {kind: packet, interface: eth1}, address: 192.0.2.1/24}
            """;

    private static HostConfig parse(final String text) throws ConfigException {
        return ConfigReader.parse("c.yaml", text);
    }

    private static void assertMessage(final String text, final String message) {
        assertEquals(
                message, assertThrows(ConfigException.class, () -> parse(text)).getMessage());
    }

    private static OuterAddress address(final String text) {
        return OuterAddress.parse(text).orElseThrow();
    }

    @Test
    void shouldReadUnderlaysAndTunnels() throws ConfigException {
        final HostConfig config = parse("""
                underlays:
                  - {name: u0, port: {kind: packet, interface: eth1}, address: 192.0.2.1/24, gateway: 192.0.2.254}
                  - {name: u1, port: {kind: xdp, interface: eth2}, address: 198.51.100.1/30}
                  - {name: u2, port: {kind: tap, name: vu0, address: 203.0.113.1}, address: 203.0.113.2/24}
                networks:
                  - name: blue
                    vni: 100
                    subnet: 10.1.0.0/24
                    subnet6: fd00:1::/64
                    tunnel: {kind: vxlan, underlay: u0, peers: [192.0.2.2, 192.0.3.3], learn: true, port: 8472}
                  - name: red
                    vni: 101
                    subnet: 10.1.0.0/24
                    tunnel: {kind: gre, underlay: u1, peers: [198.51.100.2], gateway: 10.1.0.9}
                  - {name: green, vni: 102, subnet: 10.1.0.0/24, tunnel: {kind: vxlan, underlay: u2, learn: true}}
                """);
        final UnderlayConfig u0 = config.underlays().getFirst();
        assertEquals(new PacketConfig("eth1", OptionalInt.empty()), u0.port());
        assertEquals("192.0.2.1", u0.address().toString());
        assertEquals(24, u0.prefixLength());
        assertEquals("192.0.2.254", u0.gateway().orElseThrow().toString());
        assertEquals("vu0", config.underlays().get(2).port().device());
        assertEquals(
                new TunnelConfig(
                        TunnelKind.VXLAN,
                        "u0",
                        8472,
                        List.of(address("192.0.2.2"), address("192.0.3.3")),
                        true,
                        OptionalInt.empty()),
                config.networks().get(0).port().orElseThrow());
        assertEquals(
                new TunnelConfig(
                        TunnelKind.GRE, "u1", 0, List.of(address("198.51.100.2")), false, OptionalInt.of(0x0a01_0009)),
                config.networks().get(1).port().orElseThrow());
        assertEquals(4789, ((TunnelConfig) config.networks().get(2).port().orElseThrow()).udpPort());
        assertEquals("10.1.0.9", Ipv4.format(config.networks().get(1).gateway()));
    }

    @Test
    void shouldReadUnderlaysOfIpv6() throws ConfigException {
        final HostConfig config = parse("""
                underlays:
                  - {name: u0, port: {kind: packet, interface: eth1}, address: 2001:db8::1/64, gateway: fe80::1}
                  - {name: u1, port: {kind: xdp, interface: eth2}, address: fd00::5/126, gateway: 'fd00::6'}
                networks:
                  - name: blue
                    vni: 100
                    subnet: 10.1.0.0/24
                    tunnel: {kind: vxlan, underlay: u0, peers: ['2001:db8::2']}
                """);
        final UnderlayConfig u0 = config.underlays().getFirst();
        assertEquals(address("2001:db8::1"), u0.address());
        assertEquals(64, u0.prefixLength());
        assertEquals(address("fe80::1"), u0.gateway().orElseThrow());
        assertEquals(address("fd00::6"), config.underlays().get(1).gateway().orElseThrow());
        final TunnelConfig tunnel =
                (TunnelConfig) config.networks().getFirst().port().orElseThrow();
        assertEquals(List.of(address("2001:db8::2")), tunnel.peers());
        assertMessage(
                UNDERLAY.replace("192.0.2.1/24", "fd00::1/64")
                        + "networks: [{name: b, vni: 1, subnet: 10.1.0.0/24, tunnel: {kind: gre, underlay: u0,"
                        + " peers: [192.0.2.2]}}]",
                "c.yaml:3: peer 192.0.2.2 is not of the family of underlay 'u0'; give an IPv6 address");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{kind: ipip, underlay: u0} | unknown kind of tunnel 'ipip'; give one of vxlan, gre",
                "{kind: gre} | a tunnel has no 'underlay'; give one of u0",
                "{kind: gre, underlay: u9} | unknown underlay 'u9'; give one of u0",
                "{kind: gre, underlay: u0} | network 'b' has a tunnel to nobody;"
                        + " give a list of addresses, such as [192.0.2.2], or learn: true",
                "{kind: gre, underlay: u0, port: 4789, learn: true} | a tunnel of kind gre has no 'port'; leave it out",
                "{kind: vxlan, underlay: u0, learn: perhaps} | 'learn' is perhaps; give true or false",
                "{kind: vxlan, underlay: u0, port: 0, learn: true} | 'port' is 0; give a whole number from 1 to 65535",
                "{kind: vxlan, underlay: u0, peers: [192.0.2.300]} | bad address '192.0.2.300';"
                        + " give a list of addresses, such as [192.0.2.2]",
                "{kind: vxlan, underlay: u0, peers: [fd00::1]} | peer fd00::1 is not of the family of underlay 'u0';"
                        + " give an IPv4 address",
                "{kind: vxlan, underlay: u0, peers: [224.0.0.1]} | bad address '224.0.0.1';"
                        + " give a list of addresses, such as [192.0.2.2]",
                "{kind: vxlan, underlay: u0, peers: [192.0.2.1]} | peer 192.0.2.1 is the underlay's own address;"
                        + " leave it out",
                "{kind: vxlan, underlay: u0, peers: [192.0.2.255]} | peer 192.0.2.255 cannot be reached from underlay 'u0';"
                        + " give a station of its network, or the underlay a gateway for others",
                "{kind: vxlan, underlay: u0, peers: [203.0.113.5]} | peer 203.0.113.5 cannot be reached from underlay 'u0';"
                        + " give a station of its network, or the underlay a gateway for others",
                "{kind: vxlan, underlay: u0, peers: [192.0.2.7, 192.0.2.7]} | peer 192.0.2.7 is given twice;"
                        + " leave it out",
            })
    void shouldSayWhatIsWrongWithATunnel(final String tunnel, final String message) {
        assertMessage(
                UNDERLAY + "networks:\n  - {name: b, vni: 1, subnet: 10.1.0.0/24, tunnel: " + tunnel + "}\n",
                "c.yaml:4: " + message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "address: 192.0.2.1/24 | underlay 'u' has no port; give one",
                "port: {kind: packet, interface: e}, address: 192.0.2.1 | bad address '192.0.2.1';"
                        + " give an address with a prefix, such as 192.0.2.1/24",
                "port: {kind: packet, interface: e}, address: 192.0.2.0/24 | 192.0.2.0 is no host address of"
                        + " 192.0.2.0/24; give an address with a prefix, such as 192.0.2.1/24",
                "port: {kind: packet, interface: e}, address: fd00::/64 | fd00:: is no host address of its prefix of"
                        + " 64; give an address with a prefix, such as 192.0.2.1/24",
                "port: {kind: packet, interface: e}, address: fd00::1/48 | the prefix of 'fd00::1/48' is 48;"
                        + " give one from 64 to 126",
                "port: {kind: packet, interface: e}, address: fd00::1/64, gateway: fd01::1 |"
                        + " bad gateway 'fd01::1'; give the address of a router in the network of fd00::1",
                "port: {kind: packet, interface: e}, address: fd00::1/64, gateway: 192.0.2.1 |"
                        + " bad gateway '192.0.2.1'; give the address of a router in the network of fd00::1",
                "port: {kind: tap, name: t, address: 192.0.2.1}, address: fd00::1/64 |"
                        + " bad address '192.0.2.1'; give the kernel's address in the network of fd00::1",
                "port: {kind: tap, name: t, address: 'fd00::1'}, address: fd00::1/64 |"
                        + " bad address 'fd00::1'; give the kernel's address in the network of fd00::1",
                "port: {kind: tap, name: t, address: 'fe80::2'}, address: fd00::1/64 |"
                        + " bad address 'fe80::2'; give the kernel's address in the network of fd00::1",
                "port: {kind: packet, interface: e}, address: 192.0.2.1/31 | the prefix of '192.0.2.1/31' is 31;"
                        + " give one from 1 to 30",
                "port: {kind: packet, interface: e}, address: 192.0.2.1/24, gateway: 10.0.0.1 |"
                        + " bad gateway '10.0.0.1'; give the address of a router in the network of 192.0.2.1",
                "port: {kind: packet, interface: e, gateway: 192.0.2.9}, address: 192.0.2.1/24 |"
                        + " unknown key 'gateway' in a port of an underlay; known keys: kind, interface, name, address",
                "port: {kind: packet, name: e}, address: 192.0.2.1/24 |"
                        + " a port of kind packet has no 'name'; leave it out",
                "port: {kind: bridge}, address: 192.0.2.1/24 |"
                        + " unknown kind of port 'bridge'; give one of tap, packet, xdp",
            })
    void shouldSayWhatIsWrongWithAnUnderlay(final String underlay, final String message) {
        assertMessage("underlays:\n  - {name: u, " + underlay + "}\n", "c.yaml:2: " + message);
    }

    @Test
    void shouldRefuseClashes() {
        assertMessage(UNDERLAY + """
                networks:
                  - {name: b, vni: 1, subnet: 10.1.0.0/24, tap: {name: t, address: 10.1.0.1},
                     tunnel: {kind: gre, underlay: u0, learn: true}}
                """, "c.yaml:5: network 'b' has a tap already; keep one of them");
        assertMessage(UNDERLAY + """
                networks:
                  - {name: b, vni: 1, subnet: 10.1.0.0/24, port: {kind: packet, interface: eth1}}
                """, "c.yaml:4: interface 'eth1' is used on line 2 already; choose another interface");
        assertMessage(
                UNDERLAY + "  - {name: u0, port: {kind: packet, interface: eth2}, address: 192.0.2.1/24}\n",
                "c.yaml:3: underlay 'u0' is defined on line 2 already; choose another name");
        assertMessage(
                "underlays: [{name: u, port: {kind: tap, name: t, address: 192.0.2.1}, address: 192.0.2.1/24}]",
                "c.yaml:1: address 192.0.2.1 of network 'underlay u' is used on line 1 already;"
                        + " choose another address");
        assertMessage(
                "networks: [{name: b, vni: 1, subnet: 10.1.0.0/24, tunnel: {kind: gre, underlay: u}}]",
                "c.yaml:1: unknown underlay 'u'; define it under underlays");
    }
}
