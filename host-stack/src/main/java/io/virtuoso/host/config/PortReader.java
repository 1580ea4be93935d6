package io.virtuoso.host.config;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads how a network reaches everything that is not a guest: {@code port}, or {@code tap} for short. */
final class PortReader {
    private static final List<String> TAP_KEYS = List.of("name", "address");
    private static final List<String> PORT_KEYS = List.of("kind", "name", "address", "interface", "gateway");
    private static final List<String> KINDS = List.of("tap", "packet", "xdp");
    private static final String INTERFACE_HINT = "give an interface name of " + Names.INTERFACE_RULE;

    private final String network;
    private final Subnet subnet;
    private final Claims claims;

    PortReader(final String network, final Subnet subnet, final Claims claims) {
        this.network = network;
        this.subnet = subnet;
        this.claims = claims;
    }

    /** @param view the network's, which may have a tunnel instead */
    Optional<PortConfig> read(final YamlView view) throws ConfigException {
        final Optional<YamlView> tap = view.child("tap", "a tap", TAP_KEYS);
        final Optional<YamlView> port = view.child("port", "a port", PORT_KEYS);
        if (tap.isPresent() && port.isPresent()) {
            throw view.error("port", "network '" + network + "' has a tap already", "keep one of tap and port");
        }
        if (view.has("tunnel") && (tap.isPresent() || port.isPresent())) {
            final String other = tap.isPresent() ? "tap" : "port";
            throw view.error("tunnel", "network '" + network + "' has a " + other + " already", "keep one of them");
        }
        return tap.isPresent() ? Optional.of(tap(tap.get())) : port.isPresent() ? port(port.get()) : Optional.empty();
    }

    private Optional<PortConfig> port(final YamlView view) throws ConfigException {
        final String right = "give one of " + String.join(", ", KINDS);
        final String kind = view.text("kind", right);
        return Optional.of(
                switch (kind) {
                    case "tap" -> {
                        refuse(view, kind, "interface", "gateway");
                        yield tap(view);
                    }
                    case "packet" -> {
                        refuse(view, kind, "name", "address");
                        yield new PacketConfig(device(view, "interface"), gateway(view));
                    }
                    case "xdp" -> {
                        refuse(view, kind, "name", "address");
                        yield new XdpConfig(device(view, "interface"), gateway(view));
                    }
                    default -> throw view.error("kind", "unknown kind of port '" + kind + "'", right);
                });
    }

    /** Keys that another kind of port has. */
    static void refuse(final YamlView view, final String kind, final String... keys) throws ConfigException {
        for (final String key : keys) {
            if (view.has(key)) {
                throw view.error(key, "a port of kind " + kind + " has no '" + key + "'", "leave it out");
            }
        }
    }

    TapConfig tap(final YamlView view) throws ConfigException {
        final String name = device(view, "name");
        final int address = view.address("address", subnet);
        claims.claimAddress(view, "address", network, address);
        return new TapConfig(name, OuterAddress.ofIpv4(address));
    }

    String device(final YamlView view, final String key) throws ConfigException {
        final String name = view.text(key, INTERFACE_HINT);
        if (!Names.isInterfaceName(name)) {
            throw view.error(key, "bad interface name '" + name + "'", "use " + Names.INTERFACE_RULE);
        }
        claims.claim(view, key, "interface " + name, "interface '" + name + "' is used", "choose another interface");
        return name;
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
