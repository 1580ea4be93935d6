package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.Deadline;
import io.virtuoso.guest.core.StreamSocket;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Moves bytes between a program and one socket of the host stack, for a blocking or a non-blocking channel: one reader
 * and one writer at a time, and who waits is woken by close, interrupt and shutdown.
 */
final class StreamIo {
    /** One attempt that does not wait. */
    @FunctionalInterface
    interface Attempt {
        long run() throws IOException;
    }

    /** One step towards a connection. */
    @FunctionalInterface
    interface Step {
        /** @return whether there is a connection now */
        boolean run(boolean blocking) throws IOException;
    }

    /** The channel, with what its superclass offers its subclasses only. */
    interface Blocker {
        boolean isBlocking();

        /** From now on an interrupt closes the channel. */
        void beginBlocking();

        /** No more. Throws if an interrupt or somebody's close was the reason for coming back. */
        void endBlocking(boolean completed) throws AsynchronousCloseException;
    }

    static final long NO_LIMIT = 0;
    private static final long END = -1;

    private final StreamSocket socket;
    private final StreamState state;
    private final Blocker channel;
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();

    StreamIo(StreamSocket socket, StreamState state, Blocker channel) {
        this.socket = socket;
        this.state = state;
        this.channel = channel;
    }

    /** Keeps readers, writers and other state changes out. */
    void lockBoth() {
        readLock.lock();
        writeLock.lock();
    }

    void unlockBoth() {
        writeLock.unlock();
        readLock.unlock();
    }

    /**
     * Reads once, waiting for the first byte if the channel blocks.
     *
     * @param hasRoom false: nothing can be read, so nothing is waited for
     * @param mustBlock the channel must not be non-blocking
     * @param timeoutNanos 0: none
     */
    long read(Attempt attempt, boolean hasRoom, boolean mustBlock, long timeoutNanos) throws IOException {
        readLock.lock();
        try {
            return readLocked(attempt, hasRoom, checkMode(mustBlock), timeoutNanos);
        } finally {
            readLock.unlock();
        }
    }

    private boolean checkMode(boolean mustBlock) throws ClosedChannelException {
        boolean blocking = channel.isBlocking();
        if (mustBlock && !blocking) {
            state.checkOpen();
            throw new IllegalBlockingModeException();
        }
        return blocking;
    }

    private long readLocked(Attempt attempt, boolean hasRoom, boolean blocking, long timeoutNanos) throws IOException {
        state.checkOpen();
        boolean entered = false;
        long count = 0;
        try {
            if (blocking) {
                channel.beginBlocking();
            }
            state.enter();
            entered = true;
            state.checkConnected();
            if (state.isInputShut()) {
                count = END;
            } else if (hasRoom) {
                count = attempt.run();
                if (count == 0 && blocking) {
                    count = waitAndRead(attempt, timeoutNanos);
                }
                if (count == 0 && state.isInputShut()) {
                    count = END;
                }
            }
            return count;
        } finally {
            leave(entered, blocking, count > 0);
        }
    }

    private long waitAndRead(Attempt attempt, long timeoutNanos) throws IOException {
        Deadline deadline = Deadline.inNanos(timeoutNanos, "Read timed out");
        long count = 0;
        while (count == 0 && state.isOpen() && !state.isInputShut()) {
            await(socket, StreamSocket.READ, deadline);
            if (state.isOpen()) {
                count = attempt.run();
            }
        }
        return count;
    }

    /**
     * Writes what there is room for; all, if the channel blocks.
     *
     * @param bytes what the attempts have to write in all
     * @param mustBlock the channel must not be non-blocking
     */
    long write(Attempt attempt, long bytes, boolean mustBlock) throws IOException {
        writeLock.lock();
        try {
            return writeLocked(attempt, bytes, checkMode(mustBlock));
        } finally {
            writeLock.unlock();
        }
    }

    private long writeLocked(Attempt attempt, long bytes, boolean blocking) throws IOException {
        state.checkOpen();
        boolean entered = false;
        long count = 0;
        try {
            if (blocking) {
                channel.beginBlocking();
            }
            state.enter();
            entered = true;
            state.checkConnected();
            if (state.isOutputShut()) {
                throw new AsynchronousCloseException(); // as if the shutdown had come during the call
            }
            if (bytes > 0) {
                count = attempt.run();
                if (count < bytes && blocking) {
                    count = waitAndWrite(attempt, count, bytes);
                }
            }
            return count;
        } finally {
            leave(entered, blocking, count > 0);
        }
    }

    private long waitAndWrite(Attempt attempt, long already, long bytes) throws IOException {
        long count = already;
        while (count < bytes && state.isOpen() && !state.isOutputShut()) {
            await(socket, StreamSocket.WRITE, Deadline.NONE);
            if (state.isOpen() && !state.isOutputShut()) {
                count += attempt.run();
            }
        }
        if (count == 0 && state.isOutputShut()) {
            throw new AsynchronousCloseException();
        }
        return count;
    }

    /** Goes a step towards a connection, under both locks. */
    boolean connecting(Step step) throws IOException {
        boolean blocking = channel.isBlocking();
        state.checkOpen();
        boolean entered = false;
        boolean done = false;
        try {
            if (blocking) {
                channel.beginBlocking();
            }
            state.enter();
            entered = true;
            done = step.run(blocking);
            return done;
        } finally {
            leave(entered, blocking, done);
        }
    }

    /** Waits for the outcome of a connection attempt, from inside. @return false: closed meanwhile */
    boolean awaitConnected(long timeoutNanos) throws IOException {
        Deadline deadline = Deadline.inNanos(timeoutNanos, "Connect timed out");
        boolean done = socket.finishConnect();
        while (!done && state.isOpen()) {
            await(socket, StreamSocket.WRITE, deadline);
            done = state.isOpen() && socket.finishConnect();
        }
        return done;
    }

    /** Waits for a socket of a blocking channel; the caller then looks why it was woken. */
    static void await(StreamSocket socket, int interest, Deadline deadline) throws SocketTimeoutException {
        if (socket.await(interest, deadline.leftNanos(), true) == StreamSocket.TIMEOUT) {
            throw deadline.exceeded();
        }
    }

    private void leave(boolean entered, boolean blocking, boolean completed) throws AsynchronousCloseException {
        if (entered) {
            leave();
        }
        if (blocking) {
            channel.endBlocking(completed);
        }
    }

    /** Goes out; the last one out of a closed channel releases the socket. */
    void leave() {
        if (state.leave()) {
            socket.close();
        }
    }

    /** Closes: at once if nobody is inside, else those inside are woken and the last one does it. */
    void close() {
        socket.lingerMayBlock(channel.isBlocking());
        if (state.close()) {
            socket.close();
        } else {
            socket.wakeWaiters();
        }
    }
}
