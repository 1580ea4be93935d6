package io.virtuoso.guest.os;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.virtuoso.guest.os.jnr.JnrOs;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Both implementations make real calls here, whatever JDK runs the tests. */
@Timeout(120)
@ParameterizedClass
@MethodSource("implementations")
class OsTest {
    private static final int PACKET_BYTES = 16;
    private static final short POLLIN = 1;

    @TempDir
    Path folder;

    @Parameter
    LinuxOs os;

    static LinuxOs[] implementations() {
        return new LinuxOs[] {(LinuxOs) Os.get(), new JnrOs()};
    }

    @Test
    void shouldCountOnAnEventfd() {
        int fd = os.eventfd();
        ByteBuffer bytes = LinuxOs.direct(8);
        assertTrue(fd >= 0);
        assertEquals(-Errno.EAGAIN, os.read(fd, bytes));
        assertEquals(0, os.writeEight(fd));
        assertEquals(0, os.writeEight(fd));
        assertEquals(8, os.read(fd, bytes));
        assertEquals(2, bytes.getLong(0));
        assertEquals(0, bytes.position());
        os.close(fd);
        assertEquals(-Errno.EBADF, os.writeEight(fd));
    }

    @Test
    void shouldReadIntoWhatRemainsOfABuffer() {
        int fd = os.eventfd();
        os.writeEight(fd);
        ByteBuffer bytes = LinuxOs.direct(32);
        ByteBuffer part = bytes.slice(8, 16).order(ByteOrder.nativeOrder()).position(8);
        assertEquals(8, os.read(fd, part));
        assertEquals(1, bytes.getLong(16));
        os.close(fd);
    }

    @Test
    void shouldRefuseBuffersInTheHeap() {
        assertThrows(IllegalArgumentException.class, () -> os.read(0, ByteBuffer.allocate(8)));
    }

    @Test
    void shouldTellWhichDescriptorIsReady() {
        int quiet = os.eventfd();
        int ready = os.eventfd();
        ByteBuffer polled = LinuxOs.direct(16);
        polled.putInt(0, quiet).putShort(4, POLLIN).putInt(8, ready).putShort(12, POLLIN);
        assertEquals(0, os.poll(polled, 2, 0));
        long start = System.nanoTime();
        assertEquals(0, os.poll(polled, 2, 2_000_000));
        assertTrue(System.nanoTime() - start >= 2_000_000);
        os.writeEight(ready);
        assertEquals(1, os.poll(polled, 2, -1));
        assertEquals(0, polled.getShort(6));
        assertEquals(POLLIN, polled.getShort(14));
        assertThrows(IndexOutOfBoundsException.class, () -> os.poll(polled, 3, 0));
        os.close(quiet);
        os.close(ready);
    }

    @Test
    void shouldExchangePacketsAndDescriptors() {
        int[] pair = connectedPair();
        int given = os.eventfd();
        ByteBuffer packet = LinuxOs.direct(PACKET_BYTES).putLong(0, 42);
        assertEquals(0, os.sendMessage(pair[0], packet, given));
        assertEquals(0, os.sendMessage(pair[0], packet, given));
        assertEquals(0, os.sendMessage(pair[0], packet.duplicate().limit(8), -1));

        ByteBuffer got = LinuxOs.direct(PACKET_BYTES * 2);
        int[] fds = {0, 0};
        assertEquals(PACKET_BYTES, os.receiveMessage(pair[1], got, fds, 1_000));
        assertEquals(42, got.getLong(0));
        assertEquals(-1, fds[1]);
        assertEquals(0, os.writeEight(fds[0]));
        assertEquals(8, os.read(given, LinuxOs.direct(8)));

        int before = os.eventfd();
        os.close(before);
        assertEquals(PACKET_BYTES, os.receiveMessage(pair[1], got, new int[0], 1_000));
        int after = os.eventfd();
        assertEquals(before, after, "a descriptor that did not fit stayed open");

        assertEquals(8, os.receiveMessage(pair[1], got, fds, 1_000));
        assertArrayEquals(new int[] {-1, -1}, fds);
        assertEquals(-Errno.ETIMEDOUT, os.receiveMessage(pair[1], got, fds, 2));
        os.close(pair[0]);
        assertEquals(0, os.receiveMessage(pair[1], got, fds, -1));
        assertEquals(-Errno.EPIPE, os.sendMessage(pair[1], packet, -1));
        os.close(pair[1]);
    }

