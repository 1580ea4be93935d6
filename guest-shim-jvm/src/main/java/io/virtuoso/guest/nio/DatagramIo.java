package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.Deadline;
import io.virtuoso.guest.core.Gate;
import io.virtuoso.guest.core.Threads;
import io.virtuoso.guest.core.UdpSocket;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Moves datagrams between a program and one UDP socket of the host stack, for a blocking or a non-blocking channel: one
 * receiver and one sender at a time, and who waits is woken by close and interrupt.
 */
final class DatagramIo {
    /** One attempt that does not wait. */
    @FunctionalInterface
    interface Attempt {
        /** @return UdpSocket.NOT_NOW: try again later */
        int run() throws IOException;
    }

    private final UdpSocket socket;
    private final StreamIo.Blocker channel;
    private final boolean interruptible;
    private final Gate gate = new Gate();
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();

    /** @param interruptible whether an interrupt closes the channel; class DatagramSocket ignores interrupts */
    DatagramIo(UdpSocket socket, StreamIo.Blocker channel, boolean interruptible) {
        this.socket = socket;
        this.channel = channel;
        this.interruptible = interruptible;
    }

    /** Keeps other receivers out. */
    void lockRead() {
        readLock.lock();
    }

    void unlockRead() {
        readLock.unlock();
    }

    /** Keeps other senders out. */
    void lockWrite() {
        writeLock.lock();
    }

    void unlockWrite() {
        writeLock.unlock();
    }

    /** Keeps receivers, senders and other state changes out. */
    void lockBoth() {
        readLock.lock();
        writeLock.lock();
    }

    void unlockBoth() {
        writeLock.unlock();
        readLock.unlock();
    }

    /** Comes in. */
    void enter() throws ClosedChannelException {
        if (!gate.enter()) {
            throw new ClosedChannelException();
        }
    }

    /** Goes out; the last one out of a closed channel releases the socket. */
    void leave() {
        if (gate.leave()) {
            socket.close();
        }
    }

    /** For who is not inside yet: afterwards, that somebody has closed is somebody else's doing. */
    void checkOpen() throws ClosedChannelException {
        if (!gate.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    /**
     * Tries until it succeeds, if the channel blocks; else once. Under the lock for the direction.
     *
     * @param interest what is waited for
     */
    int run(Attempt attempt, int interest, Deadline deadline) throws IOException {
        checkOpen();
        boolean blocking = channel.isBlocking();
        boolean entered = false;
        int result = UdpSocket.NOT_NOW;
        try {
            if (blocking && interruptible) {
                channel.beginBlocking();
            }
            enter();
            entered = true;
            result = attempt.run();
            while (result == UdpSocket.NOT_NOW && blocking && gate.isOpen()) {
                await(interest, deadline);
                if (gate.isOpen()) {
                    result = attempt.run();
                }
            }
            return result;
        } finally {
            if (entered) {
                leave();
            }
            if (blocking) {
                endBlocking(result != UdpSocket.NOT_NOW);
            }
        }
    }

    private void endBlocking(boolean completed) throws AsynchronousCloseException {
        if (interruptible) {
            channel.endBlocking(completed);
        } else if (!completed && !gate.isOpen()) {
            throw new AsynchronousCloseException();
        }
    }

    /** As in the JDK, only a virtual thread's interrupt ends a wait that no interrupt is meant to end. */
    private void await(int interest, Deadline deadline) throws IOException {
        boolean heed = interruptible || Threads.isVirtual(Thread.currentThread());
        int result = socket.await(interest, deadline.leftNanos(), heed);
        if (result == UdpSocket.TIMEOUT) {
            throw deadline.exceeded();
        }
        if (result == UdpSocket.INTERRUPTED && !interruptible) {
            throw new InterruptedIOException();
        }
    }

    /** Closes: at once if nobody is inside, else those inside are woken and the last one does it. */
    void close() {
        if (gate.close()) {
            socket.close();
        } else {
            socket.wakeWaiters();
        }
    }
}
