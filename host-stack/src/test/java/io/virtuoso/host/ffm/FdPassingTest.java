package io.virtuoso.host.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.AttachMessage;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.MessageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FdPassingTest {
    private final long pair = UnixSocket.pair(Linux.SOCK_SEQPACKET);
    private final int host = Libc.first(pair);
    private final int guest = Libc.second(pair);
    private final FdPassing sender = new FdPassing();
    private final FdPassing receiver = new FdPassing();

    @AfterEach
    void closePair() {
        receiver.closeFds();
        Libc.close(host);
        Libc.close(guest);
    }

    @Test
    void shouldPassAMessageWithTwoDescriptors() {
        int memory = SharedMemory.create("test", 4096);
        int counter = Libc.eventFd();
        message().begin(MessageType.WELCOME).value(7).text("hello");
        assertEquals(AttachMessage.BYTES, sender.send(host, memory, counter));

        assertEquals(AttachMessage.BYTES, receiver.receive(guest));
        AttachMessage received = new AttachMessage().wrap(receiver.message());
        assertNull(received.check(AttachMessage.BYTES));
        assertEquals(MessageType.WELCOME, received.type());
        assertEquals("hello", received.text());
        assertEquals(2, receiver.fdCount());
        int copy = receiver.takeFd(0);
        assertNotEquals(memory, copy);
        assertEquals(SharedMemory.seals(memory), SharedMemory.seals(copy));
        assertEquals(8, Libc.ringEventFd(receiver.takeFd(1)));
        assertEquals(-1, receiver.takeFd(2));
    }

    @Test
    void shouldPassAMessageAlone() {
        message().begin(MessageType.SHARED).error(Errno.EINVAL);
        assertEquals(AttachMessage.BYTES, sender.send(host));
        assertEquals(AttachMessage.BYTES, receiver.receive(guest));
        assertEquals(0, receiver.fdCount());
        assertEquals(-Errno.EAGAIN, receiver.receive(guest));
    }

    @Test
    void shouldCloseDescriptorsThatNobodyTook() {
        message().begin(MessageType.SHARE);
        int counter = Libc.eventFd();
        sender.send(host, counter);
        receiver.receive(guest);
        assertEquals(1, receiver.fdCount());
        assertEquals(-Errno.EAGAIN, receiver.receive(guest));
        assertEquals(0, receiver.fdCount());
        int next = Libc.eventFd();
        sender.send(host, counter);
        receiver.receive(guest);
        int taken = receiver.takeFd(0);
        assertTrue(taken <= next + 1, "the first copy's number was not free again");
    }

    @Test
    void shouldRefuseALongerMessage() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment longer = arena.allocate(200, 8);
            Libc.write(host, longer.address(), 200);
            Libc.write(host, longer.address(), 129);
            Libc.write(host, longer.address(), 5);
        }
        assertEquals(-Errno.EMSGSIZE, receiver.receive(guest));
        assertEquals(-Errno.EMSGSIZE, receiver.receive(guest));
        assertEquals(5, receiver.receive(guest));
    }

    @Test
    void shouldSeeTheEndOfTheConnection() {
        Libc.close(host);
        assertEquals(0, receiver.receive(guest));
        message().begin(MessageType.HELLO);
        assertEquals(-Errno.EPIPE, sender.send(guest));
    }

    @Test
    void shouldAttachThroughAPath(@TempDir Path directory) {
        String path = directory.resolve("web.sock").toString();
        int listener = UnixSocket.listen(path, Linux.SOCK_SEQPACKET, 8);
        assertTrue(listener >= 0);
        assertEquals(-Errno.EAGAIN, UnixSocket.accept(listener));
        int client = UnixSocket.connect(path, Linux.SOCK_SEQPACKET);
        int server = UnixSocket.accept(listener);
        PeerCredentials peer = UnixSocket.peer(server).orElseThrow();
        assertEquals(ProcessHandle.current().pid(), peer.pid());

        assertEquals(-Errno.EADDRINUSE, UnixSocket.listen(path, Linux.SOCK_SEQPACKET, 8));
        Libc.close(listener);
        assertEquals(-Errno.ECONNREFUSED, UnixSocket.connect(path, Linux.SOCK_SEQPACKET));
        assertEquals(-Errno.ENAMETOOLONG, UnixSocket.connect("/" + "x".repeat(200), Linux.SOCK_SEQPACKET));
        assertTrue(Files.exists(Path.of(path)));
        Libc.close(client);
        Libc.close(server);
    }

    private AttachMessage message() {
        return new AttachMessage().wrap(sender.message());
    }
}
