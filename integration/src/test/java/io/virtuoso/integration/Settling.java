package io.virtuoso.integration;

import java.util.function.BiPredicate;
import java.util.function.Supplier;

/** What is left of what was closed goes in a while. */
final class Settling {
    private static final int LOOKS = 120;
    private static final long BETWEEN_LOOKS_MILLIS = 500;

    private Settling() {}

    /**
     * Waits until nothing changes.
     *
     * @param before what was there before; null: not known, two looks in a row find the same
     * @return what was found last, be it settled or not
     */
    static <T> T await(final T before, final Supplier<T> look, final BiPredicate<T, T> same) {
        T last = look.get();
        for (int i = 0; i < LOOKS; i++) {
            Child.pause(BETWEEN_LOOKS_MILLIS);
            final T next = look.get();
            if (same.test(next, before == null ? last : before)) {
                return next;
            }
            last = next;
        }
        return last;
    }
}
