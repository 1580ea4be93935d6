package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.tcp.EcnMode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The uplink, routes and published ports. */
class UplinkReaderTest {
    private static final String UPLINK = """
            uplink: {port: {kind: packet, interface: eth1}, address: 192.0.2.10/24, gateway: 192.0.2.1}
            """;
    private static final String BLUE = """
            networks:
              - {name: blue, vni: 1, subnet: 10.1.0.0/24, %s}
            """;

    private static int address(final String text) {
        return Ipv4.parse(text).getAsInt();
    }

    private static String refusal(final String text) {
        return assertThrows(ConfigException.class, () -> ConfigReader.parse("c.yaml", text))
                .getMessage();
    }

    @Test
    void shouldReadTheUplink() throws ConfigException {
        final UplinkConfig uplink = ConfigReader.parse("c.yaml", UPLINK + BLUE.formatted("outside: none"))
                .uplink()
                .orElseThrow();
        assertEquals(address("192.0.2.10"), uplink.address());
        assertEquals(OptionalInt.of(address("192.0.2.1")), uplink.gateway());
        assertEquals("192.0.2.0/24", uplink.network().subnet().toString());
        assertEquals("eth1", uplink.network().port().orElseThrow().device());
        assertEquals(EcnMode.PASSIVE, uplink.network().ecn());
    }

    @Test
    void shouldTakeATapsKernelForTheUplinksGateway() throws ConfigException {
        final UplinkConfig uplink = ConfigReader.parse("c.yaml", """
                uplink:
                  port: {kind: tap, name: vup0, address: 192.0.2.1}
                  address: 192.0.2.10/24
                  ecn: on
                networks: [{name: blue, vni: 1, subnet: 10.1.0.0/24}]
                """).uplink().orElseThrow();
        assertEquals(OptionalInt.of(address("192.0.2.1")), uplink.gateway());
        assertEquals(EcnMode.ON, uplink.network().ecn());
    }

    @Test
    void shouldReadRoutes() throws ConfigException {
        final NetworkConfig blue =
                ConfigReader.parse("c.yaml", UPLINK + """
                networks:
                  - name: blue
                    vni: 1
                    subnet: 10.1.0.0/24
                    tap: {name: vblue0, address: 10.1.0.1}
                    routes:
                      - {to: 0.0.0.0/0, via: uplink}
                      - {to: 10.9.0.0/16, via: 10.1.0.254}
                      - {to: 10.8.7.6/32, via: 10.1.0.1}
                    outside: none
                """).networks().getFirst();
        assertEquals(
                List.of(
                        new RouteConfig(0, 0, OptionalInt.empty()),
                        new RouteConfig(address("10.9.0.0"), 16, OptionalInt.of(address("10.1.0.254"))),
                        new RouteConfig(address("10.8.7.6"), 32, OptionalInt.of(address("10.1.0.1")))),
                blue.reach().routes());
        assertEquals(ReachConfig.Outside.NONE, blue.reach().outside());
        assertTrue(blue.isRouter(address("10.1.0.254")));
    }

