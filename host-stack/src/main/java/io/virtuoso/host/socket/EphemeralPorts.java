package io.virtuoso.host.socket;

/** A set of ports of the ephemeral range, in which those that are not in it are found quickly. */
final class EphemeralPorts {
    /** Linux's default {@code ip_local_port_range}. */
    static final int FIRST = 32768;

    static final int LAST = 60999;
    static final int COUNT = LAST - FIRST + 1;

    private static final int WORDS = (COUNT + Long.SIZE - 1) / Long.SIZE;
    /** Places in the last word that stand for no port. */
    private static final long BEYOND = COUNT % Long.SIZE == 0 ? 0 : -1L << COUNT % Long.SIZE;

    private final long[] words = new long[WORDS];
    private int size;

    /** @return true for ports that may be in such a set */
    static boolean inRange(int port) {
        return port >= FIRST && port <= LAST;
    }

    /** @return the port that follows, the first after the last */
    static int after(int port) {
        return port == LAST ? FIRST : port + 1;
    }

    /** Ports beyond the range are ignored. */
    void add(int port) {
        if (inRange(port) && !contains(port)) {
            words[port - FIRST >> 6] |= 1L << port - FIRST;
            size++;
        }
    }

    /** Ports beyond the range are ignored. */
    void remove(int port) {
        if (inRange(port) && contains(port)) {
            words[port - FIRST >> 6] &= ~(1L << port - FIRST);
            size--;
        }
    }

    /** @param port of the range */
    boolean contains(int port) {
        return (words[port - FIRST >> 6] >>> port - FIRST & 1) != 0;
    }

    int size() {
        return size;
    }

    /**
     * Finds a port that is in neither of two sets.
     *
     * @param from of the range: where the search begins, which goes on from the first port after the last
     * @return 0 if there is none
     */
    static int free(int from, EphemeralPorts one, EphemeralPorts other) {
        final int start = from - FIRST >> 6;
        final long before = (1L << from - FIRST) - 1;
        for (int i = 0; i <= WORDS; i++) {
            final int at = (start + i) % WORDS;
            long taken = one.words[at] | other.words[at];
            if (at == WORDS - 1) {
                taken |= BEYOND;
            }
            if (i == 0) {
                taken |= before;
            } else if (i == WORDS) {
                taken |= ~before;
            }
            if (taken != -1L) {
                return FIRST + (at << 6) + Long.numberOfTrailingZeros(~taken);
            }
        }
        return 0;
    }
}
