package io.virtuoso.host.vm;

import io.virtuoso.host.control.Watcher;
import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.host.guest.MachineMemory;
import io.virtuoso.host.vsock.VsockConnection;
import io.virtuoso.host.vsock.VsockHandler;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.MessageType;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A process in a virtual machine: the connection that it said HELLO on, and a socket pair to the control thread, where it
 * is an attach connection like any other. One question is under way at a time, so that each answer has its asker. VM
 * thread only.
 */
final class MachineProcess implements VsockHandler, Watcher.Handler {
    private static final int NONE = -1;
    private static final int MAX_QUESTIONS = 256;
    /** A type that no message has. */
    private static final int NONSENSE = 0;

    private final AttachPort port;
    private final VsockConnection connection;
    private final ArrayDeque<Question> questions = new ArrayDeque<>();
    private final Set<VsockConnection> bells = new LinkedHashSet<>();
    private Watcher.Watch watch;
    private int socket = NONE;
    private int hostDoorbell = NONE;
    private int key;
    private boolean wantsVectors;
    private DoorbellConnection doorbells;
    private Question asked;
    private boolean ended;

    /** Who asks the control thread. */
    interface Asker {
        /** The answer is the port's message. */
        void answered();

        /** There will be no answer. */
        void unanswered();
    }

    /** A message for the control thread, with a descriptor that is closed when it is sent. */
    private record Question(ByteBuffer bytes, int fd, Asker asker) {
        void drop() {
            Libc.close(fd);
            asker.unanswered();
        }
    }

    MachineProcess(final AttachPort port, final VsockConnection connection) {
        this.port = port;
        this.connection = connection;
    }

    /** Begins with the HELLO that is the port's message. */
    void hello() {
        final Optional<MachineMemory> memory =
                port.machine().memory(port.message().value());
        if (memory.isEmpty()) {
            refuse(
                    Errno.ENXIO,
                    "the machine has no sealed memory there; it needs ivshmem-plain on memory-backend-memfd,"
                            + " or ivshmem-doorbell");
            return;
        }
        wantsVectors = (port.message().features() & AttachMessage.FEATURE_VECTORS) != 0;
        final long pair = UnixSocket.pair(Linux.SOCK_SEQPACKET);
        if (pair < 0) {
            refuse((int) -pair, "the host stack has no descriptor left");
            return;
        }
        socket = Libc.first(pair);
        watch = port.machine().watcher().add(socket, Linux.EPOLLIN | Linux.EPOLLRDHUP, this);
        if (watch == null || port.passing().send(socket) < 0) {
            Libc.close(Libc.second(pair));
            fail();
            return;
        }
        port.machine().control().machineAttaches(port.machine().guest(), Libc.second(pair), memory.get());
    }

    private void refuse(final int errno, final String reason) {
        port.message().begin(MessageType.REFUSED).error(errno).text(reason);
        port.write(connection);
        end();
    }

    /** Rings the host stack. */
    void ringHost() {
        if (hostDoorbell >= 0) {
            Libc.ringEventFd(hostDoorbell);
        }
    }

    /** @return the device whose vectors it may use; empty: that was not agreed on */
    Optional<DoorbellConnection> doorbells() {
        return Optional.ofNullable(doorbells);
    }

    /** A connection that is to end with the process. */
    void add(final VsockConnection bell) {
        bells.add(bell);
    }

    void remove(final VsockConnection bell) {
        bells.remove(bell);
    }

    // ---- questions

    /**
     * Sends the port's message to the control thread as soon as those before it are answered.
     *
     * @param fd goes with it and is closed then; negative: none
     */
    void ask(final int fd, final Asker asker) {
        final ByteBuffer copy = ByteBuffer.allocate(AttachMessage.BYTES);
        copy.put(0, port.passing().message(), 0, AttachMessage.BYTES);
        final Question question = new Question(copy, fd, asker);
        if (ended || hostDoorbell == NONE || questions.size() >= MAX_QUESTIONS) {
            question.drop();
            fail();
            return;
        }
        questions.add(question);
        askNext();
    }

    private void askNext() {
        while (asked == null && !questions.isEmpty()) {
            final Question next = questions.remove();
            port.passing().message().put(0, next.bytes(), 0, AttachMessage.BYTES);
            final int sent = port.passing().sendPart(socket, AttachMessage.BYTES, next.fd());
            Libc.close(next.fd());
            if (sent < 0) {
                next.asker().unanswered();
                end();
            } else if (port.message().type() != MessageType.CLOSE_CONTEXT) {
                asked = next;
            }
        }
    }

    /** Answers on the connection of HELLO. */
    private final class Own implements Asker {
        @Override
        public void answered() {
            port.write(connection);
        }

        @Override
        public void unanswered() {
            // The connection ends.
        }
    }

    @Override
    public void onReadable() {
        while (!ended && port.read(connection)) {
            final boolean known = port.message().check(AttachMessage.BYTES) == null
                    && switch (port.message().type()) {
                        case MessageType.CLOSE_CONTEXT, MessageType.ADOPT, MessageType.RESOLVE -> true;
                        default -> false;
                    };
            if (!known) {
                port.message()
                        .begin(NONSENSE); // for the control thread, which ends such attachments and names the reason
            }
            ask(NONE, new Own());
        }
    }

    // ---- answers

    @Override
    public void ready(final int events) {
        final FdPassing passing = port.passing();
        while (!ended) {
            final int received = passing.receive(socket);
            if (received == -Errno.EAGAIN || received == -Errno.EINTR) {
                break;
            }
            if (received != AttachMessage.BYTES) {
                end();
            } else {
                onAnswer();
            }
        }
        passing.closeFds();
        port.machine().wake();
    }

    private void onAnswer() {
        if (hostDoorbell == NONE) {
            onFirst();
            return;
        }
        final Question question = asked;
        asked = null;
        if (question == null) {
            end();
        } else {
            question.asker().answered();
            askNext();
        }
    }

    /** WELCOME brings region, which the machine has as its own memory, and doorbell; or it is a refusal. */
    private void onFirst() {
        if (port.message().type() == MessageType.WELCOME && port.passing().fdCount() == 2) {
            hostDoorbell = port.passing().takeFd(1);
            key = port.enter(this);
            doorbells = wantsVectors ? port.machine().doorbells().orElse(null) : null;
            port.message().key(key).features(doorbells == null ? 0 : AttachMessage.FEATURE_VECTORS);
        }
        port.write(connection);
    }

    // ---- the end

    /** The program did what none does. */
    private void fail() {
        connection.reset();
        end();
    }

    @Override
    public void failed() {
        fail();
    }

    /** The device that woke it is gone. */
    void lost() {
        fail();
    }

    @Override
    public void onWritable() {
        // Nobody waits for room.
    }

    @Override
    public void onEnd() {
        end();
    }

    @Override
    public void onGone() {
        end();
    }

    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        port.leave(key);
        port.machine().watcher().remove(watch);
        Libc.close(socket);
        Libc.close(hostDoorbell);
        hostDoorbell = NONE;
        if (asked != null) {
            asked.asker().unanswered();
        }
        questions.forEach(Question::drop);
        questions.clear();
        List.copyOf(bells).forEach(VsockConnection::close);
        bells.clear();
        connection.close();
        port.machine().wake();
    }
}
