package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.StackMailbox;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.slowpath.SlowPath;
import io.virtuoso.host.slowpath.WireServices;
import io.virtuoso.protocol.State;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Passes of the stack thread's own agent. */
class PassTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;

    private final CachedNanoClock clock = new CachedNanoClock();
    private final ControlMailbox control = new ControlMailbox(() -> {});
    private final FastPathAgent stack = new FastPathAgent(
            System::nanoTime,
            clock,
            new StackMailbox(-1, () -> {}, control),
            control,
            SlowPath.create(clock, Ledger.unread(), parts -> new WireServices(List.of(), parts.sockets())),
            new Sleeper(),
            PipeRinger.single(),
            StackHarness.LIMITS);
    private final Attachment serverAttachment = StackHarness.attachment(1, "server", SERVER);
    private final ScriptedGuest server = attach(serverAttachment);
    private final ScriptedGuest client = attach(StackHarness.attachment(2, "client", StackHarness.FIRST_ADDRESS));
    private Handle socket;

    PassTest() throws IOException {}

    private ScriptedGuest attach(Attachment attachment) {
        stack.attached(attachment);
        stack.contextOpened(attachment, 0, -1);
        return new ScriptedGuest(attachment);
    }

    @BeforeEach
    void connect() {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(16);
        run();
        socket = client.socket();
        socket.connect(SERVER, PORT);
        run();
        assertEquals(State.CONNECTED, socket.state());
    }

    private void run() {
        for (int pass = 0; pass < 8; pass++) {
            stack.doWork();
            server.drain();
            client.drain();
        }
    }

    private long rings() {
        final long[] rings = new long[1];
        stack.counters((name, value) -> rings[0] += name.equals("doorbells.guest") ? value : 0);
        return rings[0];
    }

    @Test
    void shouldWakeThePeersOfAFaultyGuestInTheSamePass() {
        final long before = rings();
        client.sleep(1);
        server.post(99, 5, 1, 0);
        stack.doWork();
        assertEquals(Optional.of(EndReason.BAD_COMMAND), serverAttachment.endReason());
        assertTrue((socket.state() & State.FAILED) != 0);
        assertEquals(before + 1, rings());
    }
}
