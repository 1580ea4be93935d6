package io.virtuoso.host.net;

import java.util.function.IntConsumer;

/**
 * What is known of the ways to peers that carry less than the port: told by routers (RFC 1191, RFC 8201),
 * forgotten after ten minutes (RFC 1191 section 6.3), so that a way that has become wider is used again. Holds {@link #MAX}
 * of them. Allocates nothing after it was made.
 */
public final class PathMtus {
    public static final int MAX = 64;
    public static final long AGE_NANOS = 600_000_000_000L;

    private final int portMtu;
    private final int least;
    private final int[] remotes = new int[MAX];
    private final int[] mtus = new int[MAX];
    private final long[] learned = new long[MAX];
    private int size;

    /**
     * @param portMtu largest packet of the port, in bytes
     * @param least what every way carries; routers that say less are not believed
     */
    public PathMtus(final int portMtu, final int least) {
        this.portMtu = portMtu;
        this.least = least;
    }

    /** @return largest packet that the way to a peer carries, as far as is known */
    public int of(final int remote, final long now) {
        for (int i = 0; i < size; i++) {
            if (remotes[i] == remote) {
                return now - learned[i] < AGE_NANOS ? mtus[i] : portMtu;
            }
        }
        return portMtu;
    }

    /** @return largest packet that all ways carry, as far as is known */
    public int smallest(final long now) {
        int smallest = portMtu;
        for (int i = 0; i < size; i++) {
            if (now - learned[i] < AGE_NANOS) {
                smallest = Math.min(smallest, mtus[i]);
            }
        }
        return smallest;
    }

    /** A router says that the way carries no more. @return true if that is news */
    public boolean lower(final int remote, final int mtu, final long now) {
        final int told = Math.max(mtu, least);
        if (told >= of(remote, now)) {
            return false;
        }
        final int at = place(remote, now);
        if (at < 0) {
            return false;
        }
        remotes[at] = remote;
        mtus[at] = told;
        learned[at] = now;
        return true;
    }

    private int place(final int remote, final long now) {
        for (int i = 0; i < size; i++) {
            if (remotes[i] == remote) {
                return i;
            }
        }
        if (size < MAX) {
            return size++;
        }
        for (int i = 0; i < size; i++) {
            if (now - learned[i] >= AGE_NANOS) {
                return i;
            }
        }
        return -1;
    }

    /** Calls for each peer. */
    public void forEachRemote(final IntConsumer consumer) {
        for (int i = 0; i < size; i++) {
            consumer.accept(remotes[i]);
        }
    }
}
