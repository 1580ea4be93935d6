package io.virtuoso.host.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.virtio.DescriptorChain;
import io.virtuoso.host.virtio.GuestRam;
import io.virtuoso.host.virtio.TestDriver;
import io.virtuoso.host.virtio.VirtioDevice;
import io.virtuoso.host.virtio.Virtqueue;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The back end against a scripted front end, over a socket pair. */
class VhostBackendTest {
    private static final long CONFIG = 0x1122_3344_5566_7788L;

    /** Remembers its rings. */
    private static final class Device implements VirtioDevice {
        final Virtqueue[] queues = new Virtqueue[2];
        int resets;

        @Override
        public long features() {
            return 2;
        }

        @Override
        public int queueCount() {
            return queues.length;
        }

        @Override
        public ByteBuffer config() {
            return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, CONFIG);
        }

        @Override
        public void queueStarted(final int index, final Virtqueue queue) {
            queues[index] = queue;
        }

        @Override
        public void queueStopped(final int index) {
            queues[index] = null;
        }

        @Override
        public void reset() {
            resets++;
        }
    }

    private final Device device = new Device();
    private final int[] kicks = {-1, -1};
    private final VhostBackend backend = new VhostBackend(device, (ring, fd) -> kicks[ring] = fd);
    private final FrontEnd front;
    private final VhostSocket socket;
    private final DescriptorChain chain = new DescriptorChain();

    VhostBackendTest() throws IOException {
        front = new FrontEnd();
        socket = new VhostSocket(front.backEndSocket, backend);
    }

    @AfterEach
    void close() {
        socket.close();
        backend.close();
        front.close();
    }

    private void serve() throws VmFault {
        assertTrue(socket.serve());
    }

    private void assertFault(final Reason reason) {
        assertEquals(reason, assertThrows(VmFault.class, socket::serve).reason());
    }

    // ---- features and configuration

    @Test
    void shouldAgreeOnFeatures() throws VmFault {
        front.send(VhostUser.GET_FEATURES);
        front.send(VhostUser.GET_PROTOCOL_FEATURES);
        front.send(VhostUser.GET_QUEUE_NUM);
        serve();
        final long expected = 2
                | 1L << Virtio.VIRTIO_F_VERSION_1
                | 1L << Virtio.VIRTIO_F_RING_PACKED
                | 1L << Virtio.VIRTIO_RING_F_EVENT_IDX
                | 1L << Virtio.VIRTIO_RING_F_INDIRECT_DESC
                | VhostUser.F_PROTOCOL_FEATURES;
        assertEquals(expected, front.answer(VhostUser.GET_FEATURES, 8).getLong(0));
        final long protocol = front.answer(VhostUser.GET_PROTOCOL_FEATURES, 8).getLong(0);
        assertEquals(1 | 1 << 3 | 1 << 9 | 1 << 13, protocol);
        assertEquals(2, front.answer(VhostUser.GET_QUEUE_NUM, 8).getLong(0));
        front.number(VhostUser.SET_FEATURES, expected);
        front.number(VhostUser.SET_PROTOCOL_FEATURES, protocol);
        serve();
        assertTrue(front.isQuiet());
    }

    @ParameterizedTest
    @CsvSource({"2, 4", "16, 2"})
    void shouldRefuseFeaturesThatWereNotOffered(final int request, final long features) {
        front.number(request, features);
        assertFault(Reason.FEATURES);
    }

    @Test
    void shouldAcknowledgeWhenAsked() throws VmFault {
        front.send(VhostUser.SET_OWNER, VhostUser.VERSION | VhostUser.NEED_REPLY, 0, payload -> {});
        serve();
        assertEquals(0, front.answer(VhostUser.SET_OWNER, 8).getLong(0));
    }

    @Test
    void shouldShowTheConfigurationSpace() throws VmFault {
        front.send(
                VhostUser.GET_CONFIG,
                VhostUser.VERSION,
                12 + 16,
                payload -> payload.putInt(0, 4).putInt(4, 16));
        serve();
        final ByteBuffer answer = front.answer(VhostUser.GET_CONFIG, 12 + 16);
        assertEquals(CONFIG >>> 32, answer.getInt(12));
        assertEquals(0, answer.getLong(16));
        front.send(VhostUser.GET_CONFIG, VhostUser.VERSION, 12, payload -> payload.putInt(4, 5000));
        assertFault(Reason.MESSAGE);
    }

    // ---- messages

    @Test
    void shouldTakeMessagesInPieces() throws VmFault {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(20).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0, VhostUser.SET_FEATURES)
                .putInt(4, VhostUser.VERSION | VhostUser.NEED_REPLY)
                .putInt(8, 8);
        final long address = MemorySegment.ofBuffer(bytes).address();
        for (int i = 0; i < 20; i++) {
            assertTrue(front.isQuiet());
            assertEquals(1, Libc.write(front.socket(), address + i, 1));
            serve();
        }
        assertEquals(0, front.answer(VhostUser.SET_FEATURES, 8).getLong(0));
    }

    @Test
    void shouldSeeTheEnd() throws VmFault {
        Libc.close(front.socket());
        assertFalse(socket.serve());
    }

    @ParameterizedTest
    @CsvSource({"99, 1, 0", "6, 1, 8", "3, 2, 0", "3, 5, 0", "2, 1, 4", "8, 1, 4", "9, 1, 39", "24, 1, 8"})
    void shouldRefuseMessagesThatMakeNoSense(final int request, final int flags, final int size) {
        front.send(request, flags, size, payload -> {});
        assertFault(Reason.MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(ints = {5000, -1})
    void shouldRefuseMessagesOfImpossibleLength(final int size) {
        final ByteBuffer header = ByteBuffer.allocateDirect(12).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(0, VhostUser.SET_OWNER).putInt(4, VhostUser.VERSION).putInt(8, size);
        assertEquals(
                12, Libc.write(front.socket(), MemorySegment.ofBuffer(header).address(), 12));
        assertFault(Reason.MESSAGE);
    }

    @Test
    void shouldRefusePollingAndMissingDescriptorsAndUnknownRings() {
        front.number(VhostUser.SET_VRING_KICK, VhostUser.NO_FD);
        assertFault(Reason.MESSAGE);
        front.number(VhostUser.SET_VRING_CALL, 0);
        assertFault(Reason.MESSAGE);
        front.number(VhostUser.SET_VRING_CALL, 2, front.eventFd());
        assertFault(Reason.MESSAGE);
        front.state(VhostUser.SET_VRING_NUM, -1, 8);
        assertFault(Reason.MESSAGE);
    }

    // ---- memory

    private void table(final long guest, final long bytes, final long user, final long offset, final int... fds) {
        front.send(
                VhostUser.SET_MEM_TABLE,
                VhostUser.VERSION,
                72,
                payload -> {
                    payload.putInt(0, 2);
                    FrontEnd.region(payload, 0, 0x1000, 0x1000, 0x7000_0000L, 0);
                    FrontEnd.region(payload, 1, guest, bytes, user, offset);
                },
                fds);
    }

    @Test
    void shouldMapMemoryTablesAndGiveThemBack() throws VmFault, IOException {
        final int before = openDescriptors();
        table(0x2000, 0x2000, 0x7000_1000L, 0x3000, front.ramFd, front.ramFd);
        serve();
        assertEquals(before + 2, openDescriptors());
        table(0x2000, 0x2000, 0x7000_1000L, 0x3000, front.ramFd, front.ramFd);
        serve();
        assertEquals(before + 2, openDescriptors());
        backend.close();
        assertEquals(before, openDescriptors());
    }

    private static int openDescriptors() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return (int) fds.count();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0x1800, 0x1000, 0x71000000, 0",
        "0x800, 0x801, 0x71000000, 0",
        "0x2000, 0x1000, 0x70000fff, 0",
        "0x2000, 0, 0x71000000, 0",
        "0x2000, -1, 0x71000000, 0",
        "-0x1000, 0x1001, 0x71000000, 0",
        "0x2000, 0x1000, -1, 0",
        "0x2000, 0x1000, 0x71000000, 0xff001",
        "0x2000, 0x1000, 0x71000000, -4096",
        "0x2000, 0x7fffffffffffffff, 0x71000000, 0"
    })
    void shouldRefuseMemoryThatMakesNoSense(
            final String guest, final String bytes, final String user, final String offset) throws IOException {
        final int before = openDescriptors();
        table(Long.decode(guest), Long.decode(bytes), Long.decode(user), Long.decode(offset), front.ramFd, front.ramFd);
        assertFault(Reason.MEMORY_TABLE);
        socket.close();
        assertEquals(before, openDescriptors());
    }

    @Test
    void shouldRefuseFilesThatCouldBeCutShort() throws IOException {
        final Path file = Files.createTempFile("virtuoso", "machine");
        final int fd = Libc.open(file.toString(), Linux.O_RDWR);
        Files.write(file, new byte[0x4000]);
        table(0x2000, 0x1000, 0x7100_0000L, 0, front.ramFd, fd);
        assertFault(Reason.MEMORY_TABLE);
        Libc.close(fd);
        Files.delete(file);
    }

    @Test
    void shouldRefuseTablesWithTheWrongNumberOfFilesOrRegions() {
        table(0x2000, 0x1000, 0x7100_0000L, 0, front.ramFd);
        assertFault(Reason.MEMORY_TABLE);
        for (final int count : new int[] {0, 9, -1, 3}) {
            front.send(
                    VhostUser.SET_MEM_TABLE, VhostUser.VERSION, 72, payload -> payload.putInt(0, count), front.ramFd);
            assertFault(Reason.MEMORY_TABLE);
            socket.close();
        }
    }

    // ---- rings

    private TestDriver startRing(final boolean packed) throws VmFault {
        final TestDriver driver = TestDriver.of(packed, front.ram, 16, true);
        front.features(driver.features());
        front.memory(0);
        front.ring(0, driver);
        front.enable(0, true);
        serve();
        return driver;
    }

    private void exchange(final TestDriver driver) throws VmFault {
        driver.offer(false, List.of(new TestDriver.Piece(front.ram.allocate(10, 1), 10, false)));
        assertTrue(device.queues[0].pop(chain));
        assertEquals(10, chain.readableBytes());
        device.queues[0].push(chain, 0);
        assertTrue(driver.used().isPresent());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldRunARingWhenEverythingIsKnownAndItIsEnabled(final boolean packed) throws VmFault {
        final TestDriver driver = TestDriver.of(packed, front.ram, 16, true);
        front.features(driver.features());
        front.memory(0);
        final int[] bells = front.ring(0, driver);
        serve();
        assertNull(device.queues[0]);
        front.enable(0, true);
        serve();
        assertTrue(kicks[0] >= 0 && kicks[0] != bells[0]);
        driver.wantCalls(true);
        exchange(driver);
        backend.callDriver();
        final ByteBuffer counter = ByteBuffer.allocateDirect(8);
        assertEquals(8, Libc.read(bells[1], MemorySegment.ofBuffer(counter).address(), 8));
        front.enable(0, false);
        serve();
        assertNull(device.queues[0]);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTellWhereARingStoppedAndGoOnThere(final boolean packed) throws VmFault {
        final TestDriver driver = startRing(packed);
        for (int i = 0; i < 21; i++) {
            exchange(driver);
        }
        final int base = device.queues[0].base();
        assertTrue(base != driver.base());
        front.state(VhostUser.GET_VRING_BASE, 0, 0);
        serve();
        assertEquals(base, front.answer(VhostUser.GET_VRING_BASE, 8).getInt(4));
        assertNull(device.queues[0]);
        assertEquals(-1, kicks[0]);

        final int resets = device.resets;
        front.state(VhostUser.SET_VRING_BASE, 0, base);
        front.number(VhostUser.SET_VRING_KICK, 0, front.eventFd());
        serve();
        exchange(driver);
        assertEquals(resets, device.resets);
    }

    @Test
    void shouldForgetConnectionsWhenTheDriverBeginsAnew() throws VmFault {
        final TestDriver driver = startRing(false);
        exchange(driver);
        front.state(VhostUser.GET_VRING_BASE, 0, 0);
        serve();
        front.state(VhostUser.SET_VRING_BASE, 0, 0);
        serve();
        assertEquals(1, device.resets);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGoOnInNewMemory(final boolean packed) throws VmFault {
        final TestDriver driver = startRing(packed);
        for (int i = 0; i < 21; i++) {
            exchange(driver);
            front.memory(0);
            serve();
        }
    }

    /** The old memory is unmapped by then, and a ring may be in the hands of another thread. */
    @Test
    void shouldStopAllRingsIfOneIsNotInTheNewMemory() throws VmFault {
        startRing(false);
        front.ring(1, TestDriver.of(false, front.ram, 16, true));
        front.enable(1, true);
        serve();
        assertNotNull(device.queues[1]);
        tooShortMemory();
        assertFault(Reason.RING);
        assertNull(device.queues[0]);
        assertNull(device.queues[1]);
    }

    /** As QEMU does when a host stack comes back: it goes on as if nothing had happened. */
    @Test
    void shouldTakeAFrontEndThatDoesNotNegotiateAgain() throws VmFault {
        final TestDriver driver = TestDriver.of(false, front.ram, 16, true);
        front.features(driver.features());
        front.memory(VhostUser.NEED_REPLY);
        front.ring(0, driver);
        front.enable(0, true);
        serve();
        assertEquals(0, front.answer(VhostUser.SET_MEM_TABLE, 8).getLong(0));
        exchange(driver);
    }

    @Test
    void shouldRefuseChangesToARingThatRuns() throws VmFault {
        final TestDriver driver = startRing(false);
        front.state(VhostUser.SET_VRING_NUM, 0, 32);
        assertFault(Reason.MESSAGE);
        front.addresses(0, driver.layout());
        assertFault(Reason.MESSAGE);
        front.state(VhostUser.SET_VRING_BASE, 0, 0);
        assertFault(Reason.MESSAGE);
    }

    @Test
    void shouldRefuseRingsOutsideTheMemory() throws VmFault {
        final TestDriver driver = TestDriver.of(false, front.ram, 16, true);
        front.features(driver.features());
        tooShortMemory();
        front.ring(0, driver);
        serve();
        front.enable(0, true);
        assertFault(Reason.RING);
    }

    /** A table whose only region holds no ring. */
    private void tooShortMemory() {
        front.send(
                VhostUser.SET_MEM_TABLE,
                VhostUser.VERSION,
                40,
                payload -> {
                    payload.putInt(0, 1);
                    FrontEnd.region(payload, 0, GuestRam.GUEST, 0x100, GuestRam.USER, 0);
                },
                front.ramFd);
    }

    @Test
    void shouldBeAsNewAfterAReset() throws VmFault {
        startRing(false);
        front.send(VhostUser.RESET_DEVICE);
        serve();
        assertNull(device.queues[0]);
        assertEquals(1, device.resets);
        front.ram.clear();
        exchange(startRing(true));
    }

    /** Messages of all kinds with any content, with and without descriptors. */
    @Test
    void shouldStandRandomMessages() throws IOException {
        final SplittableRandom random = new SplittableRandom(21);
        final int before = openDescriptors();
        final int[] kick = {-1, -1};
        for (int round = 0; round < 3000; round++) {
            try (FrontEnd other = new FrontEnd();
                    VhostBackend victim = new VhostBackend(new Device(), (ring, fd) -> kick[ring] = fd)) {
                final VhostSocket end = new VhostSocket(other.backEndSocket, victim);
                try {
                    for (int i = 0; i < 30; i++) {
                        randomMessage(other, random);
                        end.serve();
                    }
                } catch (final VmFault e) {
                    end.close();
                }
            }
        }
        assertEquals(before, openDescriptors());
    }

    private static void randomMessage(final FrontEnd other, final SplittableRandom random) {
        final int request = random.nextInt(1, 40);
        final int size = random.nextInt(6) * 8;
        final int fds = random.nextInt(3);
        final int flags = random.nextInt(8) == 0 ? random.nextInt() : VhostUser.VERSION;
        other.send(
                request,
                flags,
                size,
                payload -> {
                    for (int i = 0; i + 4 <= size; i += 4) {
                        payload.putInt(i, random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(20));
                    }
                },
                fds == 0 ? new int[0] : fds == 1 ? new int[] {other.ramFd} : new int[] {other.ramFd, other.ramFd});
    }
}
