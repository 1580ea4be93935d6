package io.virtuoso.host.socket;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * The peers with which a UDP socket exchanges datagrams as far as the policy is concerned, so that rules are gone through
 * once for each. Grows to {@link #MAX} peers, then forgets one for each new one. Allocates only when it grows.
 */
final class DatagramFlows {
    /** Most peers. */
    static final int MAX = 1024;

    private static final int FIRST = 16;
    /** Places that a peer may have. */
    private static final int WINDOW = 4;

    private static final long USED = 1;
    private static final int NONE = -1;

    /** Address, port, {@link #USED}; 0: empty. */
    private long[] peers = new long[FIRST];
    /** Version of the policy that allowed it, doubled; odd if this socket sent first. */
    private int[] versions = new int[FIRST];

    private int turn;

    private static long key(int address, int port) {
        return Integer.toUnsignedLong(address) << 17 | (long) port << 1 | USED;
    }

    private int home(long key) {
        return (int) (key * 0x9e37_79b9_7f4a_7c15L >>> 40) & peers.length - 1;
    }

    private int find(int address, int port) {
        final long key = key(address, port);
        final int home = home(key);
        for (int i = 0; i < WINDOW; i++) {
            final int place = home + i & peers.length - 1;
            if (peers[place] == key) {
                return place;
            }
        }
        return NONE;
    }

    /** @return true if this version of the policy has allowed the peer */
    boolean knows(int address, int port, int version) {
        final int place = find(address, port);
        return place != NONE && versions[place] >>> 1 == version;
    }

    /** @return true if some version of the policy has allowed the peer, and this socket, or the peer, sent first */
    boolean began(int address, int port, boolean sentFirst) {
        final int place = find(address, port);
        return place != NONE && (versions[place] & 1) == (sentFirst ? 1 : 0);
    }

    /** Notes that a version of the policy allows the peer. */
    void note(int address, int port, int version, boolean sentFirst) {
        int place = find(address, port);
        if (place == NONE) {
            place = room(key(address, port));
            peers[place] = key(address, port);
        }
        versions[place] = version << 1 | (sentFirst ? 1 : 0);
    }

    private int room(long key) {
        while (true) {
            final int home = home(key);
            for (int i = 0; i < WINDOW; i++) {
                final int place = home + i & peers.length - 1;
                if (peers[place] == 0) {
                    return place;
                }
            }
            if (peers.length == MAX) {
                turn = turn + 1 & WINDOW - 1;
                return home + turn & MAX - 1;
            }
            grow();
        }
    }

    /** Peers that find no place in the larger table are forgotten. */
    private void grow() {
        final long[] oldPeers = peers;
        final int[] oldVersions = versions;
        peers = new long[2 * oldPeers.length];
        versions = new int[2 * oldPeers.length];
        for (int old = 0; old < oldPeers.length; old++) {
            final int home = home(oldPeers[old]);
            for (int i = 0; i < WINDOW && oldPeers[old] != 0; i++) {
                final int place = home + i & peers.length - 1;
                if (peers[place] == 0) {
                    peers[place] = oldPeers[old];
                    versions[place] = oldVersions[old];
                    break;
                }
            }
        }
    }

    /** Calls for each peer's address. */
    void forEachAddress(IntConsumer action) {
        Arrays.stream(peers).filter(peer -> peer != 0).forEach(peer -> action.accept((int) (peer >>> 17)));
    }
}
