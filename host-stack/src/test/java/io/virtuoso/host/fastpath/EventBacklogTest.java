package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.ContextBlock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** More events than the queue holds: they wait, and none is lost. */
class EventBacklogTest {
    private static final int SOCKETS = 150;

    private final StackHarness stack = new StackHarness();
    private final ScriptedGuest guest = stack.guest("client", 0);

    @Test
    void shouldDeliverEventsThatFoundTheQueueFull() {
        final List<Handle> sockets = refusedConnects();
        assertNotEquals(0, backlogWord());
        stack.run(guest);
        for (Handle socket : sockets) {
            final String event = "ready " + socket.index + " ";
            assertTrue(guest.events.stream().anyMatch(seen -> seen.startsWith(event)), event);
        }
        assertEquals(0, backlogWord());
    }

    @Test
    void shouldKeepAnAnswerUntilThereIsRoom() {
        refusedConnects();
        guest.socket().bind(4711);
        stack.run();
        assertEquals(-1, guest.lastReplyErrno());
        stack.run(guest);
        assertEquals(0, guest.lastReplyErrno());
        assertEquals(4711, guest.lastReplyValue());
    }

    @Test
    void shouldPutAContextWithABacklogToSleep() {
        refusedConnects();
        for (int poll = 0; poll < 2000; poll++) {
            stack.run();
        }
        assertEquals(0, stack.contexts.size());
        stack.attachments.onDoorbell(1);
        assertEquals(1, stack.contexts.size());
    }

    /** Connects to where nobody listens; the guest takes no event. */
    private List<Handle> refusedConnects() {
        final List<Handle> sockets = new ArrayList<>();
        for (int i = 0; i < SOCKETS; i++) {
            final Handle socket = guest.socket();
            socket.connect(StackHarness.FIRST_ADDRESS, 9);
            sockets.add(socket);
            stack.run();
        }
        return sockets;
    }

    private int backlogWord() {
        return ContextBlock.eventBacklog(guest.region, guest.layout.contextOffset(0));
    }
}
