package io.virtuoso.host.control;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A listening Unix socket. Control thread only. */
final class Door implements Watcher.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(Door.class);
    private static final int BACKLOG = 1024;
    private static final int ACCEPTS_PER_WAKE = 64;

    private final Watcher watcher;
    private final Path path;
    private final int fd;
    private final IntConsumer visitor;
    private Watcher.Watch watch;
    /** Given up for a moment when descriptors run out, to turn visitors away instead of spinning. */
    private int spareFd = Libc.eventFd();

    private Door(final Watcher watcher, final Path path, final int fd, final IntConsumer visitor) {
        this.watcher = watcher;
        this.path = path;
        this.fd = fd;
        this.visitor = visitor;
    }

    /**
     * @param type    {@link Linux#SOCK_STREAM} or {@link Linux#SOCK_SEQPACKET}
     * @param mode    permissions, such as {@code rw-------}
     * @param visitor owns each accepted connection
     * @throws IOException naming the path and the errno
     */
    static Door open(
            final Watcher watcher, final Path path, final int type, final String mode, final IntConsumer visitor)
            throws IOException {
        Files.deleteIfExists(path);
        final int fd = UnixSocket.listen(path.toString(), type, BACKLOG);
        if (fd < 0) {
            throw new IOException(path + ": cannot listen: " + Errno.describe(-fd));
        }
        final Door door = new Door(watcher, path, fd, visitor);
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        } catch (final IOException e) {
            door.close();
            throw e;
        }
        door.watch = watcher.add(fd, Linux.EPOLLIN, door);
        if (door.watch == null) {
            door.close();
            throw new IOException(path + ": cannot be watched");
        }
        return door;
    }

    Path path() {
        return path;
    }

    @Override
    public void ready(final int events) {
        for (int i = 0; i < ACCEPTS_PER_WAKE; i++) {
            final int visitorFd = UnixSocket.accept(fd);
            if (visitorFd >= 0) {
                visitor.accept(visitorFd);
            } else if (visitorFd == -Errno.EMFILE || visitorFd == -Errno.ENFILE) {
                turnAway();
            } else {
                return;
            }
        }
    }

    private void turnAway() {
        LOG.warn("no descriptor is left: a connection to {} is turned away; raise the limit on open files", path);
        Libc.close(spareFd);
        Libc.close(UnixSocket.accept(fd));
        spareFd = Libc.eventFd();
    }

    @Override
    public void failed() {
        // One visitor could not be served; the door stays open for others.
    }

    /** Closes the socket and removes its file. */
    void close() {
        watcher.remove(watch);
        Libc.close(fd);
        Libc.close(spareFd);
        try {
            Files.deleteIfExists(path);
        } catch (final IOException e) {
            LOG.warn("{} cannot be removed: {}", path, e.toString());
        }
    }
}
