package io.virtuoso.host.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VringDesc;
import io.virtuoso.host.ffm.Virtio.VringPackedDesc;
import io.virtuoso.host.virtio.TestDriver.Piece;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a driver writes, the device finds buffers within the machine's memory, or names what is wrong. */
class HostileDriverTest {
    private static final int SIZE = 8;
    private static final int ROUNDS = 10_000;

    private final GuestRam ram = GuestRam.ofBytes(1 << 14);
    private final DescriptorChain chain = new DescriptorChain();

    private SplitDriver split() {
        return new SplitDriver(ram, SIZE, false);
    }

    private void assertFault(final Reason reason, final TestDriver driver) throws VmFault {
        final Virtqueue queue = driver.open(driver.base());
        assertEquals(reason, assertThrows(VmFault.class, () -> queue.pop(chain)).reason());
    }

    @Test
    void shouldRefuseChainsThatComeBackToThemselves() throws VmFault {
        final SplitDriver driver = split();
        driver.descriptor(0, 0, 1, Virtio.VRING_DESC_F_NEXT, 1);
        driver.descriptor(1, 0, 1, Virtio.VRING_DESC_F_NEXT, 0);
        driver.publish(0);
        assertFault(Reason.DESCRIPTOR_LOOP, driver);
    }

    @Test
    void shouldRefuseIndirectTablesThatComeBackToThemselves() throws VmFault {
        final SplitDriver driver = split();
        final long table = driver.table(List.of(new Piece(0, 1, false), new Piece(0, 1, false)), true);
        driver.u16(table + VringDesc.BYTES + VringDesc.FLAGS, Virtio.VRING_DESC_F_NEXT);
        driver.u16(table + VringDesc.BYTES + VringDesc.NEXT, 0);
        driver.descriptor(0, table, 2 * VringDesc.BYTES, Virtio.VRING_DESC_F_INDIRECT, 0);
        driver.publish(0);
        assertFault(Reason.DESCRIPTOR_LOOP, driver);
    }

    @Test
    void shouldRefuseIndirectTablesInIndirectTables() throws VmFault {
        final SplitDriver driver = split();
        final long table = driver.table(List.of(new Piece(0, 16, false)), true);
        driver.u16(table + VringDesc.FLAGS, Virtio.VRING_DESC_F_INDIRECT);
        driver.descriptor(0, table, VringDesc.BYTES, Virtio.VRING_DESC_F_INDIRECT, 0);
        driver.publish(0);
        assertFault(Reason.INDIRECT, driver);
    }

