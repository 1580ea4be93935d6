package io.virtuoso.host.vsock;

/**
 * Memory that the buffers of one machine's connections may take together: a machine may open thousands of connections and
 * read from none. One thread.
 */
final class BufferBudget {
    /** Far more than programs that attach need; some 128 connections with both buffers full. */
    static final int BYTES = 16 << 20;

    private int left = BYTES;

    /** @return false, and nothing is taken, if less is left */
    boolean take(final int bytes) {
        if (bytes > left) {
            return false;
        }
        left -= bytes;
        return true;
    }

    void giveBack(final int bytes) {
        left += bytes;
    }

    /** @return bytes that are taken now */
    int taken() {
        return BYTES - left;
    }
}
