package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.protocol.ContextBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class HostBellTest {
    private final ByteBuffer region =
            ByteBuffer.allocateDirect(ContextBlock.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private int rings;
    private final HostBell bell = new HostBell(region, 0, () -> rings++);

    @Test
    void shouldNotRingWhileTheHostPolls() {
        bell.commandPosted(1);
        assertEquals(0, rings);
    }

    @Test
    void shouldRingOnceForASleep() {
        ContextBlock.hostSleeping(region, 0, 7);
        bell.commandPosted(1);
        bell.commandPosted(2);
        assertEquals(1, rings);
    }

    @Test
    void shouldRingForTheNextSleep() {
        ContextBlock.hostSleeping(region, 0, 7);
        bell.commandPosted(1);
        hostTakes(1);
        ContextBlock.hostSleeping(region, 0, 8);
        bell.commandPosted(2);
        assertEquals(2, rings);
    }

    @Test
    void shouldKeepASleepsOnlyRingForACommandThatIsNotTaken() {
        hostTakes(1);
        ContextBlock.hostSleeping(region, 0, 7); // fell asleep between the post of the first and the look
        bell.commandPosted(1);
        assertEquals(0, rings);
        bell.commandPosted(2);
        assertEquals(1, rings);
    }

    private void hostTakes(long position) {
        region.putLong(ContextBlock.COMMAND_HEAD_OFFSET, position);
    }
}
