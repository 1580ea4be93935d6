package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class StackMailboxTest {
    private final StackMailbox mailbox = new StackMailbox(-1, () -> {}, new ControlMailbox(() -> {}));
    private final FakeStack stack = new FakeStack();

    @Test
    void shouldLeaveOthersTheirTurnHoweverMuchIsAsked() {
        for (int id = 1; id <= 3; id++) {
            mailbox.shareReleased(id);
        }
        assertEquals(2, mailbox.drain(stack, 2));
        assertEquals(List.of("released 1", "released 2"), stack.log);
        assertFalse(mailbox.isEmpty(), "the stack must not sleep");
        assertEquals(1, mailbox.drain(stack, 2));
        assertTrue(mailbox.isEmpty());
    }
}
