package io.virtuoso.host.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.config.Ipv4;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.protocol.Errno;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicyTest {
    private static final int OUTSIDE = address("192.168.7.9");

    private final Ipv6Numbers numbers = new Ipv6Numbers(7);
    private final Guest web = guest("web", 2, Map.of("app", "shop", "tier", "front"));
    private final Guest db = guest("db", 3, Map.of("app", "shop", "tier", "back", "backup", ""));
    private final PolicyGate gate = new PolicyGate();
    private int version = Policy.FIRST_VERSION;

    private static Guest guest(final String name, final int number, final Map<String, String> labels) {
        return new Guest(
                name,
                HostConfig.embeddedDefault().defaultNetwork(),
                10 << 24 | 88 << 16 | number,
                1,
                CongestionAlgorithm.CUBIC,
                labels,
                GuestLimits.NONE,
                GuestQuotas.NONE);
    }

    private static int address(final String text) {
        return Ipv4.parse(text).getAsInt();
    }

    /** @param policy as YAML */
    private void policy(final String policy) throws ConfigException {
        final HostConfig config = ConfigReader.parse(
                "c.yaml", "networks: [{name: a, vni: 1, subnet: 10.88.0.0/16, policy: " + policy + "}]");
        gate.replace(new Policy(++version, config.policy("a")));
    }

    private int in(final Guest guest, final Guest peer, final Protocol protocol, final int port) {
        return gate.check(Direction.IN, guest, peer, peer == null ? OUTSIDE : peer.address(), numbers, protocol, port);
    }

    private int out(final Guest guest, final int peerAddress, final int port) {
        return gate.check(Direction.OUT, guest, null, peerAddress, numbers, Protocol.TCP, port);
    }

    @Test
    void shouldAllowEverythingWithoutAPolicy() throws ConfigException {
        assertTrue(gate.isOpen());
        assertEquals(Policy.ALLOW, in(web, db, Protocol.TCP, 80));
        policy("{default: allow}");
        assertTrue(gate.isOpen());
    }

    @Test
    void shouldLetTheFirstRuleThatFitsDecide() throws ConfigException {
        policy("""
                {rules: [{direction: in, port: 80, action: drop}, {direction: in, port: 80-90, action: allow},
                  {direction: in, action: refuse}]}
                """);
        assertEquals(Policy.DROP, in(web, db, Protocol.TCP, 80));
        assertEquals(Policy.ALLOW, in(web, db, Protocol.TCP, 81));
        assertEquals(Policy.ALLOW, in(web, db, Protocol.UDP, 90));
        assertEquals(Errno.ECONNREFUSED, in(web, db, Protocol.TCP, 91));
        assertEquals(Policy.ALLOW, out(web, OUTSIDE, 91));
        assertEquals(List.of(1L, 2L, 1L, 0L, 1L), gate.report().hits());
        assertEquals(1, gate.refused());
        assertEquals(1, gate.dropped());
    }

    @Test
    void shouldPreferAnEarlierBlockToALongerOne() throws ConfigException {
        policy("""
                {default: deny, rules: [{direction: out, peer: {cidr: 192.168.0.0/16}, action: allow},
                  {direction: out, peer: {cidr: 192.168.7.0/24}, action: drop}]}
                """);
        assertEquals(Policy.ALLOW, out(web, OUTSIDE, 443));
        assertEquals(Errno.ECONNREFUSED, out(web, address("192.169.0.1"), 443));
    }

    @Test
    void shouldKnowGuestsByNameAndLabels() throws ConfigException {
        policy("""
                {default: {in: deny}, rules: [
                  {direction: in, labels: {tier: back, app: shop}, peer: {labels: {tier: front}}, action: allow},
                  {direction: in, guest: web, peer: {labels: [backup]}, port: 22, action: allow}]}
                """);
        assertEquals(Policy.ALLOW, in(db, web, Protocol.TCP, 5432));
        assertEquals(Errno.ECONNREFUSED, in(db, db, Protocol.TCP, 5432));
        assertEquals(Errno.ECONNREFUSED, in(web, web, Protocol.TCP, 5432));
        assertEquals(Errno.ECONNREFUSED, in(db, null, Protocol.TCP, 5432), "no guest");
        assertEquals(Policy.ALLOW, in(web, db, Protocol.TCP, 22));
        assertEquals(Errno.ECONNREFUSED, in(web, db, Protocol.TCP, 23));
        assertEquals(Policy.ALLOW, out(web, OUTSIDE, 1), "only the way in is denied");
    }

    @Test
    void shouldTellProtocolsApart() throws ConfigException {
        policy("""
                {default: drop, rules: [{direction: in, protocol: icmp, action: allow},
                  {direction: in, protocol: udp, port: 53, action: allow},
                  {direction: in, port: 1-65535, action: refuse, errno: EACCES}]}
                """);
        assertEquals(Policy.ALLOW, in(web, null, Protocol.ICMP, 0));
        assertEquals(Policy.ALLOW, in(web, null, Protocol.UDP, 53));
        assertEquals(Errno.EACCES, in(web, null, Protocol.TCP, 53));
        policy("{default: drop, rules: [{direction: in, port: 1-65535, action: allow}]}");
        assertEquals(Policy.DROP, in(web, null, Protocol.ICMP, 0), "a rule with ports says nothing of ICMP");
    }

    @Test
    void shouldKnowBlocksOfBothFamilies() {
        final int six = numbers.take(0xfd00_0001_0000_0000L, 0x20);
        assertTrue(Cidr.parse("fd00:1::/64").orElseThrow().contains(six, numbers));
        assertTrue(Cidr.parse("fd00:1::20").orElseThrow().contains(six, numbers));
        assertTrue(Cidr.parse("::/0").orElseThrow().contains(six, numbers));
        assertFalse(Cidr.parse("fd00:1::/123").orElseThrow().contains(six, numbers));
        assertFalse(Cidr.parse("0.0.0.0/0").orElseThrow().contains(six, numbers));
        assertTrue(Cidr.parse("0.0.0.0/0").orElseThrow().contains(OUTSIDE, numbers));
        assertTrue(Cidr.parse("192.168.7.9").orElseThrow().contains(OUTSIDE, numbers));
        assertFalse(Cidr.parse("192.168.7.8/32").orElseThrow().contains(OUTSIDE, numbers));
        assertFalse(Cidr.parse("::/0").orElseThrow().contains(OUTSIDE, numbers));
        assertEquals(
                new Ipv6(0xfd00_0001_0000_0000L, 0) + "/64",
                Cidr.parse("fd00:1::/64").orElseThrow().toString());
        for (final String wrong : List.of(
                "10.1.0.1/24", "10.1.0.0/33", "fd00::1/64", "fd00::/129", "10.1.0.0/", "/8", "x", "10.1.0.0/08")) {
            assertTrue(Cidr.parse(wrong).isEmpty(), wrong);
        }
    }

    @Test
    void shouldKeepTheCountsOfRulesThatStay() throws ConfigException {
        policy("{rules: [{direction: in, port: 80, action: drop}, {direction: in, port: 81, action: refuse}]}");
        in(web, db, Protocol.TCP, 80);
        in(web, db, Protocol.TCP, 81);
        in(web, db, Protocol.TCP, 81);
        out(web, OUTSIDE, 1);
        policy("{rules: [{direction: in, port: 81, action: refuse}, {direction: in, port: 82, action: drop}]}");
        assertEquals(List.of(2L, 0L, 0L, 1L), gate.report().hits());
        assertEquals(3, gate.version());
        assertTrue(gate.allows(Direction.IN, web, db, db.address(), numbers, Protocol.TCP, 80));
        assertEquals(List.of(2L, 0L, 0L, 1L), gate.report().hits(), "counts nothing");
    }
}
