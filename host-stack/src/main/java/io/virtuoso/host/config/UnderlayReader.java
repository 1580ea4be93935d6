package io.virtuoso.host.config;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the ports that carry tunnels, {@code underlays}. */
final class UnderlayReader {
    private static final List<String> KEYS = List.of("name", "port", "address", "gateway");
    private static final List<String> PORT_KEYS = List.of("kind", "interface", "name", "address");
    private static final String KINDS = "give one of tap, packet, xdp";
    private static final String ADDRESS = "give an address with a prefix, such as 192.0.2.1/24";

    private final String file;
    private final Claims claims;

    UnderlayReader(final String file, final Claims claims) {
        this.file = file;
        this.claims = claims;
    }

    UnderlayConfig read(final YamlNode node) throws ConfigException {
        final YamlView view = YamlView.of(file, "an underlay", node, KEYS);
        final String name = view.name("name");
        claims.claim(view, "name", "underlay " + name, "underlay '" + name + "' is defined", "choose another name");
        final String text = view.text("address", ADDRESS);
        final int slash = text.indexOf('/');
        final Optional<OuterAddress> address =
                slash < 0 ? Optional.empty() : OuterAddress.parse(text.substring(0, slash));
        final String length = text.substring(slash + 1);
        if (address.isEmpty() || !length.matches("[1-9][0-9]{0,2}")) {
            throw view.error("address", "bad address '" + text + "'", ADDRESS);
        }
        if (address.get().isIpv6()) {
            throw view.error("address", "tunnels over IPv6 are not supported", "give an IPv4 address");
        }
        final int prefix = Integer.parseInt(length);
        if (prefix < Subnet.MIN_PREFIX || prefix > Subnet.MAX_PREFIX) {
            throw view.error(
                    "address",
                    "the prefix of '" + text + "' is " + prefix,
                    "give one from " + Subnet.MIN_PREFIX + " to " + Subnet.MAX_PREFIX);
        }
        final Subnet subnet = subnet(view, address.get(), prefix);
        return new UnderlayConfig(
                name, port(view, name, subnet), address.get(), prefix, gateway(view, address.get(), subnet));
    }

    private Subnet subnet(final YamlView view, final OuterAddress address, final int prefix) throws ConfigException {
        final Subnet subnet = new Subnet(address.ipv4() & -1 << (Integer.SIZE - prefix), prefix);
        if (!subnet.isHostAddress(address.ipv4())) {
            throw view.error("address", address + " is no host address of " + subnet, ADDRESS);
        }
        claims.claimAddress(view, "address", "underlay " + view.name("name"), address.ipv4());
        return subnet;
    }

    private static Optional<OuterAddress> gateway(final YamlView view, final OuterAddress own, final Subnet subnet)
            throws ConfigException {
        if (!view.has("gateway")) {
            return Optional.empty();
        }
        final String right = "give the address of a router in the network of " + own;
        final String text = view.text("gateway", right);
        final Optional<OuterAddress> gateway = OuterAddress.parse(text);
        final boolean fits = gateway.isPresent()
                && !gateway.get().isIpv6()
                && !gateway.get().equals(own)
                && subnet.isHostAddress(gateway.get().ipv4());
        if (!fits) {
            throw view.error("gateway", "bad gateway '" + text + "'", right);
        }
        return gateway;
    }

    private PortConfig port(final YamlView underlay, final String name, final Subnet subnet) throws ConfigException {
        final Optional<YamlView> found = underlay.child("port", "a port of an underlay", PORT_KEYS);
        if (found.isEmpty()) {
            throw underlay.error("port", "underlay '" + name + "' has no port", "give one");
        }
        final YamlView view = found.get();
        final String kind = view.text("kind", KINDS);
        final PortReader reader = new PortReader("underlay " + name, subnet, claims);
        return switch (kind) {
            case "tap" -> {
                PortReader.refuse(view, kind, "interface");
                yield reader.tap(view);
            }
            case "packet" -> {
                PortReader.refuse(view, kind, "name", "address");
                yield new PacketConfig(reader.device(view, "interface"), OptionalInt.empty());
            }
            case "xdp" -> {
                PortReader.refuse(view, kind, "name", "address");
                yield new XdpConfig(reader.device(view, "interface"), OptionalInt.empty());
            }
            default -> throw view.error("kind", "unknown kind of port '" + kind + "'", KINDS);
        };
    }
}
