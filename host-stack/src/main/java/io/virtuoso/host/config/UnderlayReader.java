package io.virtuoso.host.config;

import io.virtuoso.host.wire.Ipv6Header;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the ports that carry tunnels, {@code underlays}. */
final class UnderlayReader {
    private static final List<String> KEYS = List.of("name", "port", "address", "gateway");
    private static final List<String> PORT_KEYS = List.of("kind", "interface", "name", "address");
    private static final String KINDS = "give one of tap, packet, xdp";
    private static final String ADDRESS = "give an address with a prefix, such as 192.0.2.1/24";
    private static final int MIN_PREFIX6 = 64;
    private static final int MAX_PREFIX6 = 126;

    private final String file;
    private final Claims claims;
    private final ConfigLines lines;

    UnderlayReader(final String file, final Claims claims, final ConfigLines lines) {
        this.file = file;
        this.claims = claims;
        this.lines = lines;
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
        final int prefix = Integer.parseInt(length);
        final int least = address.get().isIpv6() ? MIN_PREFIX6 : Subnet.MIN_PREFIX;
        final int most = address.get().isIpv6() ? MAX_PREFIX6 : Subnet.MAX_PREFIX;
        if (prefix < least || prefix > most) {
            throw view.error(
                    "address", "the prefix of '" + text + "' is " + prefix, "give one from " + least + " to " + most);
        }
        lines.note("underlay " + name, view);
        final OuterNetwork network = new OuterNetwork(address.get(), prefix, subnet(view, address.get(), prefix));
        return new UnderlayConfig(name, port(view, name, network), address.get(), prefix, gateway(view, network));
    }

    private Optional<Subnet> subnet(final YamlView view, final OuterAddress address, final int prefix)
            throws ConfigException {
        if (address.isIpv6()) {
            final Ipv6 own = address.ipv6().get();
            if (own.low() == (own.low() & OuterNetwork.mask(prefix))) {
                throw view.error("address", address + " is no host address of its prefix of " + prefix, ADDRESS);
            }
            return Optional.empty();
        }
        final Subnet subnet = new Subnet(address.ipv4() & -1 << (Integer.SIZE - prefix), prefix);
        if (!subnet.isHostAddress(address.ipv4())) {
            throw view.error("address", address + " is no host address of " + subnet, ADDRESS);
        }
        claims.claimAddress(view, "address", "underlay " + view.name("name"), address.ipv4());
        return Optional.of(subnet);
    }

    private static Optional<OuterAddress> gateway(final YamlView view, final OuterNetwork network)
            throws ConfigException {
        if (!view.has("gateway")) {
            return Optional.empty();
        }
        final String right = "give the address of a router in the network of " + network.own;
        final String text = view.text("gateway", right);
        final Optional<OuterAddress> gateway = OuterAddress.parse(text).filter(network::isRouter);
        if (gateway.isEmpty()) {
            throw view.error("gateway", "bad gateway '" + text + "'", right);
        }
        return gateway;
    }

    /** @param subnet empty: the network is of IPv6 */
    private record OuterNetwork(OuterAddress own, int prefixLength, Optional<Subnet> subnet) {
        /** @return the bits of an IPv6 address's second half that are the network's */
        static long mask(final int prefixLength) {
            return prefixLength == Long.SIZE ? 0 : -1L << (2 * Long.SIZE - prefixLength);
        }

        boolean isRouter(final OuterAddress address) {
            return address.ipv6().isPresent()
                            && own.isIpv6()
                            && Ipv6Header.isLinkLocal(address.ipv6().get().high())
                    || isStation(address);
        }

        /** @return whether it is an address of another station of the network */
        boolean isStation(final OuterAddress address) {
            if (address.isIpv6() != own.isIpv6() || address.equals(own)) {
                return false;
            }
            return subnet.map(four -> four.isHostAddress(address.ipv4()))
                    .orElseGet(() -> isNear(address.ipv6().get(), own.ipv6().get()));
        }

        private boolean isNear(final Ipv6 other, final Ipv6 ours) {
            final long mask = mask(prefixLength);
            return other.high() == ours.high()
                    && (other.low() & mask) == (ours.low() & mask)
                    && (other.low() & ~mask) != 0;
        }
    }

    private PortConfig port(final YamlView underlay, final String name, final OuterNetwork network)
            throws ConfigException {
        final Optional<YamlView> found = underlay.child("port", "a port of an underlay", PORT_KEYS);
        if (found.isEmpty()) {
            throw underlay.error("port", "underlay '" + name + "' has no port", "give one");
        }
        final YamlView view = found.get();
        final String kind = view.text("kind", KINDS);
        final PortReader reader = new PortReader("underlay " + name, network.subnet.orElse(null), claims);
        return switch (kind) {
            case "tap" -> {
                PortReader.refuse(view, kind, "interface");
                yield network.own.isIpv6() ? tap6(view, reader.device(view, "name"), network) : reader.tap(view);
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

    private static TapConfig tap6(final YamlView view, final String device, final OuterNetwork network)
            throws ConfigException {
        final String right = "give the kernel's address in the network of " + network.own;
        final String text = view.text("address", right);
        return OuterAddress.parse(text)
                .filter(network::isStation)
                .map(address -> new TapConfig(device, address))
                .orElseThrow(() -> view.error("address", "bad address '" + text + "'", right));
    }
}
