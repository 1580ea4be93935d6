package io.virtuoso.host.ivshmem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.SharedMemory;
import io.virtuoso.host.virtio.VmFault;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The order of messages is that of QEMU's docs/specs/ivshmem-spec, "Client-Server protocol". */
class IvshmemServerTest {
    private static final int BYTES = 1 << 20;
    private static final int CHUNK = 4096;
    private static final int MESSAGES = 3 + 2 * DoorbellDevice.VECTORS;

    private final TestIvshmemDevice peer = new TestIvshmemDevice();
    private final DoorbellDevice device = DoorbellDevice.create("test", BYTES);
    private final IvshmemServer server = new IvshmemServer(peer.serverSocket, device);

    IvshmemServerTest() throws IOException {}

    @AfterEach
    void close() {
        peer.close();
        device.close();
        Libc.close(peer.serverSocket);
    }

    @Test
    void shouldBeginWithVersionNumberAndMemory() {
        assertTrue(server.send());
        for (final long expected : List.of(0L, 1L, -1L)) {
            assertEquals(OptionalLong.of(expected), peer.next());
        }
        assertEquals(BYTES, SharedMemory.size(peer.memory));
        assertTrue(SharedMemory.isSealedAgainstShrinking(peer.memory));
        assertTrue(device.isMemory(peer.memory));
    }

    /** One descriptor with each message; a peer's messages are its vectors in order, the own ones last. */
    @Test
    void shouldTellTheVectorsOfBothPeers() {
        assertTrue(server.send());
        assertTrue(server.isComplete());
        assertEquals(MESSAGES, peer.takeAll());
        assertEquals(DoorbellDevice.VECTORS, peer.hostVectors.size());
        assertEquals(DoorbellDevice.VECTORS, peer.machineVectors.size());
        for (int vector = 0; vector < DoorbellDevice.VECTORS; vector += 9) {
            device.ring(vector);
            assertEquals(1, TestIvshmemDevice.take(peer.machineVectors.get(vector)));
            Libc.ringEventFd(peer.hostVectors.get(vector));
            assertEquals(1, TestIvshmemDevice.take(device.hostVector(vector)));
        }
        for (int vector = 0; vector < DoorbellDevice.VECTORS; vector++) {
            assertEquals(0, TestIvshmemDevice.take(peer.machineVectors.get(vector)));
            assertEquals(0, TestIvshmemDevice.take(peer.hostVectors.get(vector)));
        }
    }

    @Test
    void shouldGoOnWhereADeviceReadsSlowly() {
        final MemorySegment zeroes = Arena.global().allocate(CHUNK);
        final TestIvshmemDevice full = new TestIvshmemDevice();
        int filled = 0;
        int written;
        while ((written = Libc.write(full.serverSocket, zeroes.address(), CHUNK)) > 0) {
            filled += written;
        }
        final IvshmemServer waiting = new IvshmemServer(full.serverSocket, device);
        assertTrue(waiting.send());
        assertFalse(waiting.isComplete());
        for (long i = 0; i < filled / Long.BYTES; i++) {
            assertEquals(OptionalLong.of(0), full.next());
        }
        assertTrue(waiting.send());
        assertTrue(waiting.isComplete());
        assertEquals(MESSAGES, full.takeAll());
        assertTrue(device.isMemory(full.memory));
        full.close();
        Libc.close(full.serverSocket);
    }

    @Test
    void shouldGiveEachConnectionMemoryOfItsOwn() throws IOException {
        final DoorbellDevice other = DoorbellDevice.create("test", BYTES);
        server.send();
        peer.takeAll();
        assertFalse(other.isMemory(peer.memory));
        other.close();
    }

    @Test
    void shouldNoticeThatTheDeviceIsGone() throws VmFault {
        assertTrue(server.receive());
        peer.hangUp();
        assertFalse(server.receive());
        assertFalse(server.send());
    }

    /** Whatever a device says, however much of it and with what, it is too much; no descriptor is kept. */
    @Test
    void shouldCutOffWhoSpeaks() throws IOException {
        final SplittableRandom random = new SplittableRandom(5);
        final int before = openDescriptors();
        for (int round = 0; round < 300; round++) {
            final TestIvshmemDevice noisy = new TestIvshmemDevice();
            final IvshmemServer victim = new IvshmemServer(noisy.serverSocket, device);
            if (random.nextBoolean()) {
                victim.send();
            }
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                final byte[] noise = new byte[random.nextInt(1, 200)];
                random.nextBytes(noise);
                noisy.say(noise, random.nextBoolean() ? device.memoryFd() : -1);
            }
            final VmFault fault = assertThrows(VmFault.class, victim::receive);
            assertEquals(VmFault.Reason.IVSHMEM, fault.reason());
            noisy.close();
            Libc.close(noisy.serverSocket);
        }
        assertEquals(before, openDescriptors());
    }

    private static int openDescriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return (int) all.count();
        }
    }
}
