package io.virtuoso.conformance;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Another machine that runs {@code --peer}, of this suite or of the C suite. */
final class Peer {
    static final int PORT = 7000;

    private final String name;
    private final String address;

    private Peer(final String name, final String address) {
        this.name = name;
        this.address = address;
    }

    /** Those of the variable CONF_PEERS, written "name=address name=address". */
    static List<Peer> all() {
        final List<Peer> peers = new ArrayList<>();
        for (final String word : Support.variable("CONF_PEERS", "").split(" ", -1)) {
            final int equal = word.indexOf('=');
            if (equal > 0) {
                peers.add(new Peer(word.substring(0, equal), word.substring(equal + 1)));
            }
        }
        return peers;
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
