package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.EntryQueueProducer;
import io.virtuoso.protocol.State;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a process commanded just before it ended, on a connection that its parent holds, too. */
class LastCommandsTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final long SHARE = 17;
    private static final byte[] WORDS = "words".getBytes(StandardCharsets.US_ASCII);

    private final StackHarness stack = new StackHarness();
    private final ScriptedGuest client = stack.guest("client", 0);
    private final Attachment parentAttachment = stack.attachment("server", SERVER);
    private final ScriptedGuest parent = stack.attach(parentAttachment);
    private final Attachment childAttachment = stack.attachment("server", SERVER);
    private final ScriptedGuest child = stack.attach(childAttachment);

    @Test
    void shouldSendWhatAChildWroteBeforeItsEnd() {
        final Handle socket = client.socket();
        final Handle inherited = inherit(socket);
        assertEquals(WORDS.length, inherited.write(WORDS, 0, WORDS.length));
        inherited.command(Command.SHUTDOWN, Command.SHUT_WRITE);
        stack.attachments.guestGone(childAttachment);
        stack.run(client, parent);
        assertArrayEquals(WORDS, socket.read());
        assertTrue((socket.state() & State.READ_CLOSED) != 0, () -> "state " + socket.state());
    }

    @Test
    void shouldObeyManyCommandsOfAnEndedProcessInItsGuestsTurns() {
        final Handle socket = client.socket();
        final Handle inherited = inherit(socket);
        stack.attachments.contextOpened(childAttachment, 1, -1);
        final EntryQueueProducer second = EntryQueueProducer.ofCommands(child.region, child.layout, 1);
        final int queueEntries = child.layout.queueEntries();
        for (int i = 0; i < queueEntries; i++) {
            child.post(Command.INFO, inherited.index, inherited.generation, 0);
        }
        assertTrue(second.offer(Command.SHUTDOWN, inherited.index, inherited.generation, Command.SHUT_WRITE));
        stack.attachments.guestGone(childAttachment);
        assertEquals(3, stack.attachments.count());
        assertEquals(0, socket.state() & State.READ_CLOSED, "others do not wait for so many");
        stack.run(client, parent);
        assertTrue((socket.state() & State.READ_CLOSED) != 0, () -> "state " + socket.state());
    }

    @Test
    void shouldResetWhatAnAttachmentThatBreaksTheRulesHadClosed() {
        final Handle socket = client.socket();
        final Handle inherited = inherit(socket);
        final byte[] much = new byte[1 << 20];
        for (int sent = 0, before = -1; sent > before; ) {
            before = sent;
            sent += inherited.write(much, sent, much.length - sent);
            stack.run(parent, child);
        }
        inherited.close();
        stack.run(parent, child);
        assertEquals(0, socket.state() & State.FAILED, "it may be read yet");
        child.post(99, 0, 0, 0);
        stack.run(client, parent, child);
        assertTrue((socket.state() & State.FAILED) != 0, () -> "state " + socket.state());
        stack.attachments.shareReleased(SHARE);
        stack.run(client, parent);
        assertEquals(2, stack.attachments.count());
    }

    /** Connects a socket to the parent, whose end goes to the child. */
    private Handle inherit(final Handle socket) {
        final Handle listener = parent.socket();
        listener.bind(PORT);
        listener.listen(1);
        stack.run(client, parent);
        socket.connect(SERVER, PORT);
        stack.run(client, parent);
        final Handle accepted = listener.accept();
        assertEquals(0, stack.attachments.shareSocket(parentAttachment, accepted.index, accepted.generation, SHARE));
        final Adoption adopted = stack.attachments.adopt(childAttachment, SHARE);
        assertEquals(0, adopted.errno());
        final Handle inherited = child.new Handle(adopted.slot(), adopted.generation());
        stack.run(client, parent, child);
        return inherited;
    }
}
