package io.virtuoso.guest.nio;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * What one thread should look at again, told by many threads: a set in the order of arrival, without locks and without
 * allocation.
 */
final class ReadyQueue<T> {
    /** One member's place; in one queue at most. */
    static final class Place<T> {
        @SuppressWarnings("rawtypes")
        private static final AtomicIntegerFieldUpdater<Place> QUEUED =
                AtomicIntegerFieldUpdater.newUpdater(Place.class, "queued");

        private final T member;
        private Place<T> next;

        @SuppressWarnings("unused") // through the updater
        private volatile int queued;

        Place(T member) {
            this.member = member;
        }
    }

    private final AtomicReference<Place<T>> newest = new AtomicReference<>();

    /** Puts a member in. Any thread. @return false if it was there already */
    boolean offer(Place<T> place) {
        if (!Place.QUEUED.compareAndSet(place, 0, 1)) {
            return false;
        }
        Place<T> before;
        do {
            before = newest.get();
            place.next = before;
        } while (!newest.compareAndSet(before, place));
        return true;
    }

    boolean isEmpty() {
        return newest.get() == null;
    }

    /** Takes all members out, oldest first. One that is offered from now on comes again. */
    void drain(Consumer<T> taker) {
        if (newest.get() == null) {
            return;
        }
        Place<T> place = oldestFirst(newest.getAndSet(null));
        while (place != null) {
            Place<T> next = place.next;
            place.next = null;
            // Out before it is looked at: what happens during the look is offered anew.
            Place.QUEUED.set(place, 0);
            taker.accept(place.member);
            place = next;
        }
    }

    private static <T> Place<T> oldestFirst(Place<T> last) {
        Place<T> turned = null;
        Place<T> place = last;
        while (place != null) {
            Place<T> before = place.next;
            place.next = turned;
            turned = place;
            place = before;
        }
        return turned;
    }
}
