package io.virtuoso.host.net;

/**
 * Neighbours in the order of their deadlines: all of a queue have theirs the same time after they enter it, so that it is
 * enough to append. A neighbour is in one queue at most.
 */
final class NeighbourQueue {
    private Neighbour first;
    private Neighbour last;

    /** @return the one whose deadline comes first, or null */
    Neighbour first() {
        return first;
    }

    /** Takes a neighbour from the queue it is in, and appends it here. */
    void append(final Neighbour neighbour, final long deadline) {
        if (neighbour.queue != null) {
            neighbour.queue.remove(neighbour);
        }
        neighbour.queue = this;
        neighbour.deadline = deadline;
        neighbour.before = last;
        if (last == null) {
            first = neighbour;
        } else {
            last.after = neighbour;
        }
        last = neighbour;
    }

    void remove(final Neighbour neighbour) {
        if (neighbour.before == null) {
            first = neighbour.after;
        } else {
            neighbour.before.after = neighbour.after;
        }
        if (neighbour.after == null) {
            last = neighbour.before;
        } else {
            neighbour.after.before = neighbour.before;
        }
        neighbour.queue = null;
        neighbour.before = null;
        neighbour.after = null;
    }
}
