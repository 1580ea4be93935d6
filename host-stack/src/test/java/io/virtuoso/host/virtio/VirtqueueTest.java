package io.virtuoso.host.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.virtio.TestDriver.Piece;
import io.virtuoso.host.virtio.TestDriver.Used;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both kinds of ring against a driver in the same memory, with and without event index. */
class VirtqueueTest {
    private static final String KINDS = """
            false, false
            false, true
            true, false
            true, true
            """;
    private static final int SIZE = 8;

    private final GuestRam ram = GuestRam.ofBytes(1 << 20);
    private final DescriptorChain chain = new DescriptorChain();
    private final MemorySegment bytes = MemorySegment.ofArray(new byte[4096]);

    private TestDriver driver(final boolean packed, final boolean eventIndex) {
        return TestDriver.of(packed, ram, SIZE, eventIndex);
    }

    private Piece readable(final int length, final int fill) {
        final long at = ram.allocate(length, 1);
        ram.memory.asSlice(at, length).fill((byte) fill);
        return new Piece(at, length, false);
    }

    private Piece writable(final int length) {
        return new Piece(ram.allocate(length, 1), length, true);
    }

    private int byteOf(final int index) {
        return bytes.get(ValueLayout.JAVA_BYTE, index);
    }

    @ParameterizedTest
    @CsvSource(textBlock = KINDS)
    void shouldReadAndWriteChainsOfSeveralPieces(final boolean packed, final boolean eventIndex) throws VmFault {
        final TestDriver driver = driver(packed, eventIndex);
        final Virtqueue queue = driver.open(driver.base());
        for (final boolean indirect : List.of(false, true)) {
            final Piece last = writable(7);
            final int id = driver.offer(indirect, List.of(readable(3, 1), readable(5, 2), writable(4), last));

            assertTrue(queue.pop(chain));
            assertEquals(8, chain.readableBytes());
            assertEquals(11, chain.writableBytes());
            chain.read(2, bytes, 0, 4);
            assertEquals(List.of(1, 2, 2, 2), List.of(byteOf(0), byteOf(1), byteOf(2), byteOf(3)));
            bytes.asSlice(0, 8).fill((byte) 9);
            chain.write(3, bytes, 0, 8);
            queue.push(chain, 11);

            assertEquals(Optional.of(new Used(id, 11)), driver.used());
            assertEquals(9, ram.memory.get(ValueLayout.JAVA_BYTE, last.at() + 6));
            assertFalse(queue.pop(chain));
        }
    }

    /** Far more buffers than the ring and its counters have room for, in batches of all sizes. */
    @ParameterizedTest
    @CsvSource(textBlock = KINDS)
    void shouldGoRoundManyTimes(final boolean packed, final boolean eventIndex) throws VmFault {
        final TestDriver driver = driver(packed, eventIndex);
        final Virtqueue queue = driver.open(driver.base());
        final List<Piece> pieces = List.of(readable(10, 3), readable(20, 4), writable(30));
        int passed = 0;
        while (passed < 70_000) {
            int offered = 0;
            while (driver.free() >= 3 && offered <= passed % 3) {
                final List<Piece> some = pieces.subList(0, 1 + (passed + offered) % 3);
                driver.offer(false, some);
                offered++;
            }
            for (int i = 0; i < offered; i++) {
                assertTrue(queue.pop(chain));
                queue.push(chain, 0);
                assertTrue(driver.used().isPresent());
            }
            assertFalse(queue.pop(chain));
            passed += offered;
        }
        assertEquals(SIZE, driver.free());
    }

    @ParameterizedTest
    @CsvSource(textBlock = KINDS)
    void shouldGoOnWhereAnotherStopped(final boolean packed, final boolean eventIndex) throws VmFault {
        final TestDriver driver = driver(packed, eventIndex);
        final List<Piece> pieces = List.of(readable(10, 3), readable(20, 4), writable(30));
        int base = driver.base();
        for (int i = 0; i < 100; i++) {
            final Virtqueue queue = driver.open(base);
            final int id = driver.offer(false, pieces.subList(0, 1 + i % 3));
            assertTrue(queue.pop(chain));
            queue.push(chain, i);
            assertEquals(Optional.of(new Used(id, i)), driver.used());
            base = queue.base();
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = KINDS)
    void shouldBeKickedOnlyWhenItAsks(final boolean packed, final boolean eventIndex) throws VmFault {
        final TestDriver driver = driver(packed, eventIndex);
        final Virtqueue queue = driver.open(driver.base());
        final List<Piece> piece = List.of(readable(10, 3));
        for (int i = 0; i < 50; i++) {
            assertFalse(queue.allowKicks());
            driver.offer(false, piece);
            assertTrue(driver.mustKick(), "first buffer after the device asked, round " + i);
            queue.suppressKicks();
            driver.offer(false, piece);
            assertFalse(driver.mustKick(), "the device is at work, round " + i);
            assertTrue(queue.pop(chain));
            queue.push(chain, 0);
            assertTrue(queue.allowKicks(), "there is one more");
            assertTrue(queue.pop(chain));
            queue.push(chain, 0);
            assertTrue(driver.used().isPresent());
            assertTrue(driver.used().isPresent());
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = KINDS)
    void shouldCallTheDriverOnlyWhenItAsks(final boolean packed, final boolean eventIndex) throws VmFault {
        final TestDriver driver = driver(packed, eventIndex);
        final Virtqueue queue = driver.open(driver.base());
        final List<Piece> piece = List.of(readable(10, 3));
        assertFalse(queue.needsCall(), "nothing was used");
        for (int i = 0; i < 50; i++) {
            driver.wantCalls(true);
            driver.offer(false, piece);
            assertTrue(queue.pop(chain));
            queue.push(chain, 0);
            assertTrue(queue.needsCall(), "round " + i);
            assertFalse(queue.needsCall(), "asked twice");
            assertTrue(driver.used().isPresent());
        }
        driver.wantCalls(false);
        int calls = 0;
        for (int i = 0; i < 4 * SIZE; i++) {
            driver.offer(false, piece);
            assertTrue(queue.pop(chain));
            queue.push(chain, 0);
            calls += queue.needsCall() ? 1 : 0;
            assertTrue(driver.used().isPresent());
        }
        assertEquals(0, calls);
    }

    /** Several buffers hold one packet: the driver sees them at once, or not at all. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldShowBuffersTogetherAndTakeThemAgain(final boolean packed) throws VmFault {
        final GuestRam memory = GuestRam.ofBytes(1 << 14);
        final TestDriver driver = TestDriver.of(packed, memory, 8, true);
        final Virtqueue queue = driver.open(driver.base());
        final DescriptorChain first = new DescriptorChain();
        final DescriptorChain second = new DescriptorChain();
        for (int round = 0; round < 20; round++) {
            driver.offer(false, List.of(new Piece(0, 100, true), new Piece(200, 100, true)));
            driver.offer(false, List.of(new Piece(400, 50, true)));
            assertTrue(queue.pop(first));
            queue.rewind();
            assertTrue(queue.pop(first));
            assertTrue(queue.pop(second));
            assertEquals(200, first.writableBytes());
            assertEquals(50, second.writableBytes());
            queue.put(first, 200);
            queue.put(second, 10);
            assertTrue(driver.used().isEmpty());
            queue.publish();
            assertEquals(200, driver.used().orElseThrow().written());
            assertEquals(10, driver.used().orElseThrow().written());
            assertTrue(driver.used().isEmpty());
        }
    }
}
