package io.virtuoso.guest.core;

import io.virtuoso.guest.core.SocketState.Phase;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Bytes in and out of one socket's rings. Never waits for the peer. At most one thread at a time reads and one writes.
 */
final class DataPath {
    private static final int END = -1;
    private static final int AGAIN = -2;

    /** Bytes of a ring; a kernel's socket has more room for who writes without waiting. */
    private static final int SMALL = 1 << 14;

    private final SocketState socket;
    private final Home home;
    private volatile boolean wasReset;

    DataPath(SocketState socket, Home home) {
        this.socket = socket;
        this.home = home;
    }

    // ---- reading -----------------------------------------------------------------------------

    int read(ByteBuffer dst) throws IOException {
        int got = read(dst, dst.position(), dst.remaining());
        if (got > 0) {
            dst.position(dst.position() + got);
        }
        return got;
    }

    long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        long total = 0;
        for (int i = offset; i < offset + length; i++) {
            if (!dsts[i].hasRemaining()) {
                continue;
            }
            if (total != 0 && available() == 0) {
                break;
            }
            int got = read(dsts[i]);
            if (got <= 0) {
                return total != 0 ? total : got;
            }
            total += got;
            if (dsts[i].hasRemaining()) {
                break;
            }
        }
        return total;
    }

    private int read(ByteBuffer target, int index, int length) throws IOException {
        int count;
        do {
            SlotUse use = readable();
            count = use == null ? 0 : taken(use, use.receive().copy(target, index, length));
        } while (count == 0 && (count = whyNothing(length)) == AGAIN);
        return count;
    }

    int read(byte[] target, int index, int length) throws IOException {
        int count;
        do {
            SlotUse use = readable();
            count = use == null ? 0 : taken(use, use.receive().copy(target, index, length));
        } while (count == 0 && (count = whyNothing(length)) == AGAIN);
        return count;
    }

    private SlotUse readable() {
        return socket.phase() == Phase.CONNECTED && !socket.inputShut() ? socket.use() : null;
    }

    private int taken(SlotUse use, int count) {
        if (count > 0) {
            consume(use, count);
        }
        return count > 0 && use.readTooLate() ? 0 : count;
    }

    /**
     * Why there was nothing to read. State comes before rx_tail: with the end seen, what is unread then is the last.
     *
     * @return 0: there is nothing yet; END; or AGAIN: there is something by now
     */
    private int whyNothing(int length) throws IOException {
        if (wasReset) {
            throw Errnos.exception(Errno.ECONNRESET, Errnos.Operation.READ);
        }
        if (socket.inputShut()) {
            return END;
        }
        boolean connected = socket.progress() == Phase.CONNECTED;
        SlotUse use = socket.use();
        if (length == 0 || !connected || use == null) {
            return 0;
        }
        int state = use.state();
        if (use.receive().unread() != 0) {
            return AGAIN;
        }
        int errno = socket.takeError();
        if (errno != 0) {
            wasReset = errno == Errno.ECONNRESET;
            throw Errnos.exception(errno, Errnos.Operation.READ);
        }
        boolean ended = (state & (State.READ_CLOSED | State.FAILED)) != 0;
        return ended || use.attachment().isDead() ? END : 0;
    }

    /** Takes bytes that were copied. */
    void consume(SlotUse use, int count) {
        if (use.receive().consume(count)) {
            home.post(Command.RX_ROOM, use, 0);
        }
    }

    int available() {
        SlotUse use = socket.use();
        if (use == null || socket.phase() != Phase.CONNECTED || socket.inputShut()) {
            return 0;
        }
        return (int) Math.min(use.receive().unread(), Integer.MAX_VALUE);
    }

    // ---- writing -----------------------------------------------------------------------------

    int write(ByteBuffer src) throws IOException {
        int done = write(src, src.position(), src.remaining());
        src.position(src.position() + done);
        return done;
    }

    private int write(ByteBuffer source, int index, int length) throws IOException {
        SlotUse use = usableForWriting();
        if (use == null) {
            return 0;
        }
        TransmitSide ring = use.transmit();
        int count = Math.min(ring.begin(), length);
        try {
            if (count > 0) {
                ring.put(source, index, count, 0);
            }
        } catch (RuntimeException e) {
            ring.leave();
            throw e;
        }
        publish(use, count, (long) length - count);
        return count;
    }

    int write(byte[] source, int index, int length) throws IOException {
        SlotUse use = usableForWriting();
        if (use == null) {
            return 0;
        }
        TransmitSide ring = use.transmit();
        int count = Math.min(ring.begin(), length);
        try {
            if (count > 0) {
                ring.put(source, index, count);
            }
        } catch (RuntimeException e) {
            ring.leave();
            throw e;
        }
        publish(use, count, (long) length - count);
        return count;
    }

    long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        SlotUse use = usableForWriting();
        if (use == null) {
            return 0;
        }
        TransmitSide ring = use.transmit();
        int room = ring.begin();
        int done = 0;
        long left = 0;
        try {
            for (int i = offset; i < offset + length; i++) {
                ByteBuffer src = srcs[i];
                int count = Math.min(room - done, src.remaining());
                if (count > 0) {
                    ring.put(src, src.position(), count, done);
                    src.position(src.position() + count);
                    done += count;
                }
                left += src.remaining();
            }
        } catch (RuntimeException e) {
            ring.leave();
            throw e;
        }
        publish(use, done, left);
        return done;
    }

    /** Writes what the host stack can make room for; see {@link StreamSocket#writeNow(ByteBuffer)}. */
    int writeNow(ByteBuffer src) throws IOException {
        prepare(src.remaining());
        int done = write(src);
        int more = 1;
        while (more != 0 && src.hasRemaining() && awaitLook()) {
            more = write(src);
            done += more;
        }
        return done;
    }

    long writeNow(ByteBuffer[] srcs, int offset, int length) throws IOException {
        long bytes = 0;
        for (int i = offset; i < offset + length; i++) {
            bytes += srcs[i].remaining();
        }
        prepare(bytes);
        long done = write(srcs, offset, length);
        long more = 1;
        while (more != 0 && done < bytes && awaitLook()) {
            more = write(srcs, offset, length);
            done += more;
        }
        return done;
    }

    /** Sees to a ring that holds so many bytes, if there may be one now. */
    private void prepare(long bytes) {
        SlotUse use = socket.use();
        long wish = canAsk(use) ? use.transmit().wish(bytes) : 0;
        if (wish != 0) {
            home.post(Command.TX, use, wish);
            home.ask(Command.INFO, use, 0, 0, 0, 0);
        }
    }

    /**
     * A small ring is full only because the host stack, not the peer, did not look yet: it takes what is there and offers
     * a larger one while this waits for its answer.
     *
     * @return whether it is worth while to write again
     */
    private boolean awaitLook() {
        SlotUse use = socket.use();
        boolean helps = canAsk(use)
                && use.transmit().capacity() <= SMALL
                && use.transmit().isUnseen();
        if (helps) {
            home.ask(Command.INFO, use, 0, 0, 0, 0);
        }
        return helps;
    }

    private boolean canAsk(SlotUse use) {
        return use != null
                && socket.phase() == Phase.CONNECTED
                && !use.isShared()
                && !use.attachment().isDead();
    }

    /** The host would have an idle transmit ring back. */
    void adoptRing() {
        SlotUse use = socket.use();
        if (use != null && socket.phase() == Phase.CONNECTED && use.transmit().adoptIfIdle()) {
            home.post(Command.TX, use, 0);
        }
    }

    private void publish(SlotUse use, int count, long left) throws IOException {
        long notice = use.transmit().publish(count, left);
        if (count > 0 && use.wroteTooLate()) {
            throw Errnos.exception(Errno.ECONNRESET, Errnos.Operation.WRITE);
        }
        if (notice != TransmitSide.NO_NOTICE) {
            home.post(Command.TX, use, notice);
        }
    }

    /** @return null: not connected yet */
    private SlotUse usableForWriting() throws IOException {
        Phase phase = socket.progress();
        SlotUse use = socket.use();
        if (use == null || phase == Phase.CLOSED) {
            throw Errnos.exception(Errno.EPIPE, Errnos.Operation.WRITE);
        }
        if (socket.outputShut() || (use.state() & State.WRITE_CLOSED) != 0 || socket.hasFailed()) {
            int errno = socket.takeError();
            throw Errnos.exception(errno != 0 ? errno : Errno.EPIPE, Errnos.Operation.WRITE);
        }
        return phase == Phase.CONNECTED ? use : null;
    }
}
