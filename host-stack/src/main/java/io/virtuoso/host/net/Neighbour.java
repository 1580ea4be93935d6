package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import java.util.ArrayDeque;

/** A station on the port's link: its address, its MAC once known, and packets that wait for it. */
final class Neighbour {
    /** MAC not known; packets wait. */
    static final int INCOMPLETE = 0;
    /** MAC known. */
    static final int REACHABLE = 1;
    /** MAC known, but old, and asked for again. */
    static final int PROBING = 2;
    /** No answer; packets are dropped until the next attempt. */
    static final int FAILED = 3;

    final int address;
    int state = INCOMPLETE;
    long mac;
    long deadline;
    int attempts;
    /** One of our addresses that talks to it, to ask from. */
    int askedFrom;

    /** The queue it is in, and its place there. */
    NeighbourQueue queue;

    Neighbour before;
    Neighbour after;

    final ArrayDeque<Frame> pending = new ArrayDeque<>(0);

    Neighbour(final int address) {
        this.address = address;
    }

    boolean hasMac() {
        return state == REACHABLE || state == PROBING;
    }
}
