package io.virtuoso.guest.nio;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Keys of our channels that a look asks: those that were ready at the last look, for readiness is a level, and those that
 * were queued since. The selector only.
 */
final class WatchList implements Consumer<GuestSelectionKey> {
    private static final int INITIAL = 64;

    private GuestSelectionKey[] keys = new GuestSelectionKey[INITIAL];
    private int size;

    /** One more key to ask. */
    @Override
    public void accept(GuestSelectionKey key) {
        if (key.startWatch()) {
            if (size == keys.length) {
                keys = Arrays.copyOf(keys, size * 2);
            }
            keys[size++] = key;
        }
    }

    /** Asks all; those that are not ready leave the list. */
    void look(FoundKeys found) {
        int before = size;
        int kept = 0;
        for (int i = 0; i < before; i++) {
            GuestSelectionKey key = keys[i];
            int ready = key.readyNow();
            if (ready != 0) {
                found.add(key, ready);
                keys[kept++] = key;
            } else {
                key.endWatch();
            }
        }
        Arrays.fill(keys, kept, before, null);
        size = kept;
    }
}
