package io.virtuoso.host.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class NativeThreadTest {
    /** Whether this process may make network interfaces. */
    static boolean mayMakeInterfaces() {
        try (TapDevice tap = TapDevice.open("vtest%d")) {
            return tap.fd() >= 0;
        } catch (IOException refused) {
            return false;
        }
    }

    @Test
    void shouldKnowItsIdAndProcessors() {
        assertTrue(NativeThread.id() > 0);
        BitSet all = NativeThread.affinity();
        assertFalse(all.isEmpty());
        BitSet one = new BitSet();
        one.set(all.nextSetBit(0));
        try {
            assertEquals(0, NativeThread.setAffinity(one));
            assertEquals(one, NativeThread.affinity());
        } finally {
            assertEquals(0, NativeThread.setAffinity(all));
        }
    }

    @Test
    void shouldCountCpuTime() {
        long before = NativeThread.cpuNanos();
        assertTrue(before > 0);
        assertTrue(NativeThread.cpuNanos() >= before);
        assertTrue(NativeThread.processCpuNanos() >= before);
    }
}
