package io.virtuoso.host.config;

import io.virtuoso.host.policy.Cidr;
import io.virtuoso.host.policy.Direction;
import io.virtuoso.host.policy.GuestSelector;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.PolicyRule;
import io.virtuoso.host.policy.PolicyRules;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.protocol.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads networks' {@code policy}. */
final class PolicyReader {
    private static final List<String> KEYS = List.of("default", "rules");
    private static final List<String> DIRECTIONS = List.of("in", "out");
    private static final List<String> RULE_KEYS =
            List.of("direction", "guest", "labels", "peer", "protocol", "port", "action", "errno");
    private static final List<String> PEER_KEYS = List.of("guest", "labels", "cidr");
    private static final String DEFAULT_RIGHT = "give allow, deny or drop, or one of them for each of in and out";
    private static final Map<String, Integer> ERRNOS = Map.of(
            "ECONNREFUSED", Errno.ECONNREFUSED,
            "ENETUNREACH", Errno.ENETUNREACH,
            "EHOSTUNREACH", Errno.EHOSTUNREACH,
            "EACCES", Errno.EACCES);

    private final List<Mention> mentions = new ArrayList<>();
    private String network;

    /** A rule of a network's policy that names a guest. */
    private record Mention(String network, YamlView rule, String guest) {}

    /**
     * @param view of the network
     * @param name the network's
     */
    PolicyRules read(final YamlView view, final String name) throws ConfigException {
        network = name;
        final Optional<YamlView> policy = view.child("policy", "a policy", KEYS);
        return policy.isPresent() ? policy(policy.get()) : PolicyRules.NONE;
    }

    /**
     * Refuses rules that fit nobody because of the name in them: a slip of the pen there may open what is to be closed.
     *
     * @param later network of which guests may be made later; empty: of none
     */
    void check(final String later, final List<GuestConfig> guests) throws ConfigException {
        for (final Mention mention : mentions) {
            final Optional<GuestConfig> found = guests.stream()
                    .filter(guest -> guest.name().equals(mention.guest))
                    .findFirst();
            final String home = found.map(GuestConfig::network).orElse(later);
            if (!home.equals(mention.network)) {
                throw mention.rule.error(
                        "guest",
                        "network '" + mention.network + "' has no guest '" + mention.guest + "'",
                        "name one of its own guests");
            }
        }
    }

    private PolicyRules policy(final YamlView view) throws ConfigException {
        final List<PolicyRule> rules = new ArrayList<>();
        for (final YamlNode item : view.list("rules")) {
            rules.add(rule(view.of("a rule", item, RULE_KEYS)));
        }
        if (view.isMapping("default")) {
            final YamlView each = view.child("default", "a default", DIRECTIONS).orElseThrow();
            return new PolicyRules(verdict(each, "in"), verdict(each, "out"), rules);
        }
        final int verdict = verdict(view, "default");
        return new PolicyRules(verdict, verdict, rules);
    }

    private static int verdict(final YamlView view, final String key) throws ConfigException {
        if (!view.has(key)) {
            return Policy.ALLOW;
        }
        final String text = view.text(key, DEFAULT_RIGHT);
        return switch (text) {
            case "allow" -> Policy.ALLOW;
            case "deny" -> Errno.ECONNREFUSED;
            case "drop" -> Policy.DROP;
            default -> throw view.error(key, "bad default '" + text + "'", DEFAULT_RIGHT);
        };
    }

    private PolicyRule rule(final YamlView view) throws ConfigException {
        final Direction direction = direction(view);
        final Optional<YamlView> peer = view.child("peer", "a peer", PEER_KEYS);
        final Optional<Protocol> protocol = protocol(view, direction);
        return new PolicyRule(
                direction,
                selector(view),
                peer.isPresent() ? selector(peer.get()) : GuestSelector.ANY,
                peer.isPresent() ? block(peer.get()) : Optional.empty(),
                protocol,
                ports(view, protocol),
                action(view));
    }

