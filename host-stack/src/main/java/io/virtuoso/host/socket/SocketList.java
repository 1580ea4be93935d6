package io.virtuoso.host.socket;

/** Sockets in a row, any of which can leave at once: each has a link of its own for each list. Stack thread only. */
final class SocketList {
    /** A socket's place in one list, or in none. */
    static final class Link {
        final GuestSocket socket;
        private Link before;
        private Link after;

        Link(GuestSocket socket) {
            this.socket = socket;
        }
    }

    private Link first;
    private Link last;

    boolean isEmpty() {
        return first == null;
    }

    /** @return the first, or null */
    Link first() {
        return first;
    }

    /** @return the last, or null */
    Link last() {
        return last;
    }

    /** @return the one before another, or null */
    Link before(Link link) {
        return link.before;
    }

    /** @param link in no list */
    void append(Link link) {
        link.before = last;
        if (last == null) {
            first = link;
        } else {
            last.after = link;
        }
        last = link;
    }

    /** @param link in this list */
    void remove(Link link) {
        if (link.before == null) {
            first = link.after;
        } else {
            link.before.after = link.after;
        }
        if (link.after == null) {
            last = link.before;
        } else {
            link.after.before = link.before;
        }
        link.before = null;
        link.after = null;
    }
}
