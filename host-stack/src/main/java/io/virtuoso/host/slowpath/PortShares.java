package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestNode;
import java.util.HashMap;
import java.util.Map;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Who has how many of the uplink's TCP ports towards which peer, those in TIME_WAIT included. A guest may have as many as
 * are left for all others, so that none can take them all (RFC 6888 REQ-4). Stack thread only.
 */
final class PortShares {
    private final Long2ObjectHashMap<Peer> peers = new Long2ObjectHashMap<>();

    /** Ports in use towards one. */
    private static final class Peer {
        private final Map<GuestNode, Share> shares = new HashMap<>(4);
        private int taken;
    }

    /** Those of one guest; run to give one back. */
    private final class Share implements Runnable {
        private final Peer peer;
        private final long peerKey;
        private final GuestNode node;
        private int taken;

        Share(Peer peer, long peerKey, GuestNode node) {
            this.peer = peer;
            this.peerKey = peerKey;
            this.node = node;
        }

        @Override
        public void run() {
            peer.taken--;
            if (--taken == 0) {
                peer.shares.remove(node);
            }
            if (peer.taken == 0) {
                peers.remove(peerKey);
            }
        }
    }

    private static long key(int remoteAddress, int remotePort) {
        return (long) remoteAddress << Character.SIZE | remotePort;
    }

    /** @return false if a guest has its share of the ports towards a peer */
    boolean mayHaveMore(GuestNode node, int remoteAddress, int remotePort) {
        final Peer peer = peers.get(key(remoteAddress, remotePort));
        final Share share = peer == null ? null : peer.shares.get(node);
        return share == null || share.taken < UplinkPorts.COUNT - peer.taken;
    }

    /** Takes a port for a guest. @return gives it back, to be run once */
    Runnable take(GuestNode node, int remoteAddress, int remotePort) {
        final long key = key(remoteAddress, remotePort);
        final Peer peer = peers.computeIfAbsent(key, _ -> new Peer());
        final Share share = peer.shares.computeIfAbsent(node, its -> new Share(peer, key, its));
        peer.taken++;
        share.taken++;
        return share;
    }

    /** @return peers towards which ports are in use */
    int peers() {
        return peers.size();
    }
}
