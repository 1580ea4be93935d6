package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.io.ByteArrayOutputStream;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LocalConnectionTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;

    private final StackHarness stack = new StackHarness();
    private final ScriptedGuest client = stack.guest("client", 0);
    private final Attachment serverAttachment = stack.attachment("server", SERVER);
    private final ScriptedGuest server = stack.attach(serverAttachment);

    private Handle listener(int backlog) {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(backlog);
        run();
        return listener;
    }

    private Handle connected() {
        final Handle socket = client.socket();
        socket.connect(SERVER, PORT);
        run();
        return socket;
    }

    private void run() {
        stack.run(client, server);
    }

    private static byte[] bytes(int length, long seed) {
        final byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void shouldConnectAndCarryBytesBothWays() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        assertEquals(State.CONNECTED, socket.state());
        final Handle accepted = listener.accept();
        final byte[] question = bytes(100, 1);
        assertEquals(100, socket.write(question, 0, 100));
        run();
        assertArrayEquals(question, accepted.read());
        final byte[] answer = bytes(64, 2);
        accepted.write(answer, 0, 64);
        run();
        assertArrayEquals(answer, socket.read());
        assertEquals(PORT, SocketSlot.peerPort(client.region, socket.at));
        assertEquals(SocketSlot.localPort(client.region, socket.at), SocketSlot.peerPort(server.region, accepted.at));
    }

    @Test
    void shouldResetThePeerOfWhoConnectsTwice() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        socket.connect(SERVER, PORT);
        run();
        socket.close();
        run();
        assertTrue((accepted.state() & (State.READ_CLOSED | State.FAILED)) != 0, "its peer must hear of the end");
    }

    @Test
    void shouldRefuseWhereNobodyListens() {
        final Handle socket = connected();
        assertTrue((socket.state() & State.FAILED) != 0);
        assertEquals(Errno.ECONNREFUSED, socket.error());
    }

    @Test
    void shouldDeliverManyBytesThroughGrowingRings() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        final byte[] sent = bytes(3_000_000, 3);
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        int written = 0;
        for (int step = 0; received.size() < sent.length; step++) {
            assertTrue(step < 20_000, "stuck at " + received.size());
            written += socket.write(sent, written, Math.min(70_000, sent.length - written));
            stack.run(client, server);
            received.writeBytes(accepted.read());
        }
        assertArrayEquals(sent, received.toByteArray());
    }

    @Test
    void shouldPostOneNoticeForManyWrites() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        for (int i = 0; i < 5; i++) {
            socket.write(new byte[10], 0, 10);
        }
        server.events.clear();
        run();
        assertEquals(1, server.events.size());
        assertEquals(50, accepted.read().length);
    }

    @Test
    void shouldShowEndOfStreamAfterTheLastByte() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        socket.write(bytes(10, 4), 0, 10);
        socket.command(Command.SHUTDOWN, Command.SHUT_WRITE);
        run();
        assertEquals(State.CONNECTED | State.READ_CLOSED, accepted.state());
        assertEquals(10, accepted.read().length);
        accepted.write(bytes(5, 5), 0, 5);
        run();
        assertEquals(5, socket.read().length);
    }

    @Test
    void shouldResetThePeerIfDataWasLeftUnread() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        socket.write(new byte[10], 0, 10);
        run();
        accepted.close();
        run();
        assertTrue((socket.state() & State.FAILED) != 0);
        assertEquals(Errno.ECONNRESET, socket.error());
    }

    /** The host may see what was written later than what the other end did afterwards. */
    @Test
    void shouldResetThePeerIfDataWasWrittenBeforeClose() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        socket.writeUntold(new byte[10], 0, 10);
        accepted.close();
        run();
        assertTrue((socket.state() & State.FAILED) != 0);
        assertEquals(Errno.ECONNRESET, socket.error());
    }

    @Test
    void shouldDeliverDataWrittenBeforeClose() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        socket.write(bytes(1000, 6), 0, 1000);
        socket.close();
        run();
        assertTrue(client.events.contains("released " + socket.index));
        final Handle accepted = listener.accept();
        assertArrayEquals(bytes(1000, 6), accepted.read());
        assertEquals(State.CONNECTED | State.READ_CLOSED, accepted.state());
    }

    @Test
    void shouldFailWritesToAClosedPeer() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        accepted.close();
        run();
        assertEquals(State.CONNECTED | State.READ_CLOSED, socket.state());
        socket.write(new byte[10], 0, 10);
        run();
        assertEquals(Errno.EPIPE, socket.error());
    }

    @Test
    void shouldHoldConnectionsUntilSomebodyAccepts() {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.command(Command.LISTEN, 16);
        run();
        final Handle socket = connected();
        assertEquals(State.CONNECTED, socket.state());
        socket.write(new byte[3], 0, 3);
        run();
        assertNull(listener.accept());
        listener.command(Command.ARM);
        run();
        assertEquals(3, listener.accept().read().length);
    }

    @Test
    void shouldKeepConnectsWaitingWhileTheBacklogIsFull() {
        final Handle listener = listener(1);
        final Handle first = connected();
        final Handle second = connected();
        final Handle third = connected();
        assertEquals(State.CONNECTED, first.state());
        assertEquals(State.CONNECTED, second.state());
        assertEquals(0, third.state());
        assertNotNull(listener.accept());
        run();
        assertEquals(State.CONNECTED, third.state());
    }

    @Test
    void shouldResetWaitingConnectionsWhenAListenerCloses() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        listener.close();
        run();
        assertEquals(Errno.ECONNRESET, socket.error());
        assertTrue(server.events.contains("released " + listener.index));
        final Handle late = connected();
        assertEquals(Errno.ECONNREFUSED, late.error());
    }

    @Test
    void shouldRefuseASecondListenerOnAPort() {
        listener(16);
        final Handle second = server.socket();
        second.bind(PORT);
        run();
        assertEquals(Errno.EADDRINUSE, server.lastReplyErrno());
    }

    @Test
    void shouldGiveAnEphemeralPortAtBind() {
        final Handle socket = client.socket();
        socket.bind(0);
        run();
        assertEquals(0, client.lastReplyErrno());
        assertTrue(client.lastReplyValue() >= 32768);
    }

    @Test
    void shouldResetPeersOfAFaultyGuestAndSpareOthers() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        SocketSlot.txTailRelease(server.region, accepted.at, 1L << 40);
        server.post(Command.TX, accepted.index, accepted.generation, 0);
        run();
        assertEquals(Optional.of(EndReason.BAD_CURSOR), serverAttachment.endReason());
        assertEquals(Errno.ECONNRESET, socket.error());
        assertTrue(serverAttachment.isFinished());
        assertEquals(1, stack.attachments.count());
    }

    @Test
    void shouldEndAGuestThatSendsNonsense() {
        server.post(99, 5, 1, 0);
        run();
        assertEquals(Optional.of(EndReason.BAD_COMMAND), serverAttachment.endReason());
    }

    @Test
    void shouldFinishTheStreamsOfAGuestThatIsGone() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        accepted.write(bytes(500, 7), 0, 500);
        serverAttachment.end(EndReason.GUEST_CLOSED);
        stack.attachments.guestGone(serverAttachment);
        stack.run(client);
        assertArrayEquals(bytes(500, 7), socket.read());
        assertEquals(State.CONNECTED | State.READ_CLOSED, socket.state());
        assertTrue(serverAttachment.isFinished());
    }

    @Test
    void shouldServeConnectionsToOneself() {
        final Handle listener = listener(16);
        final Handle socket = server.socket();
        socket.connect(SERVER, PORT);
        run();
        socket.write(new byte[7], 0, 7);
        run();
        assertEquals(7, listener.accept().read().length);
    }

    @Test
    void shouldAllocateNothingForBytesInSteadyState() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        final com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().threadId();
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            allocated = Math.min(allocated, allocatedByStack(threads, thread, socket, accepted));
        }
        assertEquals(0, allocated, "bytes for 1000 requests and answers");
    }

    /** Allocations of the stack's own code; the scripted guests allocate as they please. */
    private long allocatedByStack(
            com.sun.management.ThreadMXBean threads, long thread, Handle socket, Handle accepted) {
        final byte[] message = new byte[64];
        long allocated = 0;
        for (int i = 0; i < 1000; i++) {
            socket.write(message, 0, 64);
            final long before = threads.getThreadAllocatedBytes(thread);
            stack.pass();
            allocated += threads.getThreadAllocatedBytes(thread) - before;
            server.drain();
            accepted.read();
            accepted.write(message, 0, 64);
            final long between = threads.getThreadAllocatedBytes(thread);
            stack.pass();
            allocated += threads.getThreadAllocatedBytes(thread) - between;
            client.drain();
            socket.read();
        }
        return allocated;
    }

    @Test
    void shouldLeaveNothingBehindAfterManyConnections() {
        final Handle listener = listener(16);
        for (int i = 0; i < 400; i++) {
            final Handle socket = connected();
            final Handle accepted = listener.accept();
            socket.write(new byte[100], 0, 100);
            run();
            accepted.read();
            socket.close();
            run();
            accepted.close();
            run();
        }
        assertEquals(0, client.space.socketCount());
        assertEquals(1, server.space.socketCount());
        assertEquals(0, client.space.pool().usedBytes());
    }

    @Test
    void shouldLeaveNothingBehindOfWhoShutsBeforeItCloses() {
        final Handle listener = listener(16);
        for (int i = 0; i < 4; i++) {
            final Handle socket = connected();
            final Handle accepted = listener.accept();
            final Handle first = i % 2 == 0 ? socket : accepted;
            final Handle second = i % 2 == 0 ? accepted : socket;
            first.write(new byte[100], 0, 100);
            first.command(Command.SHUTDOWN, Command.SHUT_WRITE);
            run();
            if (i >= 2) {
                second.command(Command.SHUTDOWN, Command.SHUT_WRITE);
                run();
            }
            first.close();
            run();
            assertEquals(100, second.read().length);
            assertEquals(0, second.state() & State.FAILED);
            second.close();
            run();
        }
        assertEquals(0, client.space.socketCount());
        assertEquals(1, server.space.socketCount());
        assertEquals(0, client.space.node().account().connectionCount());
        assertEquals(0, server.space.node().account().connectionCount());
    }

    @Test
    void shouldFailWritesToAPeerThatShutBeforeItClosed() {
        final Handle listener = listener(16);
        final Handle socket = connected();
        final Handle accepted = listener.accept();
        accepted.command(Command.SHUTDOWN, Command.SHUT_WRITE);
        accepted.close();
        run();
        assertEquals(State.CONNECTED | State.READ_CLOSED, socket.state());
        socket.write(new byte[10], 0, 10);
        run();
        assertEquals(Errno.EPIPE, socket.error());
    }

    @Test
    void shouldRefuseDataForWhoShutBothHalves() {
        final Handle listener = listener(16);
        for (int first : new int[] {Command.SHUT_READ, Command.SHUT_WRITE, Command.SHUT_READ | Command.SHUT_WRITE}) {
            final Handle socket = connected();
            final Handle accepted = listener.accept();
            accepted.command(Command.SHUTDOWN, first);
            run();
            socket.write(new byte[10], 0, 10);
            run();
            if (first != (Command.SHUT_READ | Command.SHUT_WRITE)) {
                assertEquals(10, accepted.read().length, "one half is open");
                accepted.command(Command.SHUTDOWN, Command.SHUT_READ + Command.SHUT_WRITE - first);
                run();
                assertEquals(State.CONNECTED | State.READ_CLOSED, socket.state());
                socket.write(new byte[10], 0, 10);
                run();
            }
            assertEquals(0, accepted.read().length);
            assertEquals(Errno.EPIPE, socket.error());
            assertEquals(Errno.ECONNRESET, accepted.error());
            socket.close();
            accepted.close();
            run();
        }
        assertEquals(0, client.space.socketCount());
        assertEquals(1, server.space.socketCount());
    }

    /** The host may see what was written later than what the other end did afterwards. */
    @Test
    void shouldDeliverDataWrittenBeforeBothHalvesWereShut() {
        final Handle listener = listener(16);
        for (int first : new int[] {Command.SHUT_READ, Command.SHUT_WRITE}) {
            final Handle socket = connected();
            final Handle accepted = listener.accept();
            accepted.command(Command.SHUTDOWN, first);
            run();
            socket.writeUntold(bytes(10, 8), 0, 10);
            accepted.command(Command.SHUTDOWN, Command.SHUT_READ + Command.SHUT_WRITE - first);
            run();
            client.post(Command.TX, socket.index, socket.generation, 0);
            run();
            assertArrayEquals(bytes(10, 8), accepted.read());
            assertEquals(State.CONNECTED | State.READ_CLOSED, socket.state());
        }
    }
}
