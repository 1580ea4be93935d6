package io.virtuoso.host.control;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Messages to and from one guest. Answers that find no room wait; until they are gone the guest's messages wait, too, so
 * that a guest which does not read cannot make the host stack remember without bound. Control thread only.
 */
final class AttachChannel {
    private static final int NO_FD = -1;

    private final Watcher watcher;
    private final int socket;
    private final FdPassing outgoing;
    private final AttachMessage message = new AttachMessage();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(0);
    private Watcher.Watch watch;
    private boolean closed;

    /** An answer without room. */
    private record Waiting(ByteBuffer bytes, Fds fds) {}

    /** Descriptors that go with an answer. */
    private record Fds(int first, int second, boolean owned) {
        void sent() {
            if (owned) {
                Libc.close(first);
            }
        }
    }

    /**
     * @param socket   the connection; closed by {@link #close}
     * @param outgoing shared by all channels of the thread
     */
    AttachChannel(final Watcher watcher, final int socket, final FdPassing outgoing) {
        this.watcher = watcher;
        this.socket = socket;
        this.outgoing = outgoing;
    }

    /** @return false if the connection cannot be watched */
    boolean watch(final Watcher.Handler handler) {
        watch = watcher.add(socket, Linux.EPOLLIN | Linux.EPOLLRDHUP, handler);
        return watch != null;
    }

    int socket() {
        return socket;
    }

    /** @return true while answers wait for room: no message may be read */
    boolean isCongested() {
        return !waiting.isEmpty();
    }

    void send(final int type, final Consumer<AttachMessage> fill) {
        send(type, new Fds(NO_FD, NO_FD, false), fill);
    }

    /** Sends an answer with a descriptor, which is closed here when it is sent. */
    void sendOwned(final int type, final int fd, final Consumer<AttachMessage> fill) {
        send(type, new Fds(fd, NO_FD, true), fill);
    }

    /** Sends an answer with two descriptors, which stay the caller's until the channel is closed. */
    void sendShared(final int type, final int first, final int second, final Consumer<AttachMessage> fill) {
        send(type, new Fds(first, second, false), fill);
    }

    private void send(final int type, final Fds fds, final Consumer<AttachMessage> fill) {
        if (closed) {
            fds.sent();
            return;
        }
        message.wrap(outgoing.message()).begin(type);
        fill.accept(message);
        if (waiting.isEmpty() && trySend(fds)) {
            return;
        }
        final ByteBuffer bytes = ByteBuffer.allocate(AttachMessage.BYTES);
        bytes.put(0, outgoing.message(), 0, AttachMessage.BYTES);
        waiting.add(new Waiting(bytes, fds));
        watcher.modify(watch, Linux.EPOLLOUT);
    }

    /** Sends what waited. */
    void flush() {
        while (!waiting.isEmpty() && !closed) {
            final Waiting next = waiting.peek();
            outgoing.message().put(0, next.bytes(), 0, AttachMessage.BYTES);
            if (!trySend(next.fds())) {
                return;
            }
            waiting.poll();
        }
        if (!closed) {
            watcher.modify(watch, Linux.EPOLLIN | Linux.EPOLLRDHUP);
        }
    }

    /** @return false if there is no room. A guest that is gone is noticed elsewhere: its answer counts as sent. */
    private boolean trySend(final Fds fds) {
        final int result;
        if (fds.first() == NO_FD) {
            result = outgoing.send(socket);
        } else if (fds.second() == NO_FD) {
            result = outgoing.send(socket, fds.first());
        } else {
            result = outgoing.send(socket, fds.first(), fds.second());
        }
        if (result == -Errno.EAGAIN) {
            return false;
        }
        fds.sent();
        return true;
    }

    /** Ends the connection; answers that wait are forgotten. */
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        waiting.forEach(forgotten -> forgotten.fds().sent());
        waiting.clear();
        watcher.remove(watch);
        Libc.close(socket);
    }
}
