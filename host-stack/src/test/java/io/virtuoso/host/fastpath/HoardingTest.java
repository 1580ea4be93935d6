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
import org.junit.jupiter.api.Test;

/** What a guest leaves behind does not grow with how often it does something. */
class HoardingTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final int TIMES = 100;

    private final StackHarness stack = new StackHarness();
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

    private Listener listener() {
        return server.space.node().ports().listener(PORT, PortSpace.IPV4);
    }

    @Test
    void shouldForgetConnectsThatWereClosedWhileTheyWaited() {
        listen(0, 0);
        connect(); // fills the backlog
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
        assertEquals(Long.MAX_VALUE, stack.slowPath.agent().nextDeadlineNs());
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
        assertEquals(Long.MAX_VALUE, stack.slowPath.agent().nextDeadlineNs());
    }

    @Test
    void shouldForgetDeferredConnections() {
        final Handle listener = listen(TIMES, 5);
        final Handle first = connect();
        for (int i = 0; i < TIMES; i++) {
            connect();
        }
        listener.close();
        run();
        assertTrue((first.state() & State.FAILED) != 0);
        assertEquals(Long.MAX_VALUE, stack.slowPath.agent().nextDeadlineNs());
    }
}
