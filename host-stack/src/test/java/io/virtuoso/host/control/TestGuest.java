package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.GuestKind;
import io.virtuoso.protocol.MessageType;
import java.lang.foreign.Arena;

/** The guest's end of an attach connection. */
final class TestGuest implements AutoCloseable {
    /** What {@link FdPassing#receive} returns at the end of the connection. */
    static final int END = 0;

    private final ControlHarness host;
    private final int socket;
    private final FdPassing passing = new FdPassing();
    private final AttachMessage message = new AttachMessage().wrap(passing.message());

    TestGuest(ControlHarness host, String path) {
        this.host = host;
        this.socket = UnixSocket.connect(path, Linux.SOCK_SEQPACKET);
        assertEquals(true, socket >= 0, "connected");
    }

    AttachMessage begin(int type) {
        return message.begin(type);
    }

    /** Sends what was begun and lets the host work. @return length of the answer, or minus errno */
    int call() {
        passing.send(socket);
        host.settle();
        return receive();
    }

    /** As {@link #call()}, with a descriptor. */
    int call(int fd) {
        passing.send(socket, fd);
        host.settle();
        return receive();
    }

    int receive() {
        return passing.receive(socket);
    }

    AttachMessage answer() {
        return message;
    }

    /** Pretends to be of another version. */
    void majorVersion(int version) {
        passing.message().putShort(AttachMessage.ABI_MAJOR_OFFSET, (short) version);
    }

    /** Empties a doorbell. @return how often it was rung since, or minus errno */
    static int drain(int doorbell) {
        try (Arena arena = Arena.ofConfined()) {
            return Libc.read(doorbell, arena.allocate(64).address(), 64);
        }
    }

    int takeFd(int index) {
        return passing.takeFd(index);
    }

    /** Says HELLO and expects WELCOME, whose descriptors wait to be taken. */
    TestGuest attach() {
        begin(MessageType.HELLO).kind(GuestKind.NATIVE).pid(1).text("test");
        assertEquals(AttachMessage.BYTES, call());
        assertEquals(MessageType.WELCOME, message.type());
        return this;
    }

    /** Opens a context. @return the guest's end of its doorbell */
    int openContext(int index) {
        begin(MessageType.OPEN_CONTEXT).value(index);
        assertEquals(AttachMessage.BYTES, call());
        assertEquals(MessageType.CONTEXT, message.type());
        assertEquals(0, message.error());
        assertEquals(index, message.value());
        return passing.takeFd(0);
    }

    @Override
    public void close() {
        passing.closeFds();
        Libc.close(socket);
        host.settle();
    }
}
