package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.socket.ContextPort;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.ContextBlock;
import org.junit.jupiter.api.Test;

/** A context that is not polled, and guests that ring once for each of its sleeps. */
class HostSleepTest {
    private final StackHarness stack = new StackHarness();
    private final ScriptedGuest guest = stack.guest("client", 0);

    private long post() {
        return guest.post(Command.TX, 0, 1, 0);
    }

    private long commandHead() {
        return ContextBlock.commandHead(guest.region, guest.layout.contextOffset(0));
    }

    private int hostSleeping() {
        return ContextBlock.hostSleeping(guest.region, guest.layout.contextOffset(0));
    }

    @Test
    void shouldEndASleepByOneRing() {
        stack.idle();
        final long first = post();
        assertTrue(guest.mustRing(first));
        assertFalse(guest.mustRing(post()));
        stack.attachments.onDoorbell(1);
        stack.pass();
        assertEquals(2, commandHead());
        assertEquals(0, hostSleeping());
    }

    @Test
    void shouldServeTheNextCommandAfterOneThatWasTakenBeforeTheSleep() {
        final long taken = post();
        stack.idle();
        assertNotEquals(0, hostSleeping());
        if (guest.mustRing(taken)) {
            stack.attachments.onDoorbell(1);
        }
        if (guest.mustRing(post())) {
            stack.attachments.onDoorbell(1);
        }
        stack.pass();
        assertEquals(2, commandHead());
    }

    @Test
    void shouldGiveBackWhatItTookBeforeItSaysThatItSleeps() {
        final ContextPort context = guest.space.context(0);
        post();
        context.commands().poll(); // and what followed from it failed: nothing was published
        context.announceSleep();
        assertEquals(1, commandHead());
    }

    @Test
    void shouldGiveEachSleepAnotherNumber() {
        stack.idle();
        final int first = hostSleeping();
        post();
        stack.attachments.onDoorbell(1);
        stack.idle();
        assertNotEquals(0, hostSleeping());
        assertNotEquals(first, hostSleeping());
    }
}
