package io.virtuoso.host.control;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.protocol.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/** One request of a line and its answer, of any length; then the connection is closed. Control thread only. */
final class QueryConnection implements Watcher.Handler {
    private static final int MAX_REQUEST = 1 << 13;

    private final Watcher watcher;
    private final int fd;
    private final BiConsumer<String, QueryConnection> requests;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment request = arena.allocate(MAX_REQUEST);
    private Watcher.Watch watch;
    private int requestBytes;
    private MemorySegment answer;
    private long sent;
    private boolean asked;
    private boolean closed;

    /** @param requests is given each whole request line, and answers now or later */
    QueryConnection(final Watcher watcher, final int fd, final BiConsumer<String, QueryConnection> requests) {
        this.watcher = watcher;
        this.fd = fd;
        this.requests = requests;
    }

    void open() {
        watch = watcher.add(fd, Linux.EPOLLIN, this);
        if (watch == null) {
            close();
        }
    }

    @Override
    public void ready(final int events) {
        if (answer != null) {
            write();
        } else if (asked || (events & Linux.EPOLLERR) != 0) {
            close();
        } else {
            read();
        }
    }

    @Override
    public void failed() {
        close();
    }

    private void read() {
        final int received = Libc.read(fd, request.address() + requestBytes, MAX_REQUEST - requestBytes);
        if (received == -Errno.EAGAIN || received == -Errno.EINTR) {
            return;
        }
        if (received <= 0) {
            close();
            return;
        }
        requestBytes += received;
        final String text =
                new String(request.asSlice(0, requestBytes).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        final int end = text.indexOf('\n');
        if (end >= 0) {
            asked = true;
            watcher.modify(watch, 0);
            requests.accept(text.substring(0, end).strip(), this);
        } else if (requestBytes == MAX_REQUEST) {
            error("the request is longer than " + MAX_REQUEST + " bytes");
        }
    }

    /**
     * Answers {@code ok}, a separator and the text.
     *
     * @param separator space if the text is one line of values
     */
    void ok(final char separator, final String text) {
        send("ok" + separator + text);
    }

    /**
     * Answers with an error.
     *
     * @param wrong one line
     */
    void error(final String wrong) {
        send("error " + wrong.replace('\n', ' ') + "\n");
    }

    private void send(final String text) {
        if (closed || answer != null) {
            return;
        }
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        answer = arena.allocate(bytes.length);
        MemorySegment.copy(bytes, 0, answer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        write();
    }

    private void write() {
        while (sent < answer.byteSize()) {
            final int length = (int) Math.min(answer.byteSize() - sent, 1 << 20);
            final int written = Libc.write(fd, answer.address() + sent, length);
            if (written == -Errno.EAGAIN) {
                watcher.modify(watch, Linux.EPOLLOUT);
                return;
            }
            if (written < 0 && written != -Errno.EINTR) {
                close();
                return;
            }
            sent += Math.max(written, 0);
        }
        close();
    }

    /** Gives the descriptor away: this connection is at its end. @return the descriptor, or -1 if it is closed */
    int handOver() {
        if (closed) {
            return -1;
        }
        closed = true;
        watcher.remove(watch);
        arena.close();
        return fd;
    }

    void close() {
        if (!closed) {
            closed = true;
            watcher.remove(watch);
            Libc.close(fd);
            arena.close();
        }
    }
}