    @Test
    void shouldReceiveFromAStreamUntilTheBufferIsFull() {
        int[] pair = connectedPair(1);
        ByteBuffer got = LinuxOs.direct(12).position(4);
        os.sendMessage(pair[0], LinuxOs.direct(4).putInt(0, 42), -1);
        assertEquals(-Errno.ETIMEDOUT, os.receiveAll(pair[1], got.duplicate(), 1));
        os.sendMessage(pair[0], LinuxOs.direct(4).putInt(0, 1), -1);
        os.sendMessage(pair[0], LinuxOs.direct(4).putInt(0, 2), -1);
        assertEquals(8, os.receiveAll(pair[1], got, 1_000));
        assertEquals(1, got.getInt(4));
        assertEquals(2, got.getInt(8));
        assertEquals(0, os.sendByte(pair[0]));
        assertEquals(1, os.read(pair[1], got));
        os.close(pair[0]);
        assertEquals(0, os.receiveAll(pair[1], got, -1));
        assertEquals(-Errno.EPIPE, os.sendByte(pair[1]));
        assertEquals(-1, os.hostPort(pair[1]), "it is no vsock");
        os.close(pair[1]);
    }

    @Test
    void shouldMapAPartOfADevice() throws IOException {
        java.io.File file = folder.resolve("resource2").toFile();
        java.nio.file.Files.write(file.toPath(), new byte[3 * 4096]);
        ByteBuffer memory = os.mapDevice(file, 4096, 8192);
        assertEquals(8192, memory.capacity());
        memory.putInt(0, 7);
        assertEquals(7, os.mapDevice(file, 0, 4096 + 4).getInt(4096));
        assertThrows(IOException.class, () -> os.mapDevice(file, 4096, 8193));
    }

    @Test
    void shouldSayWhyItCannotConnect() {
        assertEquals(-Errno.ENOENT, os.connectSeqpacket(folder.resolve("none").toString()));
        assertEquals(-Errno.ENAMETOOLONG, os.connectSeqpacket("x".repeat(108)));
    }

    @Test
    void shouldKeepAPortFromOthers() throws IOException {
        int port;
        try (ServerSocket listener = new ServerSocket(0)) {
            port = listener.getLocalPort();
            assertEquals(-Errno.EADDRINUSE, os.bindToAny(port));
        }
        int fd = os.bindToAny(port);
        assertTrue(fd >= 0, () -> "errno " + -fd);
        for (String address : List.of("127.0.0.1", "::1", "0.0.0.0")) {
            try (Socket socket = new Socket()) {
                InetSocketAddress taken = new InetSocketAddress(address, port);
                assertThrows(BindException.class, () -> socket.bind(taken));
            }
        }
        os.close(fd);
    }

    @Test
    void shouldStopBlockingOnRequest() {
        int[] pair = connectedPair();
        os.setNonBlocking(pair[0]);
        assertEquals(-Errno.EAGAIN, os.read(pair[0], LinuxOs.direct(8)));
        os.close(pair[0]);
        os.close(pair[1]);
    }

    @Test
    void shouldReadTheAbstractNameOfAPeer() {
        String name = "virtuoso-os-test/" + os.pid() + os.getClass().getSimpleName();
        byte[] bytes = name.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        ByteBuffer address =
                LinuxOs.direct(110).putShort((short) 1).put((byte) 0).put(bytes);
        int listener = listener();
        int client = socket();
        assertEquals(0, os.call(49, client, BufferAddress.of(address), 3 + bytes.length)); // bind(2)
        assertEquals(0, os.call(42, client, BufferAddress.of(listenerAddress()), 110)); // connect(2)
        int server = (int) os.call(43, listener, 0, 0); // accept(2)
        assertEquals(name, os.abstractPeer(server));
        assertNull(os.abstractPeer(client), "its peer has a path");
        assertNull(os.abstractPeer(listener), "it has no peer");
        for (int fd : new int[] {listener, client, server}) {
            os.close(fd);
        }
    }