    @Test
    void shouldRefuseDescriptorsBehindAnIndirectTable() throws VmFault {
        final SplitDriver driver = split();
        driver.descriptor(0, 0, 16, Virtio.VRING_DESC_F_INDIRECT | Virtio.VRING_DESC_F_NEXT, 1);
        driver.publish(0);
        assertFault(Reason.INDIRECT, driver);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 17, 9 * 16, -16})
    void shouldRefuseIndirectTablesOfImpossibleLength(final int length) throws VmFault {
        final SplitDriver driver = split();
        driver.descriptor(0, 0, length, Virtio.VRING_DESC_F_INDIRECT, 0);
        driver.publish(0);
        assertFault(Reason.INDIRECT_LENGTH, driver);
    }

    @Test
    void shouldRefuseIndirectTablesWithoutTheFeature() throws VmFault {
        final SplitDriver driver = split();
        driver.offer(true, List.of(new Piece(0, 1, false)));
        final Virtqueue queue = Virtqueue.open(driver.layout(), ram.region(), 1L << Virtio.VIRTIO_F_VERSION_1, 0);
        assertEquals(
                Reason.INDIRECT,
                assertThrows(VmFault.class, () -> queue.pop(chain)).reason());
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 1, DESCRIPTOR_ADDRESS",
        "16383, 2, DESCRIPTOR_ADDRESS",
        "16384, 1, DESCRIPTOR_ADDRESS",
        "0, 16385, DESCRIPTOR_ADDRESS",
        "0, 0, DESCRIPTOR_LENGTH",
        "0, -1, DESCRIPTOR_LENGTH",
        "-1073741824, 1, DESCRIPTOR_ADDRESS",
        "-1073741825, 2, DESCRIPTOR_ADDRESS",
        "9223372036854775807, 2147483647, DESCRIPTOR_ADDRESS"
    })
    void shouldRefuseDescriptorsOutsideTheMemory(final long at, final int length, final Reason reason) throws VmFault {
        final SplitDriver driver = split();
        driver.descriptor(0, at, length, 0, 0);
        driver.publish(0);
        assertFault(reason, driver);
    }

    @Test
    @SuppressWarnings("restricted")
    void shouldRefuseBuffersThatAreTooLongTogether() throws VmFault {
        final GuestMemory large = new GuestMemory(List.of(
                new GuestMemory.Region(GuestRam.GUEST, GuestRam.USER, ram.memory),
                new GuestMemory.Region(1L << 40, 1L << 40, MemorySegment.NULL.reinterpret(1L << 33))));
        final SplitDriver driver = split();
        driver.descriptor(0, (1L << 40) - GuestRam.GUEST, 1 << 30, Virtio.VRING_DESC_F_NEXT, 1);
        driver.descriptor(1, (1L << 40) - GuestRam.GUEST, 1 << 30, 0, 0);
        driver.publish(0);
        final Virtqueue queue = Virtqueue.open(driver.layout(), large, driver.features(), 0);
        assertEquals(
                Reason.DESCRIPTOR_LENGTH,
                assertThrows(VmFault.class, () -> queue.pop(chain)).reason());
    }

    @Test
    void shouldRefuseReadablePiecesBehindWritableOnes() throws VmFault {
        final SplitDriver driver = split();
        driver.offer(false, List.of(new Piece(0, 1, true), new Piece(0, 1, false)));
        assertFault(Reason.DESCRIPTOR_ORDER, driver);
    }

    @Test
    void shouldRefuseHeadsAndNextsOutsideTheTable() throws VmFault {
        final SplitDriver driver = split();
        driver.publish(SIZE);
        assertFault(Reason.DESCRIPTOR_HEAD, driver);
        ram.clear();
        final SplitDriver other = split();
        other.descriptor(0, 0, 1, Virtio.VRING_DESC_F_NEXT, SIZE);
        other.publish(0);
        assertFault(Reason.DESCRIPTOR_NEXT, other);
    }

    @Test
    void shouldRefuseAnAvailableIndexThatRunsAhead() throws VmFault {
        final SplitDriver driver = split();
        driver.u16(driver.available + 2, SIZE + 1);
        assertFault(Reason.AVAILABLE_INDEX, driver);
    }

    @Test
    void shouldRefusePackedChainsWithoutEndAndNumbersOutsideTheRing() throws VmFault {
        final PackedDriver endless = new PackedDriver(ram, SIZE, false);
        for (int i = 0; i < SIZE; i++) {
            final long at = endless.ring + (long) i * VringPackedDesc.BYTES;
            ram.memory.set(TestDriver.LONG, at, GuestRam.GUEST);
            ram.memory.set(TestDriver.INT, at + VringPackedDesc.LEN, 1);
            endless.u16(at + VringPackedDesc.FLAGS, Virtio.VRING_DESC_F_NEXT | 0x80);
        }
        assertFault(Reason.DESCRIPTOR_LOOP, endless);
        ram.clear();
        final PackedDriver stranger = new PackedDriver(ram, SIZE, false);
        stranger.offer(false, List.of(new Piece(0, 1, false)));
        stranger.u16(stranger.ring + VringPackedDesc.ID, SIZE);
        assertFault(Reason.DESCRIPTOR_ID, stranger);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "3, 0", "2048, 0", "-8, 0", "8, 1", "8, 65536", "8, -1"})
    void shouldRefuseRingsThatCannotBe(final int size, final long shift) {
        final RingLayout good = split().layout();
        final RingLayout bad =
                new RingLayout(false, size, good.descriptors() + shift, good.driver() + shift, good.device() + shift);
        final VmFault fault = assertThrows(VmFault.class, () -> Virtqueue.open(bad, ram.region(), 0, 0));
        assertEquals(Reason.RING, fault.reason());
    }

    /** Memory of the machine is overwritten at random places while good buffers are offered. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldStandRandomCorruption(final boolean packed) throws VmFault {
        final SplittableRandom random = new SplittableRandom(packed ? 7 : 8);
        int good = 0;
        int bad = 0;
        for (int round = 0; round < ROUNDS; round++) {
            ram.clear();
            final TestDriver driver = TestDriver.of(packed, ram, SIZE, random.nextBoolean());
            final int ringBytes = (int) ram.allocate(0, 1);
            final Virtqueue queue = driver.open(driver.base());
            try {
                for (int i = random.nextInt(1, 12); i > 0; i--) {
                    offer(driver, random);
                    corrupt(ringBytes, random);
                    good += take(queue);
                }
            } catch (final VmFault e) {
                bad++;
            }
        }
        assertTrue(good > ROUNDS / 2 && bad > ROUNDS / 2, good + " buffers passed, " + bad + " rings were given up");
    }

    private static void offer(final TestDriver driver, final SplittableRandom random) {
        final int count = random.nextInt(1, 4);
        if (driver.free() >= count) {
            final List<Piece> pieces = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                pieces.add(new Piece(random.nextInt(1 << 13), random.nextInt(1, 1 << 13), i > 0));
            }
            driver.offer(random.nextInt(3) == 0, pieces);
        }
    }

    private int take(final Virtqueue queue) throws VmFault {
        int passed = 0;
        while (passed < 2 * SIZE && queue.pop(chain)) {
            copyAll();
            queue.push(chain, chain.writableBytes());
            queue.needsCall();
            passed++;
        }
        queue.allowKicks();
        return passed;
    }

    /** Touches every byte of the buffer. */
    private void copyAll() {
        final MemorySegment bytes = MemorySegment.ofArray(new byte[chain.readableBytes() + chain.writableBytes()]);
        chain.read(0, bytes, 0, chain.readableBytes());
        chain.write(0, bytes, chain.readableBytes(), chain.writableBytes());
    }

    private void corrupt(final int ringBytes, final SplittableRandom random) {
        for (int i = random.nextInt(8); i > 0; i--) {
            final int at = random.nextInt(ringBytes + 64);
            final int value = random.nextInt(2) == 0 ? random.nextInt() : random.nextInt(16);
            ram.memory.set(ValueLayout.JAVA_BYTE, at, (byte) value);
        }
    }
}
