package io.virtuoso.guest.core;

import io.virtuoso.guest.os.Os;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.GuestKind;
import io.virtuoso.protocol.MessageType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** The connection of one attachment to the host stack: messages, doorbells and the region. Any thread. */
abstract class Line {
    static final int NONE = -1;
    static final int ANSWER_TIMEOUT_MS = 5_000;

    private final Transport transport;
    private final Os os;
    private final int control;
    private final Descriptors descriptors;
    private final ReentrantLock lock = new ReentrantLock();

    /** All descriptors of an attachment; closed when it has become unreachable. */
    static final class Descriptors implements Runnable {
        private final Os os;
        private final List<Integer> open = new ArrayList<>();

        Descriptors(Os os) {
            this.os = os;
        }

        synchronized void add(int fd) {
            if (fd >= 0) {
                open.add(fd);
            }
        }

        @Override
        public synchronized void run() {
            open.forEach(os::close);
            open.clear();
        }
    }

    /** Owns the connection that HELLO goes over. */
    Line(Transport transport, int control) {
        this.transport = transport;
        this.os = transport.os();
        this.control = control;
        this.descriptors = new Descriptors(os);
        descriptors.add(control);
    }

    final Os os() {
        return os;
    }

    final Descriptors descriptors() {
        return descriptors;
    }

    // ---- attaching ---------------------------------------------------------------------------

    /**
     * Says HELLO.
     *
     * @param program shown by the host stack
     * @return the region, not checked yet; null if there is no host stack
     * @throws IOException if the host stack refused, in its words
     */
    final ByteBuffer greet(String program) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(AttachMessage.BYTES);
        AttachMessage message = new AttachMessage().wrap(bytes);
        message.begin(MessageType.HELLO)
                .kind(GuestKind.JVM)
                .pid(os.pid())
                .value(memory())
                .text(program);
        int[] fds = {NONE, NONE};
        boolean answered = exchange(control, bytes, fds);
        for (int fd : fds) {
            descriptors.add(fd);
        }
        if (!answered) {
            return null;
        }
        if (message.type() == MessageType.REFUSED) {
            throw new IOException(message.text());
        }
        return message.type() == MessageType.WELCOME ? enter(message, fds) : null;
    }

    /** What HELLO says about the memory that regions are to lie in. */
    abstract long memory();

    /** Takes what WELCOME brought. @return the region; null if it is incomplete */
    abstract ByteBuffer enter(AttachMessage welcome, int[] fds) throws IOException;

    // ---- messages and rings ------------------------------------------------------------------

    /** Asks on the control connection. @return the answer, or null if the host stack is gone */
    final AttachMessage converse(int type, long value, long features, String text, int[] fds) {
        lock.lock();
        try {
            ByteBuffer bytes = ByteBuffer.allocateDirect(AttachMessage.BYTES);
            AttachMessage message = new AttachMessage().wrap(bytes);
            message.begin(type).value(value).features(features).text(text);
            return exchange(control, bytes, fds) ? message : null;
        } finally {
            lock.unlock();
        }
    }

    /** Sends a message and receives the answer in its place. @return false if there is none that makes sense */
    final boolean exchange(int fd, ByteBuffer message, int[] fds) {
        if (os.sendMessage(fd, message, NONE) != 0) {
            return false;
        }
        int got = transport.receive(fd, message, fds, ANSWER_TIMEOUT_MS);
        return got == AttachMessage.BYTES && new AttachMessage().wrap(message).check(got) == null;
    }

    /** Opens a context. @return its doorbell, non-blocking and kept as long as the attachment; negative: it failed */
    final int openContext(int index) {
        int[] fds = {NONE};
        AttachMessage answer = askForContext(index, fds);
        descriptors.add(fds[0]);
        boolean good = answer != null && answer.type() == MessageType.CONTEXT && answer.error() == 0;
        if (!good || fds[0] < 0) {
            return NONE;
        }
        os.setNonBlocking(fds[0]);
        return fds[0];
    }

    /** Sends OPEN_CONTEXT. @return the answer, whose descriptor goes into {@code fds} */
    abstract AttachMessage askForContext(int index, int[] fds);

    /** Wakes the host stack. */
    abstract void ringHost();

    /** Whether that, and being woken, takes longer than most answers do. */
    abstract boolean isWakingDear();
}
