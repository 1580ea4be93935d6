package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.protocol.ContextBlock;
import io.virtuoso.protocol.EntryQueueConsumer;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.SocketSlot;
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

    @Test
    void shouldLookForRoomAgainOnceEventsBeganToWait() {
        final GuestSocket socket = bound();
        stack.idle();
        assertEquals(0, stack.contexts.size());
        fillQueue(socket);
        assertEquals(1, stack.contexts.size(), "the guest may have made room before it could see that events wait");
        guest.drain();
        stack.run(guest);
        assertEquals(0, backlogWord());
    }

    @Test
    void shouldNotSleepIfEventsThatWaitHaveRoom() {
        fillQueue(bound());
        assertTrue(stack.contexts.announceSleep());
        guest.drain();
        assertFalse(stack.contexts.announceSleep());
        assertEquals(0, backlogWord());
    }

    @Test
    void shouldNotAnswerInAContextThatWasClosed() {
        final Handle socket = guest.socket();
        socket.bind(4711);
        guest.sleep(1);
        stack.contexts.poll(guest.space.context(0), 64);
        stack.attachments.contextClosed(guest.space.attachment(), 0);
        stack.slowPath.agent().doWork();
        assertEquals(0, stack.doorbells.ring(), "its doorbell may be somebody else's by now");
    }

    @Test
    void shouldTellTheContextThatASocketHasMovedTo() {
        final GuestSocket socket = bound();
        fillQueue(socket);
        stack.attachments.contextOpened(guest.space.attachment(), 1, -1);
        SocketSlot.contextRelease(guest.region, guest.layout.slotOffset(socket.index()), 1);
        guest.space.ready(socket, Event.READY_READ);
        final EntryQueueConsumer events = EntryQueueConsumer.ofEvents(guest.region, guest.layout, 1);
        assertEquals(Event.READY, events.poll(), "nobody need look at the first context again");
        assertEquals(socket.index(), events.slot());
        assertEquals(Event.READY_READ | Event.READY_WRITE, events.arg0());
        guest.drain();
        stack.run(guest);
        assertEquals(0, backlogWord());
    }

    private GuestSocket bound() {
        final Handle handle = guest.socket();
        handle.bind(4711);
        stack.run(guest);
        return guest.space.find(handle.index, handle.generation);
    }

    /** Posts one event more than the queue holds. */
    private void fillQueue(GuestSocket socket) {
        for (int i = 0; i <= guest.layout.queueEntries(); i++) {
            guest.space.ready(socket, Event.READY_WRITE);
        }
        assertNotEquals(0, backlogWord());
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
