package io.virtuoso.conformance;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Another machine that runs {@code --peer}, of this suite or of the C suite. */
final class Peer {
    static final int PORT = 7000;
    static final int UDP_PORT = 7001; // sends datagrams back

    private final String name;
    private final String address;
    private final List<String> kinds;

    private Peer(final String name, final String address, final List<String> kinds) {
        this.name = name;
        this.address = address;
        this.kinds = kinds;
    }

    /** Those of the variable CONF_PEERS, written "name=address name=address,kind,kind"; without kinds: for all. */
    static List<Peer> all() {
        final List<Peer> peers = new ArrayList<>();
        for (final String word : Support.variable("CONF_PEERS", "").split(" ", -1)) {
            final int equal = word.indexOf('=');
            if (equal > 0) {
                final List<String> words = List.of(word.substring(equal + 1).split(",", -1));
                peers.add(new Peer(word.substring(0, equal), words.get(0), words.subList(1, words.size())));
            }
        }
        return peers;
    }

    boolean isFor(final Kind kind) {
        return kinds.isEmpty() || kinds.contains(kind.toString().toLowerCase(Locale.ROOT));
    }

    /** A connection on which the peer does what the line says. */
    Wire connect(final Kind kind, final String line) throws IOException {
        final Wire wire = kind.connect(at(PORT));
        Bytes.write(wire, line + "\n");
        return wire;
    }

    InetSocketAddress at(final int port) {
        return new InetSocketAddress(Support.address(address), port);
    }

    @Override
    public String toString() {
        return name;
    }
}
