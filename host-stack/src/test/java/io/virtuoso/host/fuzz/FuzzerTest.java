package io.virtuoso.host.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class FuzzerTest {
    /** Throws behind a lock of four numbers, which chance alone would hardly open. */
    public static final class Lock implements FuzzTarget {
        @Override
        public void run(FuzzInput input) {
            if (input.u8() == 0x5a) {
                if (input.u8() == 0xc3) {
                    if (input.u8() == 0x17) {
                        check(input.u8());
                    }
                }
            }
        }

        private static void check(int last) {
            switch (last) {
                case 0x99 -> throw new IllegalStateException("open");
                case 0x98 -> check(0);
                default -> {}
            }
        }
    }

    /** Goes on for as long as it is told. */
    public static final class Loop implements FuzzTarget {
        @Override
        public void run(FuzzInput input) {
            boolean ends = !input.flag();
            while (!ends) {
                input.u8();
            }
        }
    }

    private static FuzzTarget load(Class<?> target) {
        return new TestLoader().newTarget(target);
    }

    /** Instruments one class, which a {@link FuzzClassLoader} would share. */
    private static final class TestLoader extends ClassLoader {
        FuzzTarget newTarget(Class<?> target) {
            String file = target.getName().replace('.', '/') + ".class";
            try (InputStream stream = target.getClassLoader().getResourceAsStream(file)) {
                byte[] bytes = EdgeInstrumentation.instrument(stream.readAllBytes());
                return (FuzzTarget) defineClass(target.getName(), bytes, 0, bytes.length)
                        .getConstructor()
                        .newInstance();
            } catch (ReflectiveOperationException | IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static Fuzzer opened(long seed) {
        Fuzzer fuzzer = new Fuzzer(load(Lock.class), seed);
        fuzzer.fuzz(runs -> runs < 200_000 && fuzzer.findings().isEmpty());
        return fuzzer;
    }

    @Test
    void shouldFindItsWayByWhatIsCovered() {
        Fuzzer fuzzer = opened(1);
        assertEquals(1, fuzzer.findings().size());
        Fuzzer.Finding finding = fuzzer.findings().getFirst();
        assertEquals("open", finding.thrown().getMessage());
        assertEquals("5ac31799", finding.input());
    }

    @Test
    void shouldDoTheSameWithTheSameSeed() {
        assertEquals(opened(2).executions(), opened(2).executions());
    }

    @Test
    void shouldCountBothWaysOfABranch() {
        FuzzTarget target = load(Lock.class);
        assertNotSame(Lock.class, target.getClass());
        byte[] seen = EdgeCounts.newSeen();
        for (byte[] input : new byte[][] {{0}, {0x5a}, {0x5a, (byte) 0xc3}}) {
            EdgeCounts.clear();
            target.run(new FuzzInput(input));
            assertTrue(EdgeCounts.addTo(seen));
            assertFalse(EdgeCounts.addTo(seen));
        }
        EdgeCounts.clear();
        target.run(new FuzzInput(new byte[] {1, 2}));
        assertFalse(EdgeCounts.addTo(seen), "the same ways as the first");
    }

    @Test
    void shouldEndAnEndlessLoop() {
        Fuzzer fuzzer = new Fuzzer(load(Loop.class), 1);
        fuzzer.play(new byte[] {1});
        assertEquals("endless loop", fuzzer.findings().getFirst().thrown().getMessage());
    }

    @Test
    void shouldKeepTheFewestInputsThatCoverAll() {
        Fuzzer fuzzer = new Fuzzer(load(Lock.class), 1);
        for (byte[] input : new byte[][] {{0}, {0x5a}, {0x5a, (byte) 0xc3, 3, 4, 5}, {0x5a, (byte) 0xc3}, {0x5a, 1}}) {
            fuzzer.play(input);
        }
        assertEquals(3, fuzzer.corpusSize());
        assertEquals(3, fuzzer.essential().size());
    }

    @Test
    void shouldReadZerosBehindTheEnd() {
        FuzzInput input = new FuzzInput(new byte[] {1, 2, 3});
        assertEquals(0x0102, input.u16());
        assertFalse(input.isEmpty());
        assertEquals(0x0300_0000, input.i32());
        assertTrue(input.isEmpty());
        assertFalse(input.oneIn(2));
        assertEquals(0, input.below(1_000));
    }
}
