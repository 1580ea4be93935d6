package io.virtuoso.host.config;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** Reads of a guest whether it is a virtual machine with a network card: {@code vm: net}, and the card's {@code mac}. */
final class MachineReader {
    private static final String RIGHT = "give an address of one station, such as 52:54:00:12:34:56";
    /** Locally administered, and none of the host stack's own. */
    private static final long DEFAULT_PREFIX = 0x0256_0000_0000L;

    private static final long GROUP_BIT = 0x0100_0000_0000L;
    /** The host stack's own stations begin so. */
    private static final long RESERVED_PREFIX = 0x0276;

    private static final List<String> NOT_OF_MACHINES =
            List.of("publish", "weight", "congestion", "cpu", "rate", "max_connections", "syn_backlog", "pool_mib");

    private final Claims claims;

    MachineReader(final Claims claims) {
        this.claims = claims;
    }

    /** @return the address of the card, made from the guest's IPv4 address if none is given; empty: it has no card */
    OptionalLong mac(final YamlView view, final NetworkConfig network, final int address) throws ConfigException {
        if (!view.has("vm")) {
            if (view.has("mac")) {
                throw view.error("mac", "a guest without 'vm' has no 'mac'", "add vm: net, or leave it out");
            }
            return OptionalLong.empty();
        }
        final String kind = view.text("vm", "give net");
        if (!kind.equals("net")) {
            throw view.error("vm", "'vm' is '" + kind + "'", "give net, for a virtual machine with a network card");
        }
        for (final String key : NOT_OF_MACHINES) {
            if (view.has(key)) {
                throw view.error(key, "a virtual machine has a TCP of its own, so no '" + key + "'", "leave it out");
            }
        }
        checkPort(view, network);
        final long mac = view.has("mac") ? given(view) : DEFAULT_PREFIX | Integer.toUnsignedLong(address);
        final String text = format(mac);
        final String key = view.has("mac") ? "mac" : "vm";
        claims.claim(
                view,
                key,
                "mac " + network.name() + " " + text,
                "the Ethernet address " + text + " is used",
                "choose another mac");
        return OptionalLong.of(mac);
    }

    /** Frames of a packet or xdp port are those for the host stack's own station only. */
    private static void checkPort(final YamlView view, final NetworkConfig network) throws ConfigException {
        final boolean known = network.port()
                .map(port -> port instanceof TapConfig || port instanceof TunnelConfig)
                .orElse(true);
        if (!known) {
            throw view.error(
                    "vm",
                    "network '" + network.name() + "' has a port that knows one station only",
                    "give the network a tap, a tunnel or no port");
        }
    }

    private static long given(final YamlView view) throws ConfigException {
        final String text = view.text("mac", RIGHT);
        if (!text.matches("([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")) {
            throw view.error("mac", "bad Ethernet address '" + text + "'", RIGHT);
        }
        final long mac = Long.parseLong(text.replace(":", ""), 16);
        if (mac == 0 || (mac & GROUP_BIT) != 0 || mac >>> Integer.SIZE == RESERVED_PREFIX) {
            throw view.error("mac", "Ethernet address " + text + " is no station's, or the host stack's own", RIGHT);
        }
        return mac;
    }

    /** @return as people write it */
    static String format(final long mac) {
        return String.format(Locale.ROOT, "%012x", mac).replaceAll("(..)(?=.)", "$1:");
    }
}
