package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.protocol.AcceptedRecord;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/**
 * A master that listens and never accepts, workers that come and go: no connection is lost between them. One client is a
 * guest of the same host stack, the other comes over the wire.
 */
class SharedListenerTest {
    private static final int PORT = 80;
    private static final int BACKLOG = 4;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final long SHARE = 17;

    private final CachedNanoClock clock = new CachedNanoClock();
    private final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), clock::nanoTime);
    private final StackHarness stack = StackHarness.on(wire, clock);
    private final StackHarness far = StackHarness.on(wire.peer(), clock);
    private final ScriptedGuest near = stack.guest("near", 0);
    private final ScriptedGuest outside = far.guest("outside", 2);
    private final Attachment masterAttachment = stack.attachment("server", SERVER);
    private final ScriptedGuest master = stack.attach(masterAttachment);
    private final Handle listener = master.socket();
    private final List<ScriptedGuest> workers = new ArrayList<>();

    private void run() {
        for (int pass = 0; pass < 30; pass++) {
            clock.update(clock.nanoTime() + 10_000);
            stack.pass();
            far.pass();
            near.drain();
            outside.drain();
            workers.forEach(ScriptedGuest::drain); // the master sleeps and looks at nothing
        }
    }

    private void listen() {
        listener.bind(PORT);
        listener.command(Command.LISTEN, BACKLOG);
        run();
        assertEquals(0, stack.attachments.shareSocket(masterAttachment, listener.index, listener.generation, SHARE));
    }

    /** A process with the listener that it had from its parent. */
    private final class Worker {
        private final Attachment attachment = stack.attachment("server", SERVER);
        private final ScriptedGuest guest = stack.attach(attachment);
        private final Handle listener;

        private Worker() {
            final Adoption adopted = stack.attachments.adopt(attachment, SHARE);
            assertEquals(0, adopted.errno());
            listener = guest.new Handle(adopted.slot(), adopted.generation());
            workers.add(guest);
        }

        private Worker arm() {
            listener.command(Command.ARM);
            run();
            return this;
        }

        private Worker await() {
            listener.command(Command.ARM, Command.ARM_ONCE);
            run();
            return this;
        }

        /** @return true if news came since the last question */
        private boolean wasTold() {
            return (guest.takeReadyMask() & Event.READY_READ) != 0;
        }

        private boolean isAcceptable() {
            return (listener.state() & State.ACCEPTABLE) != 0;
        }

        /** @return the next connection, or null if there is none */
        private Handle accept() {
            final Handle along = listener.accept();
            if (along != null) {
                run();
                return along;
            }
            listener.command(Command.ACCEPT);
            run();
            if (guest.lastReplyErrno() != 0) {
                assertEquals(Errno.EAGAIN, guest.lastReplyErrno());
                return null;
            }
            final long record = guest.lastReplyValue();
            return guest.new Handle(AcceptedRecord.slot(record), AcceptedRecord.generation(record));
        }

        private void exit() {
            workers.remove(guest);
            attachment.end(EndReason.GUEST_CLOSED);
            stack.attachments.guestGone(attachment);
            run();
        }
    }

    /** Longer than the host stack waits for the process that it told. */
    private void pause() {
        clock.update(clock.nanoTime() + 1_000_000);
        run();
    }

    private Handle connect(ScriptedGuest client, int bytes) {
        final Handle socket = client.socket();
        socket.connect(SERVER, PORT);
        run();
        assertEquals(State.CONNECTED, socket.state());
        socket.write(message(bytes), 0, bytes);
        run();
        return socket;
    }

    private static byte[] message(int bytes) {
        final byte[] message = new byte[bytes];
        java.util.Arrays.fill(message, (byte) bytes);
        return message;
    }

    private void close(Handle... sockets) {
        for (Handle socket : sockets) {
            socket.close();
        }
        run();
    }

    @Test
    void shouldPassOnWhatAWorkerLeftWhileNobodyAccepted() {
        listen();
        for (int lap = 0; lap < 3 * BACKLOG; lap++) {
            final Worker old = new Worker().arm();
            final Handle one = connect(near, 3);
            final Handle two = connect(outside, 4);
            old.exit();
            final Worker next = new Worker().arm();
            final Handle first = next.accept();
            final Handle second = next.accept();
            assertNull(next.accept());
            assertArrayEquals(message(3), first.read(), "lap " + lap);
            assertArrayEquals(message(4), second.read());
            close(first, second, one, two);
            next.exit();
        }
    }

    @Test
    void shouldEstablishWhatComesBeforeAnybodyAccepts() {
        listen();
        for (int i = 0; i <= BACKLOG; i++) {
            connect(i % 2 == 0 ? near : outside, i + 1);
        }
        final Worker worker = new Worker().arm();
        final List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i <= BACKLOG; i++) {
            lengths.add(worker.accept().read().length);
        }
        lengths.sort(null);
        assertEquals(List.of(1, 2, 3, 4, 5), lengths);
        assertNull(worker.accept());
    }

    @Test
    void shouldAnswerNoSynWhileTheBacklogIsFull() {
        listen();
        for (int i = 0; i <= BACKLOG; i++) {
            connect(outside, 1);
        }
        final Handle late = outside.socket();
        late.connect(SERVER, PORT);
        run();
        assertEquals(0, late.state());
    }

    @Test
    void shouldShowInEveryProcessWhetherConnectionsWait() {
        listen();
        final Worker one = new Worker().arm();
        final Worker two = new Worker().arm();
        assertFalse(one.isAcceptable() || two.isAcceptable());
        connect(near, 3);
        connect(outside, 4);
        assertTrue(one.isAcceptable() && two.isAcceptable());
        assertTrue(new Worker().isAcceptable());
        assertEquals(3, two.accept().read().length);
        assertEquals(4, one.accept().read().length);
        assertFalse(one.isAcceptable() || two.isAcceptable());
        assertNull(one.accept());
    }

    @Test
    void shouldPileUpNothingForAProcessThatNeverLooks() {
        listen();
        final Worker worker = new Worker().arm();
        for (int i = 0; i < 3 * 64; i++) { // more than its queue of events has room for
            final Handle client = connect(outside, 3);
            final Handle server = worker.accept();
            assertArrayEquals(message(3), server.read());
            client.close();
            server.close();
            run();
        }
        assertFalse(master.space.context(0).hasBacklog());
        assertEquals(1, master.space.socketCount(), "its listener");
        assertEquals(1, worker.guest.space.socketCount(), "its listener");
    }

    @Test
    void shouldBringAlongWhatWaitsForTheOnlyOneWhoAccepts() {
        listen();
        final Worker worker = new Worker().arm();
        connect(outside, 1);
        connect(near, 2);
        connect(outside, 3);
        assertArrayEquals(message(1), worker.accept().read());
        assertFalse(worker.isAcceptable(), "all are on their way");
        assertArrayEquals(message(2), worker.listener.accept().read());
        assertArrayEquals(message(3), worker.listener.accept().read());
        assertNull(worker.accept());
    }

    @Test
    void shouldGiveBackWhatCameAlong() {
        listen();
        final Worker worker = new Worker().arm();
        for (int i = 1; i <= 3; i++) {
            connect(i == 2 ? near : outside, i);
        }
        assertArrayEquals(message(1), worker.accept().read());
        worker.exit();
        final Worker other = new Worker().arm();
        assertArrayEquals(message(2), other.accept().read());
        assertArrayEquals(message(3), other.accept().read());
    }

    @Test
    void shouldBringNothingAlongWhereOthersAccept() {
        listen();
        final Worker worker = new Worker().arm();
        final Worker other = new Worker().arm();
        connect(outside, 1);
        connect(outside, 2);
        assertArrayEquals(message(1), worker.accept().read());
        assertArrayEquals(message(2), other.accept().read());
    }

    @Test
    void shouldBringNothingAlongForAThreadThatWaits() {
        listen();
        final Worker worker = new Worker().await();
        connect(outside, 1);
        connect(outside, 2);
        assertNotNull(worker.accept());
        assertTrue(worker.isAcceptable(), "the other one");
        assertNull(worker.listener.accept());
    }

    @Test
    void shouldKeepTheSocketOfWhoAcceptsAgain() {
        listen();
        final Worker worker = new Worker().arm();
        final Worker other = new Worker().arm();
        connect(outside, 1);
        assertNotNull(other.accept());
        final int before = other.guest.space.socketCount();
        final Handle client = connect(outside, 5);
        assertEquals(before + 1, other.guest.space.socketCount(), "it took the last one");
        final Handle server = worker.accept();
        assertArrayEquals(message(5), server.read());
        assertEquals(before, other.guest.space.socketCount(), "moved");
        assertEquals(7, server.write(message(7), 0, 7));
        run();
        assertArrayEquals(message(7), client.read());
    }

    @Test
    void shouldTellOneProcessThatWaitsAndLaterAll() {
        listen();
        final Worker busy = new Worker().arm();
        final Worker first = new Worker().await();
        final Worker second = new Worker().await();
        connect(near, 3);
        assertEquals(1, Stream.of(busy, first, second).filter(Worker::wasTold).count());
        assertFalse(busy.wasTold());
        pause();
        assertEquals(2, Stream.of(busy, first, second).filter(Worker::wasTold).count());
        pause();
        assertEquals(0, Stream.of(busy, first, second).filter(Worker::wasTold).count());
    }

    @Test
    void shouldTellASleepingSetBeforeABusyOne() {
        listen();
        final Worker busy = new Worker().arm();
        final Worker idle = new Worker().arm();
        for (int i = 1; i <= BACKLOG; i++) {
            idle.guest.sleep(i);
            connect(near, i);
            assertTrue(idle.wasTold());
            assertFalse(busy.wasTold());
            assertEquals(i, idle.accept().read().length);
        }
    }

    @Test
    void shouldTellAgainWhoCameTooLate() {
        listen();
        final Worker late = new Worker().arm();
        final Worker quick = new Worker().arm();
        for (int i = 1; i <= BACKLOG; i++) {
            late.guest.sleep(i);
            connect(near, i);
            assertTrue(late.wasTold());
            assertEquals(i, quick.accept().read().length);
            assertFalse(late.isAcceptable());
        }
    }

    @Test
    void shouldTellAThreadThatWaitsUntilItHasAConnection() {
        listen();
        final Worker late = new Worker().await();
        final Worker quick = new Worker();
        for (int i = 1; i <= BACKLOG; i++) {
            connect(near, i);
            assertTrue(late.wasTold());
            assertEquals(i, quick.accept().read().length);
            if (i % 2 == 0) {
                assertNull(late.accept());
            }
        }
        connect(near, 1);
        assertTrue(late.wasTold());
        assertNotNull(late.accept());
        assertTrue(late.wasTold()); // of what the client wrote
        connect(near, 2);
        pause();
        assertFalse(late.wasTold());
    }

    @Test
    void shouldTellNobodyWhoWasToldAndDidNotAskAgain() {
        listen();
        final Worker worker = new Worker().await();
        connect(near, 1);
        assertTrue(worker.wasTold());
        connect(near, 2);
        pause();
        assertFalse(worker.wasTold());
        worker.await();
        assertTrue(worker.wasTold());
    }

    @Test
    void shouldTellAnotherOneIfTheOneWhoWasToldEnds() {
        listen();
        final Worker one = new Worker().await();
        connect(near, 3);
        assertTrue(one.wasTold());
        final Worker two = new Worker();
        two.listener.command(Command.ARM, Command.ARM_ONCE);
        one.exit();
        assertTrue(two.wasTold());
        assertEquals(3, two.accept().read().length);
    }

    @Test
    void shouldLeaveWithAProcessWhatWasPushedBeforeItForked() {
        listener.bind(PORT);
        listener.listen(BACKLOG);
        run();
        connect(near, 3);
        assertEquals(0, stack.attachments.shareSocket(masterAttachment, listener.index, listener.generation, SHARE));
        final Worker worker = new Worker().arm();
        connect(near, 4);
        assertEquals(4, worker.accept().read().length);
        assertEquals(3, listener.accept().read().length);
        connect(near, 5);
        masterAttachment.end(EndReason.GUEST_CLOSED);
        stack.attachments.guestGone(masterAttachment);
        assertEquals(5, worker.accept().read().length);
    }

    @Test
    void shouldLetChildrenListenOnWhatTheParentBound() {
        listener.bind(PORT);
        run();
        assertEquals(0, stack.attachments.shareSocket(masterAttachment, listener.index, listener.generation, SHARE));
        for (int i = 1; i <= 3; i++) {
            final Worker worker = new Worker();
            worker.listener.command(Command.LISTEN, BACKLOG);
            worker.arm();
            assertEquals(0, worker.guest.lastReplyErrno());
            connect(near, i);
            assertEquals(i, worker.accept().read().length);
            worker.exit();
        }
        stack.attachments.shareReleased(SHARE);
        run();
        final Handle late = near.socket();
        late.connect(SERVER, PORT);
        run();
        assertEquals(Errno.ECONNREFUSED, late.error());
    }

    @Test
    void shouldRefuseToAcceptFromWhatIsNoListener() {
        final Handle socket = near.socket();
        socket.command(Command.ACCEPT);
        run();
        assertEquals(Errno.EINVAL, near.lastReplyErrno());
    }

    @Test
    void shouldShowThatAKeptConnectionWasReset() {
        listen();
        final Worker worker = new Worker().arm();
        final Handle socket = connect(outside, 3);
        worker.exit();
        socket.command(Command.CLOSE, Command.CLOSE_ABORT);
        run();
        final Worker next = new Worker().arm();
        final Handle accepted = next.accept();
        assertNotNull(accepted);
        assertTrue((accepted.state() & State.FAILED) != 0);
        assertEquals(Errno.ECONNRESET, SocketSlot.error(next.guest.region, accepted.at));
    }

    @Test
    void shouldResetWhatNobodyCanAcceptAnyMore() {
        listen();
        final Worker worker = new Worker().arm();
        final Handle one = connect(near, 3);
        final Handle two = connect(outside, 4);
        masterAttachment.end(EndReason.GUEST_CLOSED);
        stack.attachments.guestGone(masterAttachment);
        worker.exit();
        stack.attachments.shareReleased(SHARE);
        run();
        assertEquals(Errno.ECONNRESET, one.error());
        assertEquals(Errno.ECONNRESET, two.error());
    }
}
