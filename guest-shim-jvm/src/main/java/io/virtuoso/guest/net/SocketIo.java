package io.virtuoso.guest.net;

import io.virtuoso.guest.core.Deadline;
import io.virtuoso.guest.core.StreamSocket;
import io.virtuoso.guest.core.Threads;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Blocking use of one socket of the host stack: one reader or accepter and one writer at a time, and whoever waits ends
 * when another thread closes. A socket that its program has dropped is closed when the collector finds it.
 */
final class SocketIo {
    private static final Cleaner CLEANER = Cleaner.create();

    private final StreamSocket socket;
    private final SocketLife life;
    private final Cleaner.Cleanable release;
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();

    SocketIo(StreamSocket socket, SocketLife life) {
        this.socket = socket;
        this.life = life;
        this.release = CLEANER.register(this, socket::close);
        socket.lingerMayBlock(true);
    }

    StreamSocket socket() {
        return socket;
    }

    // ---- data --------------------------------------------------------------------------------

    /** Reads what is there, at least one byte. @return -1: end of stream */
    int read(byte[] target, int offset, int length, int timeoutMillis) throws IOException {
        readLock.lock();
        try {
            enterConnected();
            int count = 0;
            try {
                count = socket.read(target, offset, length);
                if (count == 0) {
                    count = waitAndRead(target, offset, length, Deadline.inMillis(timeoutMillis, "Read timed out"));
                }
                return count;
            } catch (IOException e) {
                throw forSockets(e);
            } finally {
                leave(count > 0);
            }
        } finally {
            readLock.unlock();
        }
    }

    private int waitAndRead(byte[] target, int offset, int length, Deadline deadline) throws IOException {
        int count = 0;
        while (count == 0 && life.isOpen()) {
            await(StreamSocket.READ, deadline);
            if (life.isOpen()) {
                count = socket.read(target, offset, length);
            }
        }
        return count;
    }

    /** Writes all. */
    void write(byte[] source, int offset, int length) throws IOException {
        writeLock.lock();
        try {
            enterConnected();
            int count = 0;
            try {
                count = socket.write(source, offset, length);
                if (count < length) {
                    count += waitAndWrite(source, offset + count, length - count);
                }
            } catch (IOException e) {
                throw forSockets(e);
            } finally {
                leave(count == length);
            }
        } finally {
            writeLock.unlock();
        }
    }

    private int waitAndWrite(byte[] source, int offset, int length) throws IOException {
        int count = 0;
        while (count < length && life.isOpen()) {
            await(StreamSocket.WRITE, Deadline.NONE);
            if (life.isOpen()) {
                count += socket.write(source, offset + count, length - count);
            }
        }
        return count;
    }

    // ---- connections -------------------------------------------------------------------------

    /** Connects over the host stack. */
    void connect(InetSocketAddress remote, Deadline deadline) throws IOException {
        life.enter();
        boolean done = false;
        try {
            socket.connect(remote.getAddress(), remote.getPort());
            done = socket.finishConnect();
            while (!done && life.isOpen()) {
                await(StreamSocket.WRITE, deadline);
                done = life.isOpen() && socket.finishConnect();
            }
        } finally {
            leave(done);
        }
    }

    /** Connects to a listener of this guest by a loopback address. @return false: there is none */
    boolean connectLoopback(InetSocketAddress remote) throws IOException {
        life.enter();
        boolean done = false;
        try {
            done = socket.connectLoopback(remote.getAddress(), remote.getPort());
        } finally {
            leave(done);
        }
        return done;
    }

    /** Nobody reads or writes while a connection is being made. */
    void lockBoth(Deadline deadline) throws IOException {
        deadline.lock(readLock);
        try {
            deadline.lock(writeLock);
        } catch (IOException e) {
            readLock.unlock();
            throw e;
        }
    }

    void unlockBoth() {
        writeLock.unlock();
        readLock.unlock();
    }

    /** Waits for a connection. */
    StreamSocket accept(Deadline deadline) throws IOException {
        deadline.lock(readLock);
        try {
            life.enter();
            StreamSocket accepted = null;
            try {
                accepted = socket.accept();
                while (accepted == null && life.isOpen()) {
                    await(StreamSocket.READ, deadline);
                    accepted = life.isOpen() ? socket.accept() : null;
                }
                return accepted;
            } finally {
                leave(accepted != null);
            }
        } finally {
            readLock.unlock();
        }
    }

    // ---- waiting and the end -----------------------------------------------------------------

    /** An interrupt ends a virtual thread's wait, as in the platform; {@code java.net.Socket} then closes. */
    private void await(int interest, Deadline deadline) throws IOException {
        boolean interruptible = Threads.isVirtual(Thread.currentThread());
        switch (socket.await(interest, deadline.leftNanos(), interruptible)) {
            case StreamSocket.TIMEOUT -> throw deadline.exceeded();
            case StreamSocket.INTERRUPTED -> throw new InterruptedIOException("Closed by interrupt");
            default -> {
                // the caller looks
            }
        }
    }

    private void enterConnected() throws SocketException {
        life.checkConnected();
        life.enter();
    }

    private void leave(boolean completed) throws SocketException {
        try {
            if (life.leave()) {
                release();
            }
        } finally {
            Reference.reachabilityFence(this); // not dropped while somebody was inside
        }
        if (!completed && !life.isOpen()) {
            throw new SocketException("Socket closed");
        }
    }

    /** Ends all waiting: the socket is closed, and the last one out releases it. */
    void wake() {
        socket.wakeWaiters();
    }

    /** Gives the socket back to the host stack. Nobody is inside. */
    void release() {
        release.clean();
    }

    private static IOException forSockets(IOException e) {
        if (e instanceof SocketException || e instanceof InterruptedIOException) {
            return e;
        }
        SocketException converted = new SocketException(e.getMessage());
        converted.initCause(e);
        return converted;
    }
}
