package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import io.virtuoso.protocol.Errno;

/**
 * The platform's port with the number that the host stack chose for a socket. A program may have asked for it when its
 * connection to the loopback turns out to be the platform's; nobody else gets it there until then. Used under the
 * socket's lock.
 */
final class PlatformPort {
    private static final int NONE = -1;

    private int holder = NONE; // a descriptor

    /** Takes a port, instead of what it had. @return false: somebody has it */
    boolean take(int port) {
        release();
        int fd = Os.get().bindToAny(port);
        holder = Math.max(fd, NONE);
        return fd != -Errno.EADDRINUSE; // what cannot be known for another reason, such as too many files, is left open
    }

    void release() {
        if (holder != NONE) {
            Os.get().close(holder);
            holder = NONE;
        }
    }
}
