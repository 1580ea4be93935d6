package io.virtuoso.host.config;

import io.virtuoso.host.tcp.EcnMode;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.wire.Ipv6Header;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the uplink, networks' ways beyond their subnets, and guests' published ports. */
final class UplinkReader {
    private static final List<String> UPLINK_KEYS =
            List.of("port", "address", "gateway", "address6", "gateway6", "ecn", "pacing");
    private static final List<String> ROUTE_KEYS = List.of("to", "via");
    /** No network can have this name, nor this number. */
    private static final String NAME = "(uplink)";

    private static final int SCOPE = NetworkConfig.MAX_VNI + 1;
    private static final String VIA_UPLINK = "uplink";
    private static final String TO = "give a prefix, such as 10.9.0.0/16, 0.0.0.0/0 for everything, or 2001:db8::/32";

    private final Claims claims;
    private final ConfigLines lines;
    private Optional<UplinkConfig> uplink = Optional.empty();

    UplinkReader(final Claims claims, final ConfigLines lines) {
        this.claims = claims;
        this.lines = lines;
    }

    /** To be called first. */
    Optional<UplinkConfig> read(final YamlView root) throws ConfigException {
        final Optional<YamlView> view = root.child("uplink", "the uplink", UPLINK_KEYS);
        if (view.isPresent()) {
            uplink = Optional.of(uplink(view.get()));
            lines.note("uplink", view.get());
        }
        return uplink;
    }

    private UplinkConfig uplink(final YamlView view) throws ConfigException {
        final String right = "give the host stack's own address and its subnet, such as 192.0.2.10/24";
        final String text = view.text("address", right);
        final OptionalInt address = Ipv4.parse(text.substring(0, Math.max(0, text.indexOf('/'))));
        final Optional<Subnet> subnet = Subnet.around(text);
        if (address.isEmpty()
                || subnet.isEmpty()
                || !subnet.get().isHostAddress(address.getAsInt())
                || !subnet.get().isOfStations()) {
            throw view.error("address", "bad address '" + text + "'", right);
        }
        claims.claimAddress(view, "address", NAME, address.getAsInt());
        final PortConfig port = new PortReader(NAME, subnet.get(), claims)
                .read(view)
                .orElseThrow(() -> view.error("port", "the uplink has no 'port'", "give one, as networks have"));
        if (port.gateway().isPresent() && !(port instanceof TapConfig)) {
            throw view.error("port", "the uplink's port has a 'gateway'", "give it beside the port, not in it");
        }
        final Optional<Subnet6> subnet6 = Uplink6Reader.subnet(view);
        final EcnMode ecn = ConfigReader.ecn(view);
        final NetworkConfig network = new NetworkConfig(
                NAME,
                SCOPE,
                subnet.get(),
                subnet6,
                Optional.of(port),
                TcpConfig.DEFAULTS.congestion(),
                ecn,
                ConfigReader.pacing(view),
                ReachConfig.DEFAULT);
        final OptionalInt gateway = gateway(view, subnet.get(), port);
        if (gateway.equals(address)) {
            throw view.error(
                    "gateway",
                    "gateway " + view.text("gateway", right) + " is the uplink's own address",
                    "give a router's");
        }
        return new UplinkConfig(network, address.getAsInt(), gateway, Uplink6Reader.read(view, network));
    }

    private static OptionalInt gateway(final YamlView view, final Subnet subnet, final PortConfig port)
            throws ConfigException {
        return view.has("gateway") ? OptionalInt.of(view.address("gateway", subnet)) : port.gateway();
    }

    /**
     * What of a network its routes depend on.
     *
     * @param name of the network
     */
    record Member(String name, Subnet subnet, Optional<Subnet6> subnet6, Optional<PortConfig> port) {}

    /**
     * Reads what lies beyond a network.
     *
     * @param view the network's
     */
    ReachConfig reach(final YamlView view, final Member network) throws ConfigException {
        final List<YamlNode> items = view.list("routes");
        if (items.size() > RouteConfig.MOST) {
            throw view.error("routes", items.size() + " routes", "give at most " + RouteConfig.MOST);
        }
        final List<RouteConfig> routes = new ArrayList<>();
        final List<Route6Config> routes6 = new ArrayList<>();
        for (final YamlNode item : items) {
            final YamlView route = view.item("a route", item, ROUTE_KEYS);
            if (route.text("to", TO).indexOf(':') < 0) {
                routes.add(route(route, network));
            } else {
                routes6.add(route6(route, network));
            }
        }
        return new ReachConfig(routes, routes6, outside(view));
    }

