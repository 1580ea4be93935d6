package io.virtuoso.host.control;

import io.virtuoso.host.capture.CaptureFilter;
import io.virtuoso.host.capture.CaptureRing;
import io.virtuoso.host.capture.PcapngWriter;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.protocol.Errno;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A capture on its way to the one who asked for it. Packets wait in a {@link CaptureRing} while the socket is full, and are
 * lost, and counted, while that is full, too. Control thread only.
 */
final class CaptureConnection implements Watcher.Handler {
    private static final int BUFFER_BYTES = 1 << 20;

    private final long count;
    private final StackMailboxes stack;
    private final Runnable whenClosed;
    private final CaptureRing ring;
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final PcapngWriter writer;
    private Watcher watcher;
    private Watcher.Watch watch;
    private int fd;
    private int sent;
    private Phase phase = Phase.RUNNING;
    private boolean closed;

    /** The stack notes packets; it is asked to stop; it has stopped; all has been read. */
    private enum Phase {
        RUNNING,
        ENDING,
        ENDED,
        FINISHED
    }

    /** @param count ends after so many packets */
    CaptureConnection(
            final CaptureFilter filter,
            final long count,
            final StackMailboxes stack,
            final ControlMailbox mailbox,
            final Runnable whenClosed) {
        this.count = count;
        this.stack = stack;
        this.whenClosed = whenClosed;
        this.ring = new CaptureRing(filter, () -> mailbox.post(events -> drain()));
        out.put("ok\n".getBytes(StandardCharsets.US_ASCII));
        this.writer = new PcapngWriter(out, filter, epochNs() - System.nanoTime());
    }

    private static long epochNs() {
        return ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now());
    }

    /** Begins. The answer's first line is sent when the stack notes packets. */
    void open(final Watcher ofThread, final int socket) {
        watcher = ofThread;
        fd = socket;
        watch = socket < 0 ? null : watcher.add(socket, Linux.EPOLLIN, this);
        if (watch == null) {
            close();
            return;
        }
        stack.query(
                commands -> {
                    commands.capture(ring);
                    return ring;
                },
                begun -> drain(),
                e -> close());
    }

    @Override
    public void ready(final int events) {
        if ((events & (Linux.EPOLLERR | Linux.EPOLLHUP)) != 0) {
            close();
            return;
        }
        if ((events & Linux.EPOLLIN) != 0) { // it says that it has enough, or nonsense
            end();
        }
        watcher.modify(watch, phase == Phase.RUNNING ? Linux.EPOLLIN : 0);
        drain();
    }

    @Override
    public void failed() {
        close();
    }

    /** Writes what there is, until the socket is full. */
    private void drain() {
        while (!closed && write()) {
            final int limit = (int) Math.min(writer.room(), count - writer.packets());
            final int read = limit == 0 ? 0 : ring.read(writer::onRecord, limit);
            if (writer.packets() == count) {
                end();
            }
            if (read == 0 && !finish()) {
                return;
            }
        }
    }

    /** @return true if there is more to write */
    private boolean finish() {
        if (phase == Phase.ENDED) {
            phase = Phase.FINISHED;
            writer.finish(System.nanoTime(), ring.lost());
            return true;
        }
        if (phase == Phase.FINISHED) {
            close();
        }
        return false;
    }

    private void end() {
        if (phase == Phase.RUNNING) {
            phase = Phase.ENDING;
            stopNoting(() -> {
                phase = Phase.ENDED;
                drain();
            });
        }
    }

    private void stopNoting(final Runnable then) {
        stack.query(
                commands -> {
                    commands.capture(null);
                    return null;
                },
                nothing -> then.run(),
                e -> close());
    }

    private void close() {
        if (closed) {
            return;
        }
        closed = true;
        watcher.remove(watch);
        if (fd >= 0) {
            Libc.close(fd);
        }
        if (phase == Phase.RUNNING) {
            stopNoting(() -> {});
        }
        whenClosed.run();
    }

    /** @return false if the socket is full, or gone */
    private boolean write() {
        while (sent < out.position()) {
            final long address = MemorySegment.ofBuffer(out.duplicate().clear()).address();
            final int written = Libc.write(fd, address + sent, out.position() - sent);
            if (written == -Errno.EAGAIN) {
                watcher.modify(watch, Linux.EPOLLOUT | (phase == Phase.RUNNING ? Linux.EPOLLIN : 0));
                return false;
            }
            if (written < 0 && written != -Errno.EINTR) {
                close();
                return false;
            }
            sent += Math.max(written, 0);
        }
        out.clear();
        sent = 0;
        return true;
    }
}
