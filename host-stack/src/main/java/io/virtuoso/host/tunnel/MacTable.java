package io.virtuoso.host.tunnel;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Behind which peer of a virtual network a station is: learned from its frames (RFC 7348 section 4.1), forgotten when it
 * was not heard of for five minutes (IEEE 802.1Q section 8.8.3). Holds {@link #MAX} stations, and learns no more of them
 * until some are forgotten. Allocates nothing after it was made.
 */
final class MacTable {
    static final int MAX = 4096;
    static final long AGE_NANOS = 300_000_000_000L;
    /** No peer: no station has this address. */
    static final int NONE = 0;

    private static final long CLEAN_NANOS = 1_000_000_000L;
    private static final int SLOTS = 2 * MAX;
    private static final long EMPTY = 0;

    private final long key;
    private long[] macs = new long[SLOTS];
    private int[] remotes = new int[SLOTS];
    private long[] heard = new long[SLOTS];
    private long[] oldMacs = new long[SLOTS];
    private int[] oldRemotes = new int[SLOTS];
    private long[] oldHeard = new long[SLOTS];
    private int size;
    private long cleaned = Long.MIN_VALUE;

    /** @param key secret, so that nobody can choose addresses that collide */
    MacTable(final long key) {
        this.key = key;
    }

    /** @return the peer behind which a station is, or {@link #NONE} */
    int find(final long mac, final long now) {
        final int slot = slot(mac);
        return macs[slot] == mac && mac != EMPTY && now - heard[slot] < AGE_NANOS ? remotes[slot] : NONE;
    }

    /** A frame of a station came from a peer. @return false if the table is full */
    boolean learn(final long mac, final int remote, final long now) {
        int slot = slot(mac);
        if (macs[slot] != mac) {
            if (size == MAX && !forgetOld(now)) {
                return false;
            }
            slot = slot(mac);
            macs[slot] = mac;
            size++;
        }
        remotes[slot] = remote;
        heard[slot] = now;
        return true;
    }

    /** @return stations, forgotten ones included until their room is needed */
    int size() {
        return size;
    }

    /** @return true if a station is behind this peer; slow */
    boolean hasRemote(final int remote) {
        for (int slot = 0; slot < SLOTS; slot++) {
            if (macs[slot] != EMPTY && remotes[slot] == remote) {
                return true;
            }
        }
        return false;
    }

    /** Calls for the peer of each station. */
    void forEachRemote(final IntConsumer consumer) {
        for (int slot = 0; slot < SLOTS; slot++) {
            if (macs[slot] != EMPTY) {
                consumer.accept(remotes[slot]);
            }
        }
    }

    /** At most once a second, for it looks at all. @return true if there is room now */
    private boolean forgetOld(final long now) {
        if (cleaned != Long.MIN_VALUE && now - cleaned < CLEAN_NANOS) {
            return false;
        }
        cleaned = now;
        swap();
        for (int old = 0; old < SLOTS; old++) {
            if (oldMacs[old] != EMPTY && now - oldHeard[old] < AGE_NANOS) {
                final int slot = slot(oldMacs[old]);
                macs[slot] = oldMacs[old];
                remotes[slot] = oldRemotes[old];
                heard[slot] = oldHeard[old];
                size++;
            }
        }
        return size < MAX;
    }

    private void swap() {
        final long[] swapMacs = macs;
        final int[] swapRemotes = remotes;
        final long[] swapHeard = heard;
        macs = oldMacs;
        remotes = oldRemotes;
        heard = oldHeard;
        oldMacs = swapMacs;
        oldRemotes = swapRemotes;
        oldHeard = swapHeard;
        Arrays.fill(macs, EMPTY);
        size = 0;
    }

    /** @return where a station is, or the empty slot where it would be */
    private int slot(final long mac) {
        long mixed = (mac ^ key) * 0x9e37_79b9_7f4a_7c15L;
        mixed = (mixed ^ mixed >>> 32) * 0xbf58_476d_1ce4_e5b9L;
        int slot = (int) (mixed >>> 40) & SLOTS - 1;
        while (macs[slot] != mac && macs[slot] != EMPTY) {
            slot = slot + 1 & SLOTS - 1;
        }
        return slot;
    }
}