    @Test
    void shouldDuplicateAndDiscardDescriptors() {
        int fd = os.eventfd();
        int copy = os.duplicate(fd);
        os.writeEight(copy);
        assertEquals(8, os.read(fd, LinuxOs.direct(8)));
        os.discard(copy);
        assertEquals(0, os.read(copy, LinuxOs.direct(8)), "/dev/null is at its end");
        assertEquals(0, os.writeEight(fd));
        os.close(copy);
        os.close(fd);
        assertEquals(-Errno.EBADF, os.duplicate(fd));
    }

    @Test
    void shouldMapMemoryThatOutlivesItsDescriptor() throws IOException {
        int fd = memory(8192);
        os.call(72, fd, 1033, 2); // fcntl(2), F_ADD_SEALS, F_SEAL_SHRINK
        ByteBuffer memory = os.map(fd, 8192);
        ByteBuffer again = os.map(fd, 4096);
        IOException tooLong = assertThrows(IOException.class, () -> os.map(fd, 8193));
        assertTrue(tooLong.getMessage().contains("8192"), tooLong.getMessage());
        os.close(fd);
        assertEquals(ByteOrder.LITTLE_ENDIAN, memory.order());
        assertEquals(8192, memory.capacity());
        memory.putLong(4088, 7);
        assertEquals(7, again.get(4088));
        assertThrows(IndexOutOfBoundsException.class, () -> again.getLong(4089));
    }

    @Test
    void shouldRefuseMemoryThatCouldShrink() {
        int fd = memory(4096);
        assertThrows(IOException.class, () -> os.map(fd, 4096));
        assertThrows(IOException.class, () -> os.map(-1, 4096));
        os.close(fd);
    }

    private int memory(int bytes) {
        ByteBuffer name = LinuxOs.direct(8).put(0, new byte[] {'t', 'e', 's', 't', 0});
        int fd = (int) os.call(319, BufferAddress.of(name), 3, 0); // memfd_create(2), CLOEXEC | ALLOW_SEALING
        assertEquals(0, os.call(77, fd, bytes, 0)); // ftruncate(2)
        return fd;
    }

    @Test
    void shouldNotAllocateOnTheDataPath() {
        if (os instanceof JnrOs) {
            return; // the library's business
        }
        int fd = os.eventfd();
        ByteBuffer bytes = LinuxOs.direct(8);
        ByteBuffer polled = LinuxOs.direct(8).putInt(0, fd).putShort(4, POLLIN);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < 5 && allocated > 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 20_000; i++) {
                os.writeEight(fd);
                os.poll(polled, 1, 1_000);
                os.read(fd, bytes);
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        os.close(fd);
        assertTrue(allocated < 1_000, allocated + " bytes in 60,000 calls");
    }

    @Test
    void shouldKnowThisProcess() {
        assertEquals(ProcessHandle.current().pid(), os.pid());
        assertFalse(os.pid() == 0);
    }

    /** A connection to a listener of this process. */
    private int[] connectedPair() {
        return connectedPair(5); // SOCK_SEQPACKET
    }

    private int[] connectedPair(int type) {
        int listener = listener(type);
        int client = socket(type);
        assertEquals(0, os.call(42, client, BufferAddress.of(listenerAddress()), 110)); // connect(2)
        int server = (int) os.call(43, listener, 0, 0); // accept(2)
        os.close(listener);
        assertTrue(client >= 0 && server >= 0, client + " " + server);
        return new int[] {client, server};
    }

    private int listener() {
        return listener(5);
    }

    private int listener(int type) {
        int listener = socket(type);
        assertEquals(0, os.call(49, listener, BufferAddress.of(listenerAddress()), 110)); // bind(2)
        assertEquals(0, os.call(50, listener, 1, 0)); // listen(2)
        return listener;
    }

    private int socket() {
        return socket(5);
    }

    private int socket(int type) {
        return (int) os.call(41, 1, type, 0); // socket(2), AF_UNIX
    }

    private ByteBuffer listenerAddress() {
        return LinuxOs.direct(110).putShort((short) 1).put(path("listener"));
    }

    private ByteBuffer path(String file) {
        byte[] bytes = folder.resolve(file).toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return LinuxOs.direct(bytes.length + 1).put(0, bytes);
    }
}
