package io.virtuoso.host.ivshmem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.UnixSocket;
import io.virtuoso.protocol.Errno;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** QEMU's device, as far as the server sees it. */
public final class TestIvshmemDevice implements AutoCloseable {
    private static final int COUNTER_BYTES = 8;

    /** The server's end, which is the server's to close. */
    public final int serverSocket;

    public final List<Integer> hostVectors = new ArrayList<>();
    public final List<Integer> machineVectors = new ArrayList<>();
    public int memory = -1;

    private int socket;
    private final FdPassing incoming = new FdPassing(Long.BYTES);

    public TestIvshmemDevice() {
        final long pair = UnixSocket.pair(Linux.SOCK_STREAM);
        socket = Libc.first(pair);
        serverSocket = Libc.second(pair);
    }

    /** @return the next message's number; its descriptor is kept */
    OptionalLong next() {
        incoming.closeFds();
        final int received = incoming.receivePart(socket, 0, Long.BYTES);
        if (received == -Errno.EAGAIN) {
            return OptionalLong.empty();
        }
        assertEquals(Long.BYTES, received);
        final long number = incoming.message().getLong(0);
        final int fd = incoming.takeFd(0);
        if (number == IvshmemServer.MEMORY) {
            memory = fd;
        } else if (fd >= 0) {
            (number == IvshmemServer.HOST ? hostVectors : machineVectors).add(fd);
        }
        return OptionalLong.of(number);
    }

    /** Takes all messages that are there. @return how many */
    public int takeAll() {
        int count = 0;
        while (next().isPresent()) {
            count++;
        }
        return count;
    }

    /** @return true if the server has closed the connection */
    public boolean isCutOff() {
        return incoming.receive(socket) == 0;
    }

    /** Says what no device says, with one descriptor unless it is negative. */
    public void say(final byte[] bytes, final int fd) {
        final FdPassing outgoing = new FdPassing(bytes.length);
        outgoing.message().put(0, bytes);
        assertTrue(outgoing.sendPart(socket, bytes.length, fd) > 0);
    }

    /** @return what a counter held; it holds nothing then */
    public static long take(final int counter) {
        final ByteBuffer value = ByteBuffer.allocateDirect(COUNTER_BYTES).order(ByteOrder.nativeOrder());
        final long address = MemorySegment.ofBuffer(value).address();
        return Libc.read(counter, address, COUNTER_BYTES) == COUNTER_BYTES ? value.getLong(0) : 0;
    }

    /** The monitor ends. */
    public void hangUp() {
        Libc.close(socket);
        socket = -1;
    }

    @Override
    public void close() {
        hangUp();
        hostVectors.forEach(Libc::close);
        machineVectors.forEach(Libc::close);
        Libc.close(memory);
    }
}
