package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A port whose process may have ended: what a bind says waits until that is known. */
class LateBindTest {
    private static final int PORT = 53;
    private static final int ADDRESS = StackHarness.FIRST_ADDRESS;
    private static final int OPEN = -1;

    private final StackHarness stack = new StackHarness();
    private final Attachment firstAttachment = stack.attachment("server", ADDRESS);
    private final ScriptedGuest first = stack.attach(firstAttachment);
    private final Attachment secondAttachment = stack.attachment("server", ADDRESS);
    private final ScriptedGuest second = stack.attach(secondAttachment);
    private final Deque<Runnable> asked = new ArrayDeque<>();

    @BeforeEach
    void ask() {
        stack.slowPath.agent().ends((asker, then) -> {
            assertEquals(secondAttachment, asker);
            asked.add(then);
        });
    }

    private ScriptedDatagrams open(final ScriptedGuest guest) {
        final ScriptedDatagrams socket = new ScriptedDatagrams(guest).open(PORT, 0);
        stack.run(guest);
        return socket;
    }

    private Handle listener(final ScriptedGuest guest) {
        final Handle socket = guest.socket();
        socket.bind(PORT);
        stack.run(guest);
        return socket;
    }

    private void look() {
        asked.removeFirst().run();
        stack.run(second);
    }

    @Test
    void shouldBindOnceTheFormerProcessIsKnownToBeGone() {
        open(first);
        assertEquals(0, first.lastReplyErrno());
        final ScriptedDatagrams socket = open(second);
        assertEquals(OPEN, second.lastReplyErrno());
        stack.attachments.guestGone(firstAttachment);
        look();
        assertEquals(0, second.lastReplyErrno());
        assertEquals(PORT, second.lastReplyValue());
        assertEquals(PORT, socket.port());
        assertTrue(asked.isEmpty());
    }

    @Test
    void shouldSayThatAPortIsTakenOnceItIsKnownThatItsProcessIsThere() {
        open(first);
        open(second);
        assertEquals(OPEN, second.lastReplyErrno());
        look();
        assertEquals(Errno.EADDRINUSE, second.lastReplyErrno());
        assertTrue(asked.isEmpty());
    }

    @Test
    void shouldBindAndListenOnceTheFormerListenerIsKnownToBeGone() {
        final Handle before = listener(first);
        before.listen(1);
        stack.run(first);
        final Handle after = listener(second);
        assertEquals(OPEN, second.lastReplyErrno());
        stack.attachments.guestGone(firstAttachment);
        look();
        assertEquals(0, second.lastReplyErrno());
        after.command(Command.LISTEN, 1, 0);
        stack.run(second);
        assertEquals(0, second.lastReplyErrno());
        assertTrue(asked.isEmpty());
    }

    @Test
    void shouldListenOnceTheFormerListenerIsKnownToBeGone() {
        final Handle before = first.socket();
        before.command(Command.BIND, 0, 0, PORT, Command.BIND_REUSEADDR);
        stack.run(first);
        final Handle after = second.socket();
        after.command(Command.BIND, 0, 0, PORT, Command.BIND_REUSEADDR);
        stack.run(second);
        assertEquals(0, second.lastReplyErrno());
        before.listen(1);
        stack.run(first);
        after.command(Command.LISTEN, 1, 0);
        stack.run(second);
        assertEquals(1, asked.size());
        stack.attachments.guestGone(firstAttachment);
        look();
        assertEquals(0, second.lastReplyErrno());
    }

    @Test
    void shouldNotBindASocketThatIsClosed() {
        open(first);
        open(second).handle.close();
        stack.run(second);
        stack.attachments.guestGone(firstAttachment);
        look();
        assertEquals(OPEN, second.lastReplyErrno());
        assertEquals(0, second.space.node().datagramPorts().held());
    }

    @Test
    void shouldNotAnswerAThreadThatIsGone() {
        open(first);
        open(second);
        stack.attachments.contextClosed(secondAttachment, 0);
        stack.attachments.guestGone(firstAttachment);
        look();
        assertEquals(0, second.space.node().datagramPorts().held());
    }

    @Test
    void shouldNotBindForAProcessThatIsGone() {
        open(first);
        open(second);
        stack.attachments.guestGone(secondAttachment);
        stack.attachments.guestGone(firstAttachment);
        look();
        assertEquals(0, stack.attachments.count());
        assertEquals(0, second.space.node().datagramPorts().held());
    }

    @Test
    void shouldAnswerAtOnceWhenManyWait() {
        open(first);
        for (int i = 0; i < 64; i++) {
            open(second);
        }
        assertEquals(OPEN, second.lastReplyErrno());
        open(second);
        assertEquals(Errno.EADDRINUSE, second.lastReplyErrno());
        assertEquals(64, asked.size());
    }
}
