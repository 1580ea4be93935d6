package io.virtuoso.host.slowpath;

import java.util.Arrays;

/**
 * Commands on their way from the fast path to the slow path: a fixed ring of reused objects. Stack thread only, as long
 * as both paths run on it.
 */
public final class ControlInbox {
    private final ControlCommand[] ring;
    private int head;
    private int size;

    /**
     * @param capacity a power of two
     */
    public ControlInbox(int capacity) {
        ring = new ControlCommand[capacity];
        Arrays.setAll(ring, i -> new ControlCommand());
    }

    /** @return true if {@link #claim} would fail */
    public boolean isFull() {
        return size == ring.length;
    }

    /** @return true if there is nothing to take */
    public boolean isEmpty() {
        return size == 0;
    }

    /** @return the next free command, which is in the inbox from now on; not to be called while full */
    public ControlCommand claim() {
        return ring[(head + size++) & (ring.length - 1)];
    }

    /** @return the oldest command, valid until the next {@link #claim}; null if there is none */
    public ControlCommand poll() {
        if (size == 0) {
            return null;
        }
        final ControlCommand command = ring[head];
        head = (head + 1) & (ring.length - 1);
        size--;
        return command;
    }
}
