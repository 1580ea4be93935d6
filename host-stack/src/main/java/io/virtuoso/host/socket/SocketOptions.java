package io.virtuoso.host.socket;

import io.virtuoso.protocol.Option;

/** Options of a socket as its guest set them, kept for a transport that comes later. Stack thread only. */
public final class SocketOptions {
    private static final long[] NONE = {};

    private long[] values = NONE;
    private int present;
    /** The values are another socket's, too, as long as neither sets one. */
    private boolean shared;

    /** Remembers an option whose value was checked. */
    public void set(int option, long value) {
        if (values.length == 0) {
            values = new long[Option.HOP_LIMIT + 1];
        } else if (shared) {
            values = values.clone();
        }
        shared = false;
        values[option] = value;
        present |= 1 << option;
    }

    /** @return true if the option was set */
    public boolean has(int option) {
        return (present & (1 << option)) != 0;
    }

    /** @return the option's value; only if {@link #has} it */
    public long get(int option) {
        return values[option];
    }

    /** @return the option's value, 0 if it was not set */
    public long orZero(int option) {
        return has(option) ? values[option] : 0;
    }

    /** Takes over what a listener's options mean for an accepted connection. */
    public void inherit(SocketOptions other) {
        if (other.present != 0) {
            values = other.values;
            present = other.present;
            shared = true;
            other.shared = true;
        }
    }
}
