package io.virtuoso.host.control;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.protocol.Errno;
import java.io.IOException;

/** An event counter by which one thread wakes another: watched edge-triggered, never read. */
public final class WakeFd implements AutoCloseable {
    private final int fd;

    private WakeFd(final int fd) {
        this.fd = fd;
    }

    /** @throws IOException naming the errno, such as EMFILE */
    public static WakeFd create() throws IOException {
        final int fd = Libc.eventFd();
        if (fd < 0) {
            throw new IOException("no event counter: " + Errno.describe(-fd));
        }
        return new WakeFd(fd);
    }

    public int fd() {
        return fd;
    }

    /** Any thread. */
    public void ring() {
        Libc.ringEventFd(fd);
    }

    @Override
    public void close() {
        Libc.close(fd);
    }
}