    @Test
    void shouldReadTheIpv6Side() throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", """
                uplink:
                  port: {kind: tap, name: t0, address: 192.0.2.1}
                  address: 192.0.2.10/24
                  address6: 2001:db8::a/64
                networks:
                  - name: blue
                    vni: 1
                    subnet: 10.1.0.0/24
                    subnet6: fd00:1::/64
                    tap: {name: vblue0, address: 10.1.0.1}
                    routes:
                      - {to: 0.0.0.0/0, via: uplink}
                      - {to: '::/0', via: uplink}
                      - {to: fd00:2::/48, via: fd00:1::fe}
                      - {to: fd00:3::1/128, via: fe80::1}
                """);
        final UplinkConfig uplink = config.uplink().orElseThrow();
        assertEquals(
                Optional.of(new Uplink6Config(six("2001:db8::a"), Optional.of(six("2001:db8::1")))), uplink.ipv6());
        assertEquals("2001:db8::/64", uplink.network().subnet6().orElseThrow().toString());
        final NetworkConfig blue = config.defaultNetwork();
        assertEquals(
                List.of(
                        new Route6Config(six("::"), 0, Optional.empty()),
                        new Route6Config(six("fd00:2::"), 48, Optional.of(six("fd00:1::fe"))),
                        new Route6Config(six("fd00:3::1"), 128, Optional.of(six("fe80::1")))),
                blue.reach().routes6());
        assertTrue(blue.isRouter6(address("10.1.0.254")));
        assertEquals(
                Optional.of(new Uplink6Config(six("2001:db8::a"), Optional.of(six("fe80::9")))),
                ConfigReader.parse(
                                "c.yaml",
                                UPLINK.replace("/24,", "/24, address6: 2001:db8::a/96, gateway6: fe80::9,")
                                        + BLUE.formatted("outside: kernel"))
                        .uplink()
                        .orElseThrow()
                        .ipv6());
    }

    private static Ipv6 six(final String text) {
        return Ipv6.parse(text).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "address6: 2001:db8::a|''|bad address '2001:db8::a'; give the host stack's own address with a prefix of 64"
                        + " to 96, such as 2001:db8::10/64",
                "address6: 2001:db8::/64|''|bad address '2001:db8::/64'; give the host stack's own address with a prefix"
                        + " of 64 to 96, such as 2001:db8::10/64",
                "gateway6: 2001:db8::1|''|the uplink has no IPv6 address; give it an address6",
                "address6: 2001:db8::a/64, gateway6: 2001:db9::1|''|bad gateway '2001:db9::1';"
                        + " give a router's address in 2001:db8::/64",
            })
    void shouldRefuseAnotherIpv6Side(final String uplink, final String unused, final String message) {
        assertEquals(
                "c.yaml:1: " + message,
                refusal(UPLINK.replace("/24,", "/24, " + uplink + ",") + BLUE.formatted("outside: kernel")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{to: '::/0', via: uplink}|the uplink has no IPv6 address; give it an address6",
                "{to: fd00:9::1/64, via: uplink}|the uplink has no IPv6 address; give it an address6",
                "{to: fd00:9::/64, via: fd00:2::1}|bad router 'fd00:2::1'; give 'uplink', or a router's address in"
                        + " fd00:1::/64",
                "{to: fd00:9::/64, via: fd00:1::1}|network 'blue' has no port, so no router; give it one, or let via be"
                        + " uplink",
            })
    void shouldRefuseOtherIpv6Routes(final String route, final String message) {
        assertEquals(
                "c.yaml:3: " + message,
                refusal(UPLINK + BLUE.formatted("subnet6: 'fd00:1::/64', routes: [" + route + "]")));
    }

    @Test
    void shouldReadPublishedPorts() throws ConfigException {
        final String routes = "routes: [{to: 0.0.0.0/0, via: uplink}]";
        final HostConfig config = ConfigReader.parse("c.yaml", UPLINK + BLUE.formatted(routes) + """
                guests:
                  - {name: web, network: blue, address: 10.1.0.10, publish: [8080:80, 5353:53/udp, "8080:8080/udp"]}
                  - name: other
                    network: blue
                    address: 10.1.0.11
                    publish:
                      - 443:8443/tcp
                """);
        assertEquals(
                List.of(
                        new PublishConfig(8080, 80, false),
                        new PublishConfig(5353, 53, true),
                        new PublishConfig(8080, 8080, true)),
                config.guests().get(0).published());
        assertEquals(
                List.of(new PublishConfig(443, 8443, false)),
                config.guests().get(1).published());
    }

    @Test
    void shouldRefuseAPortThatIsPublishedAlready() {
        assertEquals(
                "c.yaml:6: port 8080/tcp is published on line 5 already; choose another port",
                refusal(UPLINK + BLUE.formatted("outside: kernel") + """
                        guests:
                          - {name: web, network: blue, address: 10.1.0.10, publish: [8080:80]}
                          - {name: db, network: blue, address: 10.1.0.11, publish: [8081:80, 8080:5432]}
                        """));
    }

    @ParameterizedTest
    @CsvSource({"8080", "0:80", "8080:0", "65536:1", "8080:80/sctp", "a:b", "'8080:80,8081:81'"})
    void shouldRefuseOtherPublishedPorts(final String text) {
        assertEquals(
                "c.yaml:5: bad published port '" + text
                        + "'; give PORT:GUESTPORT or PORT:GUESTPORT/udp, such as 8080:80",
                refusal(UPLINK + BLUE.formatted("outside: kernel")
                        + "guests:\n  - {name: web, network: blue, address: 10.1.0.10, publish: ['" + text + "']}"));
    }

    @Test
    void shouldRefuseToPublishDatagramsThatCannotBeAnswered() {
        assertEquals(
                "c.yaml:5: datagrams to 53/udp cannot be answered; give network 'blue' a route via uplink",
                refusal(UPLINK + BLUE.formatted("outside: kernel")
                        + "guests:\n  - {name: web, network: blue, address: 10.1.0.10, publish: [53:53/udp]}"));
    }

    @Test
    void shouldRefuseToPublishWithoutAnUplink() {
        assertEquals(
                "c.yaml:4: there is no uplink; define one: uplink: {port: ..., address: ...}",
                refusal(BLUE.formatted("outside: kernel")
                        + "guests:\n  - {name: web, network: blue, address: 10.1.0.10, publish: [8080:80]}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{to: 10.9.0.0/16}|a route has no 'via'; give 'uplink', or a router's address in 10.1.0.0/24",
                "{to: 10.9.0.0/16, via: downlink}|bad address 'downlink'; give an address of 10.1.0.0/24, such as 10.1.0.1",
                "{to: 10.9.0.0/16, via: 10.2.0.1}|"
                        + "address 10.2.0.1 is no host address of 10.1.0.0/24; give an address of 10.1.0.0/24, such as 10.1.0.1",
                "{to: 10.9.0.0/16, via: 10.1.0.1}|"
                        + "network 'blue' has no port, so no router; give it one, or let via be uplink",
                "{to: 10.9.0.1/16, via: uplink}|bad destination '10.9.0.1/16'; "
                        + "give a prefix, such as 10.9.0.0/16, 0.0.0.0/0 for everything, or 2001:db8::/32",
                "{to: 'fd00::/64', via: uplink}|network 'blue' has no IPv6 addresses; give it a subnet6, or leave the"
                        + " route out",
                "{to: 10.9.0.0, via: uplink}|bad destination '10.9.0.0'; "
                        + "give a prefix, such as 10.9.0.0/16, 0.0.0.0/0 for everything, or 2001:db8::/32",
                "{to: 10.1.0.128/25, via: uplink}|destination 10.1.0.128/25 lies within the network's own subnet, where there"
                        + " are no routers between; leave the route out",
                "{to: 10.9.0.0/16, by: uplink}|unknown key 'by' in a route; known keys: to, via"
            })
    void shouldRefuseRoutesThatMakeNoSense(final String route, final String why) {
        assertEquals("c.yaml:3: " + why, refusal(UPLINK + BLUE.formatted("routes: [" + route + "]")));
    }

    @Test
    void shouldRefuseTwoRoutesToOnePrefixAndGuestsWithARoutersAddress() {
        final String taps = "tap: {name: v0, address: 10.1.0.1}, routes: [{to: 10.9.0.0/16, via: 10.1.0.9}%s]";
        assertEquals(
                "c.yaml:3: network 'blue' has a route to 10.9.0.0/16 on line 3 already; keep one of them",
                refusal(UPLINK + BLUE.formatted(taps.formatted(", {to: 10.9.0.0/16, via: uplink}"))));
        assertEquals(
                "c.yaml:5: address 10.1.0.9 is a router's of network 'blue'; choose another address",
                refusal(UPLINK + BLUE.formatted(taps.formatted(""))
                        + "guests:\n  - {name: web, network: blue, address: 10.1.0.9}"));
        assertEquals(
                "c.yaml:2: there is no uplink; define one: uplink: {port: ..., address: ...}",
                refusal(BLUE.formatted("routes: [{to: 0.0.0.0/0, via: uplink}]")));
        assertEquals("c.yaml:2: bad outside 'all'; give kernel or none", refusal(BLUE.formatted("outside: all")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{address: 192.0.2.10/24}|the uplink has no 'port'; give one, as networks have",
                "{port: {kind: packet, interface: eth1}}|"
                        + "the uplink has no 'address'; give the host stack's own address and its subnet, such as 192.0.2.10/24",
                "{port: {kind: packet, interface: eth1}, address: 192.0.2.10}|bad address '192.0.2.10'; "
                        + "give the host stack's own address and its subnet, such as 192.0.2.10/24",
                "{port: {kind: packet, interface: eth1}, address: 192.0.2.0/24}|bad address '192.0.2.0/24'; "
                        + "give the host stack's own address and its subnet, such as 192.0.2.10/24",
                "{port: {kind: packet, interface: eth1, gateway: 192.0.2.1}, address: 192.0.2.10/24}|"
                        + "the uplink's port has a 'gateway'; give it beside the port, not in it",
                "{port: {kind: tap, name: v0, address: 192.0.2.10}, address: 192.0.2.10/24}|"
                        + "address 192.0.2.10 of network '(uplink)' is used on line 1 already; choose another address",
                "{port: {kind: packet, interface: eth1}, address: 192.0.2.10/24, gateway: 192.0.2.10}|"
                        + "gateway 192.0.2.10 is the uplink's own address; give a router's",
                "{port: {kind: packet, interface: eth1}, address: 127.0.0.1/8}|bad address '127.0.0.1/8'; "
                        + "give the host stack's own address and its subnet, such as 192.0.2.10/24",
                "{address: 192.0.2.10/24, nat: on}|"
                        + "unknown key 'nat' in the uplink; known keys: port, address, gateway, address6, gateway6, ecn, pacing"
            })
    void shouldRefuseUplinksThatMakeNoSense(final String uplink, final String why) {
        assertEquals(
                "c.yaml:1: " + why,
                refusal("uplink: " + uplink + "\nnetworks: [{name: a, vni: 1, subnet: 10.1.0.0/24}]"));
    }
}