    private static Direction direction(final YamlView view) throws ConfigException {
        final String right = "give in (to guests) or out (from guests)";
        final String text = view.text("direction", right);
        return switch (text) {
            case "in" -> Direction.IN;
            case "out" -> Direction.OUT;
            default -> throw view.error("direction", "bad direction '" + text + "'", right);
        };
    }

    private GuestSelector selector(final YamlView view) throws ConfigException {
        final List<GuestSelector.Label> labels = view.labels("labels").entrySet().stream()
                .map(label -> new GuestSelector.Label(label.getKey(), label.getValue()))
                .toList();
        final String guest = view.has("guest") ? view.name("guest") : "";
        if (!guest.isEmpty()) {
            mentions.add(new Mention(network, view, guest));
        }
        return new GuestSelector(guest, labels);
    }

    private static Optional<Cidr> block(final YamlView view) throws ConfigException {
        if (!view.has("cidr")) {
            return Optional.empty();
        }
        final String right = "give a block of addresses, such as 10.1.0.0/24, fd00:1::/64 or 10.1.0.7";
        final String text = view.text("cidr", right);
        final Optional<Cidr> block = Cidr.parse(text);
        if (block.isEmpty()) {
            throw view.error("cidr", "bad block '" + text + "'", right);
        }
        return block;
    }

    private static Optional<Protocol> protocol(final YamlView view, final Direction direction) throws ConfigException {
        if (!view.has("protocol")) {
            return Optional.empty();
        }
        final String right = "give tcp, udp or icmp";
        final String text = view.text("protocol", right);
        final Optional<Protocol> protocol = Protocol.named(text);
        if (protocol.isEmpty()) {
            throw view.error("protocol", "unknown protocol '" + text + "'", right);
        }
        if (protocol.get() == Protocol.ICMP && direction == Direction.OUT) {
            throw view.error("protocol", "guests send no ICMP", "leave the rule out");
        }
        return protocol;
    }

    private static PolicyRule.Ports ports(final YamlView view, final Optional<Protocol> protocol)
            throws ConfigException {
        if (!view.has("port")) {
            return PolicyRule.Ports.ANY;
        }
        final String right = "give a port from 1 to 65535, or a range such as 8000-8099";
        final String text = view.text("port", right);
        if (protocol.isPresent() && protocol.get() == Protocol.ICMP) {
            throw view.error("port", "ICMP has no ports", "leave the port out");
        }
        final String[] ends = text.split("-", 2);
        final int first = port(ends[0]);
        final int last = port(ends[ends.length - 1]);
        if (first == 0 || last < first) {
            throw view.error("port", "bad port '" + text + "'", right);
        }
        return new PolicyRule.Ports(first, last);
    }

    /** @return 0 if it is none */
    private static int port(final String text) {
        final int value = text.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(text) : 0;
        return value > 0xffff ? 0 : value;
    }

    private static int action(final YamlView view) throws ConfigException {
        final String right = "give allow, refuse or drop";
        final String action = view.text("action", right);
        if (view.has("errno") && !"refuse".equals(action)) {
            throw view.error("errno", "only refuse has an errno", "leave it out");
        }
        return switch (action) {
            case "allow" -> Policy.ALLOW;
            case "refuse" -> errno(view);
            case "drop" -> Policy.DROP;
            default -> throw view.error("action", "unknown action '" + action + "'", right);
        };
    }

    private static int errno(final YamlView view) throws ConfigException {
        if (!view.has("errno")) {
            return Errno.ECONNREFUSED;
        }
        final String right = "give ECONNREFUSED, ENETUNREACH, EHOSTUNREACH or EACCES; a drop gives ETIMEDOUT";
        final String name = view.text("errno", right);
        final Integer errno = ERRNOS.get(name);
        if (errno == null) {
            throw view.error("errno", "bad errno '" + name + "'", right);
        }
        return errno;
    }
}
