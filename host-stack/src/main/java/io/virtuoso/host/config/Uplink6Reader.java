package io.virtuoso.host.config;

import io.virtuoso.host.wire.Ipv6Header;
import java.util.Optional;

/** Reads the IPv6 side of the uplink: {@code address6} and {@code gateway6}. */
final class Uplink6Reader {
    private static final String ADDRESS =
            "give the host stack's own address with a prefix of 64 to 96, such as 2001:db8::10/64";

    private Uplink6Reader() {}

    /** @return the network around the uplink's IPv6 address; empty: it has none */
    static Optional<Subnet6> subnet(final YamlView view) throws ConfigException {
        if (!view.has("address6")) {
            if (view.has("gateway6")) {
                throw view.error("gateway6", "the uplink has no IPv6 address", "give it an address6");
            }
            return Optional.empty();
        }
        final String text = view.text("address6", ADDRESS);
        final int slash = text.indexOf('/');
        final Optional<Ipv6> address = Ipv6.parse(text.substring(0, Math.max(0, slash)));
        final String length = text.substring(slash + 1);
        final Optional<Subnet6> subnet = address.isEmpty() || !length.matches("[1-9][0-9]")
                ? Optional.empty()
                : Subnet6.parse(address.get().prefix(Integer.parseInt(length)) + "/" + length);
        if (subnet.isEmpty() || !subnet.get().isStation(address.get())) {
            throw view.error("address6", "bad address '" + text + "'", ADDRESS);
        }
        return subnet;
    }

    /** @param network the uplink's, with {@link #subnet} */
    static Optional<Uplink6Config> read(final YamlView view, final NetworkConfig network) throws ConfigException {
        if (network.subnet6().isEmpty()) {
            return Optional.empty();
        }
        final String text = view.text("address6", ADDRESS);
        final Ipv6 address = Ipv6.parse(text.substring(0, text.indexOf('/'))).orElseThrow();
        final Optional<Ipv6> kernel = network.port()
                .filter(TapConfig.class::isInstance)
                .flatMap(tap -> network.address6(((TapConfig) tap).address().ipv4()));
        if (kernel.equals(Optional.of(address))) {
            throw view.error("address6", address + " is the kernel's address on the tap", "choose another address");
        }
        return Optional.of(new Uplink6Config(
                address, view.has("gateway6") ? Optional.of(gateway(view, network, address)) : kernel));
    }

    private static Ipv6 gateway(final YamlView view, final NetworkConfig network, final Ipv6 own)
            throws ConfigException {
        final Subnet6 subnet = network.subnet6().orElseThrow();
        final String right = "give a router's address in " + subnet;
        final String text = view.text("gateway6", right);
        return Ipv6.parse(text)
                .filter(router ->
                        !router.equals(own) && (Ipv6Header.isLinkLocal(router.high()) || subnet.isStation(router)))
                .orElseThrow(() -> view.error("gateway6", "bad gateway '" + text + "'", right));
    }
}
