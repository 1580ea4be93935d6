package io.virtuoso.host.config;

import io.virtuoso.host.tunnel.TunnelKind;
import io.virtuoso.host.tunnel.TunnelPort;
import io.virtuoso.host.wire.VxlanHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the {@code tunnel} of a network. */
final class TunnelReader {
    private static final List<String> KEYS = List.of("kind", "underlay", "port", "peers", "learn", "gateway");
    private static final String KINDS = "give one of vxlan, gre";
    private static final String PEERS = "give a list of addresses, such as [192.0.2.2]";

    private final Map<String, UnderlayConfig> underlays;
    private final String network;
    private final Subnet subnet;
    private final Claims claims;

    TunnelReader(
            final Map<String, UnderlayConfig> underlays,
            final String network,
            final Subnet subnet,
            final Claims claims) {
        this.underlays = underlays;
        this.network = network;
        this.subnet = subnet;
        this.claims = claims;
    }

    /** @param networkView of a network that has a tunnel */
    Optional<PortConfig> read(final YamlView networkView) throws ConfigException {
        final YamlView view = networkView.child("tunnel", "a tunnel", KEYS).orElseThrow();
        final String kindName = view.text("kind", KINDS);
        final TunnelKind kind = TunnelKind.named(kindName)
                .orElseThrow(() -> view.error("kind", "unknown kind of tunnel '" + kindName + "'", KINDS));
        final UnderlayConfig underlay = underlay(view);
        final boolean learn = learn(view);
        final List<OuterAddress> peers = peers(view, underlay);
        if (peers.isEmpty() && !learn) {
            throw view.error("peers", "network '" + network + "' has a tunnel to nobody", PEERS + ", or learn: true");
        }
        return Optional.of(new TunnelConfig(kind, underlay.name(), port(view, kind), peers, learn, gateway(view)));
    }

    private UnderlayConfig underlay(final YamlView view) throws ConfigException {
        final String right = underlays.isEmpty()
                ? "define it under underlays"
                : "give one of " + String.join(", ", underlays.keySet());
        final String name = view.text("underlay", right);
        final UnderlayConfig underlay = underlays.get(name);
        if (underlay == null) {
            throw view.error("underlay", "unknown underlay '" + name + "'", right);
        }
        return underlay;
    }

    private static int port(final YamlView view, final TunnelKind kind) throws ConfigException {
        if (kind == TunnelKind.VXLAN) {
            return view.number("port", 1, 0xffff, VxlanHeader.DEFAULT_PORT);
        }
        if (view.has("port")) {
            throw view.error("port", "a tunnel of kind gre has no 'port'", "leave it out");
        }
        return 0;
    }

    private static boolean learn(final YamlView view) throws ConfigException {
        final String right = "give true or false";
        final String text = view.has("learn") ? view.text("learn", right) : "false";
        if (!text.equals("true") && !text.equals("false")) {
            throw view.error("learn", "'learn' is " + text, right);
        }
        return text.equals("true");
    }

    private static List<OuterAddress> peers(final YamlView view, final UnderlayConfig underlay) throws ConfigException {
        final OuterAddress own = underlay.address();
        final List<OuterAddress> peers = new ArrayList<>();
        for (final YamlNode node : view.list("peers")) {
            if (!(node instanceof YamlNode.Scalar(int line, String text))) {
                throw view.error("peers", "a peer is " + node.kind(), PEERS);
            }
            final Optional<OuterAddress> peer = OuterAddress.parse(text);
            if (peer.isEmpty()) {
                throw view.error("peers", "bad address '" + text + "'", PEERS);
            }
            if (peer.get().isIpv6() != own.isIpv6()) {
                final String family = own.isIpv6() ? "IPv6" : "IPv4";
                throw view.error(
                        "peers",
                        "peer " + text + " is not of the family of underlay '" + underlay.name() + "'",
                        "give an " + family + " address");
            }
            if (peer.get().equals(own) || peers.contains(peer.get())) {
                final String wrong = peer.get().equals(own) ? "is the underlay's own address" : "is given twice";
                throw view.error("peers", "peer " + text + " " + wrong, "leave it out");
            }
            if (!underlay.reaches(peer.get())) {
                throw view.error(
                        "peers",
                        "peer " + text + " cannot be reached from underlay '" + underlay.name() + "'",
                        "give a station of its network, or the underlay a gateway for others");
            }
            peers.add(peer.get());
        }
        if (peers.size() > TunnelPort.MAX_PEERS) {
            throw view.error("peers", "there are " + peers.size() + " peers", "give at most " + TunnelPort.MAX_PEERS);
        }
        return peers;
    }

    private OptionalInt gateway(final YamlView view) throws ConfigException {
        if (!view.has("gateway")) {
            return OptionalInt.empty();
        }
        final int address = view.address("gateway", subnet);
        claims.claimAddress(view, "gateway", network, address);
        return OptionalInt.of(address);
    }
}
