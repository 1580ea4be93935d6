package io.virtuoso.guest.nio;

import java.util.Arrays;

/** Keys that one look found ready, with what they are ready for. */
final class FoundKeys {
    private static final int INITIAL = 64;

    private GuestSelectionKey[] keys = new GuestSelectionKey[INITIAL];
    private int[] readyOps = new int[INITIAL];
    private int size;

    void add(GuestSelectionKey key, int ops) {
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, size * 2);
            readyOps = Arrays.copyOf(readyOps, size * 2);
        }
        keys[size] = key;
        readyOps[size++] = ops;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    GuestSelectionKey key(int at) {
        return keys[at];
    }

    int readyOps(int at) {
        return readyOps[at];
    }

    void clear() {
        Arrays.fill(keys, 0, size, null);
        size = 0;
    }
}
