package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.PortSpace;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import java.util.List;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/** What a guest leaves behind does not grow with how often it does something. */
class HoardingTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final int TIMES = 100;

    /** Rings that have grown are looked at once by then. */
    private static final long RINGS_NS = 6_000_000_000L;

    /** Longer than that. */
    private static final int DEFER_SECONDS = 60;

    private final CachedNanoClock clock = new CachedNanoClock();
    private final StackHarness stack = new StackHarness(clock, parts -> List.of());
    private final ScriptedGuest client = stack.guest("client", 0);
    private final ScriptedGuest server = stack.guest("server", 1);

    private void run() {
        stack.attachments.onDoorbell(client.space.attachment().id());
        stack.attachments.onDoorbell(server.space.attachment().id());
        stack.run(client, server);
    }

    private Handle listen(int backlog, int deferSeconds) {
        final Handle listener = server.socket();
        listener.bind(PORT);
        if (deferSeconds > 0) {
            listener.command(Command.OPTION, Option.DEFER_ACCEPT, deferSeconds);
        }
        listener.command(Command.LISTEN, backlog, 0);
        run();
        return listener;
    }

    private Handle connect() {
        final Handle socket = client.socket();
        socket.connect(SERVER, PORT);
        run();
        return socket;
    }

    private void assertNothingIsToBeDone() {
        clock.update(clock.nanoTime() + RINGS_NS);
        run();
        assertEquals(Long.MAX_VALUE, stack.slowPath.agent().nextDeadlineNs());
    }

    private Listener listener() {
        return server.space.node().ports().listener(PORT, PortSpace.IPV4);
    }

    @Test
    void shouldForgetConnectsThatWereClosedWhileTheyWaited() {
        listen(0, 0);
        final Handle accepted = connect(); // fills the backlog
        final Handle oldest = connect();
        assertEquals(0, oldest.state());
        for (int i = 0; i < TIMES; i++) {
            connect().close();
            run();
        }
        assertEquals(1, listener().waitingConnects().size());
        assertNotEquals(Long.MAX_VALUE, stack.slowPath.agent().nextDeadlineNs(), "it will time out");
        oldest.close();
        run();
        assertTrue(listener().waitingConnects().isEmpty());
        accepted.close();
        run();
        assertNothingIsToBeDone();
    }

    @Test
    void shouldRefuseConnectsThatWaitedForAListenerThatIsGone() {
        final Handle listener = listen(0, 0);
        final Handle first = connect();
        final Handle second = connect();
        listener.close();
        run();
        assertEquals(Errno.ECONNRESET, first.error());
        assertEquals(Errno.ECONNREFUSED, second.error());
        assertNothingIsToBeDone();
    }

    @Test
    void shouldForgetDeferredConnections() {
        final Handle listener = listen(TIMES, DEFER_SECONDS);
        final Handle first = connect();
        for (int i = 0; i < TIMES; i++) {
            connect();
        }
        listener.close();
        run();
        assertTrue((first.state() & State.FAILED) != 0);
        assertNothingIsToBeDone();
    }
}
