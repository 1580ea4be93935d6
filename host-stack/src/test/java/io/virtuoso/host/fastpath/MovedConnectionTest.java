package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A process takes a connection that another one of its guest has just used, or is using. */
class MovedConnectionTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final long SHARE = 17;
    private static final int MUCH = 1 << 20;

    private final StackHarness stack = new StackHarness();
    private final ScriptedGuest client = stack.guest("client", 0);
    private final Attachment parentAttachment = stack.attachment("server", SERVER);
    private final ScriptedGuest parent = stack.attach(parentAttachment);
    private final Attachment childAttachment = stack.sibling(parentAttachment, Abi.MINOR);
    private final ScriptedGuest child = stack.attach(childAttachment);
    private final Handle far = client.socket();
    private Handle near;

    @BeforeEach
    void connect() {
        final Handle listener = parent.socket();
        listener.bind(PORT);
        listener.listen(1);
        run();
        far.connect(SERVER, PORT);
        run();
        near = listener.accept();
        assertEquals(0, stack.attachments.shareSocket(parentAttachment, near.index, near.generation, SHARE));
    }

    private void run() {
        stack.run(client, parent, child);
    }

    private Handle taken() {
        final Adoption adopted = stack.attachments.adopt(childAttachment, SHARE);
        assertEquals(0, adopted.errno());
        return child.new Handle(adopted.slot(), adopted.generation()).knowsItsRings();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void write(Handle socket, String text) {
        assertEquals(text.length(), socket.write(bytes(text), 0, text.length()));
    }

    private static String text(Handle socket) {
        return new String(socket.read(), StandardCharsets.US_ASCII);
    }

    @Test
    void shouldSayHowFarTheFormerProcessWasSeenToReadAndWrite() {
        write(far, "words");
        run();
        near.read(3);
        write(near, "answer");
        final Handle taken = taken();
        assertEquals(State.MOVED, near.state() & (State.MOVED | State.MOVING));
        assertTrue((near.state() & State.FAILED) != 0);
        assertEquals(Errno.ECONNRESET, near.error());
        assertEquals(3, SocketSlot.rxMoved(parent.region, near.at));
        assertEquals(6, SocketSlot.txSeenAcquire(parent.region, near.at));
        assertEquals(State.CONNECTED, taken.state());
        run();
        assertEquals("ds", text(taken));
        assertEquals("answer", text(far));
    }

    @Test
    void shouldLeaveAloneWhatTheFormerProcessDoesTooLate() {
        write(far, "words");
        run();
        write(near, "in time");
        final Handle taken = taken();
        assertEquals("words", text(near));
        write(near, "late");
        near.command(Command.TX, MUCH);
        run();
        assertEquals(0, SocketSlot.rxMoved(parent.region, near.at));
        assertEquals(7, SocketSlot.txSeenAcquire(parent.region, near.at));
        assertEquals("words", text(taken));
        write(taken, ", and this");
        run();
        assertEquals("in time, and this", text(far));
    }

    @Test
    void shouldTakeAlongWhatIsNotSent() {
        final byte[] written = new byte[2 * MUCH];
        for (int i = 0; i < written.length; i++) {
            written[i] = (byte) (i * 31 >> 3);
        }
        int count = fill(written);
        final Handle taken = taken();
        assertTrue(SocketSlot.txTailAcquire(child.region, taken.at) > 0, "something waits");
        final ByteArrayOutputStream read = new ByteArrayOutputStream();
        while (read.size() < written.length) {
            read.writeBytes(far.read());
            run();
            count += taken.write(written, count, written.length - count);
            run();
        }
        assertArrayEquals(written, read.toByteArray());
    }

    /** Writes until nothing goes any more. @return bytes written */
    private int fill(byte[] bytes) {
        int count = 0;
        for (int before = -1; count > before; ) {
            before = count;
            count += near.write(bytes, count, bytes.length - count);
            stack.run(parent, child);
        }
        assertTrue(count < bytes.length);
        return count;
    }

    @Test
    void shouldNotTakeUnsentBytesAlongToAProcessThatDoesNotExpectThem() {
        final Attachment oldAttachment = stack.sibling(parentAttachment, 6);
        final ScriptedGuest old = stack.attach(oldAttachment);
        fill(new byte[2 * MUCH]);
        assertEquals(Errno.EAGAIN, stack.attachments.adopt(oldAttachment, SHARE).errno());
        assertEquals(State.CONNECTED, near.state());
        while (far.read().length > 0) {
            stack.run(client, parent, child, old);
        }
        assertEquals(0, stack.attachments.adopt(oldAttachment, SHARE).errno());
    }

    @Test
    void shouldGiveBackASlotThatWasLeftAndNoOther() {
        final Handle taken = taken();
        final int sockets = parent.space.socketCount();
        taken.command(Command.CLOSE, Command.CLOSE_MOVED);
        near.command(Command.CLOSE, Command.CLOSE_MOVED);
        run();
        assertEquals(sockets - 1, parent.space.socketCount());
        write(taken, "still there");
        run();
        assertEquals("still there", text(far));
        stack.attachments.shareReleased(SHARE);
        run();
        assertTrue((far.state() & State.READ_CLOSED) != 0);
    }

    @Test
    void shouldRefuseDataWhereTheOtherProcessShutTheOtherHalf() {
        near.command(Command.SHUTDOWN, Command.SHUT_READ);
        run();
        final Handle moved = taken();
        moved.command(Command.SHUTDOWN, Command.SHUT_WRITE);
        run();
        far.write(bytes("late"), 0, 4);
        run();
        assertEquals(Errno.EPIPE, far.error());
        assertEquals(Errno.ECONNRESET, moved.error());
    }
}