    private RouteConfig route(final YamlView view, final Member network) throws ConfigException {
        final String to = view.text("to", TO);
        final RouteConfig route = RouteConfig.parse(to, via(view, network))
                .orElseThrow(() -> view.error("to", "bad destination '" + to + "'", TO));
        if (network.subnet.contains(route.address()) && route.prefixLength() >= network.subnet.prefixLength()) {
            throw view.error(
                    "to",
                    "destination " + to + " lies within the network's own subnet, where there are no routers between",
                    "leave the route out");
        }
        claim(view, network, route.toString());
        return route;
    }

    private Route6Config route6(final YamlView view, final Member network) throws ConfigException {
        final String to = view.text("to", TO);
        if (network.subnet6.isEmpty()) {
            throw view.error(
                    "to",
                    "network '" + network.name + "' has no IPv6 addresses",
                    "give it a subnet6, or leave the route out");
        }
        final Route6Config route = Route6Config.parse(to, via6(view, network))
                .orElseThrow(() -> view.error("to", "bad destination '" + to + "'", TO));
        claim(view, network, route.toString());
        return route;
    }

    private void claim(final YamlView view, final Member network, final String route) throws ConfigException {
        claims.claim(
                view,
                "to",
                "route " + network.name + " " + route,
                "network '" + network.name + "' has a route to " + route,
                "keep one of them");
    }

    private OptionalInt via(final YamlView view, final Member network) throws ConfigException {
        if (view.text("via", "give 'uplink', or a router's address in " + network.subnet)
                .equals(VIA_UPLINK)) {
            requireUplink(view);
            return OptionalInt.empty();
        }
        final int router = view.address("via", network.subnet);
        requirePort(view, network);
        return OptionalInt.of(router);
    }

    private Optional<Ipv6> via6(final YamlView view, final Member network) throws ConfigException {
        final Subnet6 subnet = network.subnet6.orElseThrow();
        final String right = "give 'uplink', or a router's address in " + subnet;
        final String text = view.text("via", right);
        if (text.equals(VIA_UPLINK)) {
            requireUplink(view);
            if (uplink.get().ipv6().isEmpty()) {
                throw view.error("via", "the uplink has no IPv6 address", "give it an address6");
            }
            return Optional.empty();
        }
        final Optional<Ipv6> router =
                Ipv6.parse(text).filter(address -> Ipv6Header.isLinkLocal(address.high()) || subnet.isStation(address));
        if (router.isEmpty()) {
            throw view.error("via", "bad router '" + text + "'", right);
        }
        requirePort(view, network);
        return router;
    }

    private void requireUplink(final YamlView view) throws ConfigException {
        if (uplink.isEmpty()) {
            throw view.error("via", "there is no uplink", "define one: uplink: {port: ..., address: ...}");
        }
    }

    private static void requirePort(final YamlView view, final Member network) throws ConfigException {
        if (network.port.isEmpty()) {
            throw view.error(
                    "via",
                    "network '" + network.name + "' has no port, so no router",
                    "give it one, or let via be uplink");
        }
    }

    private static ReachConfig.Outside outside(final YamlView view) throws ConfigException {
        final String right = "give kernel or none";
        if (!view.has("outside")) {
            return ReachConfig.DEFAULT.outside();
        }
        final String name = view.text("outside", right);
        return ReachConfig.Outside.named(name)
                .orElseThrow(() -> view.error("outside", "bad outside '" + name + "'", right));
    }

    /**
     * Reads a guest's published ports.
     *
     * @param view    the guest's
     * @param network its network
     */
    List<PublishConfig> published(final YamlView view, final NetworkConfig network) throws ConfigException {
        final String right = "give PORT:GUESTPORT or PORT:GUESTPORT/udp, such as 8080:80";
        final List<PublishConfig> published = new ArrayList<>();
        for (final YamlNode item : view.list("publish")) {
            final PublishConfig one = (item instanceof YamlNode.Scalar scalar
                            ? PublishConfig.parse(scalar.text())
                            : Optional.<PublishConfig>empty())
                    .orElseThrow(() -> view.errorAt(item, "bad published port " + item.kind(), right));
            if (uplink.isEmpty()) {
                throw view.errorAt(item, "there is no uplink", "define one: uplink: {port: ..., address: ...}");
            }
            if (one.datagrams() && !network.leavesByUplink()) {
                throw view.errorAt(
                        item,
                        "datagrams to " + one.claim() + " cannot be answered",
                        "give network '" + network.name() + "' a route via uplink");
            }
            claims.claimAt(
                    view, item, "port " + one.claim(), "port " + one.claim() + " is published", "choose another port");
            published.add(one);
        }
        return published;
    }
}
