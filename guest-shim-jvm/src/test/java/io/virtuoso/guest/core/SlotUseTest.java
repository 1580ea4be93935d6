package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A connection that another process may take at any time. */
class SlotUseTest {
    private final Attachment attachment = FakeAttachment.of(16);
    private final ByteBuffer region = attachment.region();
    private final int slot = attachment.layout().slotOffset(0);
    private final SlotUse use = new SlotUse(attachment, 0, 1);

    @ParameterizedTest
    @CsvSource({
        "true, 5, 5, false",
        "true, 5, 6, true",
        "true, -1, 0, true",
        "true, 0, -1, false",
        "false, 5, 6, false",
    })
    void shouldNotTakeForReadOrWrittenWhatTheHostStackDidNotSee(boolean moved, int seen, long done, boolean late) {
        SocketSlot.rxHeadRelease(region, slot, done + (1L << 32));
        SocketSlot.rxMoved(region, slot, seen);
        SocketSlot.txTailRelease(region, slot, done);
        SocketSlot.txSeenRelease(region, slot, seen);
        SocketSlot.stateRelease(region, slot, moved ? State.MOVED | State.FAILED : State.CONNECTED);
        assertFalse(use.readTooLate() || use.wroteTooLate(), "nobody shares it");
        use.share();
        assertEquals(late, use.readTooLate());
        assertEquals(late, use.wroteTooLate());
    }
}
