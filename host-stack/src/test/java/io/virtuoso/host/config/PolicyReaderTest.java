package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.virtuoso.host.policy.Direction;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.PolicyRule;
import io.virtuoso.host.policy.PolicyRules;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.protocol.Errno;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyReaderTest {
    private static HostConfig parse(final String policy) throws ConfigException {
        return ConfigReader.parse(
                "c.yaml", "networks:\n  - {name: a, vni: 1, subnet: 10.1.0.0/24, policy: " + policy + "}\n");
    }

    @Test
    void shouldReadDefaultsAndRules() throws ConfigException {
        final PolicyRules rules = parse("""
                {default: {in: deny, out: drop}, rules: [
                    {direction: in, labels: {tier: back}, peer: {guest: web, labels: [front], cidr: 'fd00::/8'},
                     protocol: tcp, port: 8000-8099, action: refuse, errno: EHOSTUNREACH}]}
                """).policy("a");
        assertEquals(Errno.ECONNREFUSED, rules.in());
        assertEquals(Policy.DROP, rules.out());
        final PolicyRule rule = rules.rules().getFirst();
        assertEquals(Direction.IN, rule.direction());
        assertEquals("tier=back", rule.guests().toString());
        assertEquals("web,front", rule.peers().toString());
        assertEquals("fd00::/8", rule.block().orElseThrow().toString());
        assertEquals(Optional.of(Protocol.TCP), rule.protocol());
        assertEquals("8000-8099", rule.ports().toString());
        assertEquals(Errno.EHOSTUNREACH, rule.verdict());
    }

    @Test
    void shouldHaveNoPolicyUnlessOneIsGiven() throws ConfigException {
        assertEquals(
                PolicyRules.NONE,
                ConfigReader.parse("c.yaml", "networks: [{name: a, vni: 1, subnet: 10.1.0.0/24}]")
                        .policy("a"));
        assertEquals(PolicyRules.NONE, parse("{}").policy("a"));
        assertEquals(PolicyRules.NONE, HostConfig.embeddedDefault().policy("default"));
    }

    @ParameterizedTest
    @CsvSource({
        "a, 'guest: theirs', 3, theirs",
        "b, 'guest: ours', 6, ours",
        "b, 'guest: nobody', 6, nobody",
        "b, 'peer: {guest: nobody}', 6, nobody"
    })
    void shouldRefuseRulesThatNameGuestsOfOtherNetworks(
            final String network, final String who, final int line, final String guest) {
        final String rule = "policy: {rules: [{direction: in, " + who + ", action: drop}]}";
        final ConfigException refused = assertThrows(
                ConfigException.class,
                () -> ConfigReader.parse("c.yaml", """
                networks:
                  - {name: a, vni: 1, subnet: 10.1.0.0/24,
                     %s}
                  - {name: b, vni: 2,
                     subnet: 10.1.0.0/24,
                     %s}
                guests:
                  - {name: ours, network: a, address: 10.1.0.2}
                  - {name: theirs, network: b, address: 10.1.0.2}
                """.formatted(
                                "a".equals(network) ? rule : "policy: {}", "b".equals(network) ? rule : "policy: {}")));
        assertEquals(
                "c.yaml:" + line + ": network '" + network + "' has no guest '" + guest
                        + "'; name one of its own guests",
                refused.getMessage());
    }

    @Test
    void shouldRefuseRulesThatNameNobodyWhereNoGuestsAreMadeLater() {
        final ConfigException refused = assertThrows(ConfigException.class, () -> ConfigReader.parse("c.yaml", """
                on_demand: false
                networks:
                  - {name: a, vni: 1, subnet: 10.1.0.0/24,
                     policy: {rules: [{direction: in, guest: later, action: drop}]}}
                """));
        assertEquals("c.yaml:4: network 'a' has no guest 'later'; name one of its own guests", refused.getMessage());
    }

    @Test
    void shouldTakeRulesAboutGuestsThatMayBeMadeLater() throws ConfigException {
        assertEquals(
                1,
                parse("{rules: [{direction: in, guest: later, action: drop}]}")
                        .policy("a")
                        .rules()
                        .size());
    }

    @Test
    void shouldReadLabelsOfGuests() throws ConfigException {
        final HostConfig config = ConfigReader.parse("c.yaml", """
                networks: [{name: a, vni: 1, subnet: 10.1.0.0/24}]
                guests:
                  - {name: x, network: a, address: 10.1.0.2, labels: {app: web, tier: front}}
                  - {name: y, network: a, address: 10.1.0.3, labels: [web, front]}
                  - {name: z, network: a, address: 10.1.0.4}
                """);
        assertEquals(
                Map.of("app", "web", "tier", "front"), config.guests().get(0).labels());
        assertEquals(Map.of("web", "", "front", ""), config.guests().get(1).labels());
        assertEquals(Map.of(), config.guests().get(2).labels());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "deny | a policy is 'deny'; give a mapping with default, rules",
                "{default: maybe} | bad default 'maybe'; give allow, deny or drop, or one of them for each of in and out",
                "{rules: [{action: allow}]} | a rule has no 'direction'; give in (to guests) or out (from guests)",
                "{rules: [{direction: in}]} | a rule has no 'action'; give allow, refuse or drop",
                "{rules: [{direction: up, action: allow}]} | bad direction 'up'; give in (to guests) or out (from guests)",
                "{rules: [{direction: in, action: kill}]} | unknown action 'kill'; give allow, refuse or drop",
                "{rules: [{direction: in, action: drop, errno: EACCES}]} | only refuse has an errno; leave it out",
                "{rules: [{direction: in, action: refuse, errno: EPERM}]} | bad errno 'EPERM';"
                        + " give ECONNREFUSED, ENETUNREACH, EHOSTUNREACH or EACCES; a drop gives ETIMEDOUT",
                "{rules: [{direction: in, action: drop, port: 0}]} | bad port '0';"
                        + " give a port from 1 to 65535, or a range such as 8000-8099",
                "{rules: [{direction: in, action: drop, port: 9-8}]} | bad port '9-8';"
                        + " give a port from 1 to 65535, or a range such as 8000-8099",
                "{rules: [{direction: in, action: drop, port: 1-65536}]} | bad port '1-65536';"
                        + " give a port from 1 to 65535, or a range such as 8000-8099",
                "{rules: [{direction: in, action: drop, protocol: sctp}]} | unknown protocol 'sctp'; give tcp, udp or icmp",
                "{rules: [{direction: out, action: drop, protocol: icmp}]} | guests send no ICMP; leave the rule out",
                "{rules: [{direction: in, action: drop, protocol: icmp, port: 8}]} | ICMP has no ports; leave the port out",
                "{rules: [{direction: in, action: drop, peer: {cidr: 10.1.0.9/24}}]} | bad block '10.1.0.9/24';"
                        + " give a block of addresses, such as 10.1.0.0/24, fd00:1::/64 or 10.1.0.7",
                "{rules: [{direction: in, action: drop, peer: {address: x}}]} | unknown key 'address' in a peer;"
                        + " known keys: guest, labels, cidr",
                "{rules: [{direction: in, action: drop, labels: {a: ''}}]} | bad label 'a'; give labels such as"
                        + " {app: web, tier: front} or [web, front], of 1 to 63 of a-z A-Z 0-9 . _ -, the first a letter"
                        + " or digit",
            })
    void shouldSayWhatIsWrong(final String policy, final String message) {
        final ConfigException wrong = assertThrows(ConfigException.class, () -> parse(policy));
        assertEquals("c.yaml:2: " + message, wrong.getMessage());
    }
}
