package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TCP_DEFER_ACCEPT, for a client on the same host and for one on the wire. */
class DeferAcceptTest {
    private static final int PORT = 80;
    private static final int BACKLOG = 4;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final byte[] REQUEST = {1, 2, 3};

    private final CachedNanoClock clock = new CachedNanoClock();
    private final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), clock::nanoTime);
    private final StackHarness stack = StackHarness.on(wire, clock);
    private final StackHarness far = StackHarness.on(wire.peer(), clock);
    private final ScriptedGuest server = stack.guest("server", 1);
    private final ScriptedGuest neighbour = stack.guest("neighbour", 0);
    private final ScriptedGuest outside = far.guest("outside", 2);
    private final Handle listener = server.socket();

    private void run() {
        passFor(3_000_000L, 100_000L);
    }

    private void passFor(long ns, long stepNs) {
        for (long end = clock.nanoTime() + ns; clock.nanoTime() < end; ) {
            clock.update(clock.nanoTime() + stepNs);
            stack.pass();
            far.pass();
            server.drain();
            neighbour.drain();
            outside.drain();
        }
    }

    private void listen(int seconds) {
        listener.bind(PORT);
        listener.listen(BACKLOG);
        listener.command(Command.OPTION, Option.DEFER_ACCEPT, seconds);
        run();
        assertEquals(0, server.lastReplyErrno());
    }

    private Handle connect(boolean local) {
        final Handle client = (local ? neighbour : outside).socket();
        client.connect(SERVER, PORT);
        run();
        return client;
    }

    private Handle connectAndWait(boolean local) {
        final Handle client = connect(local);
        assertEquals(State.CONNECTED, client.state());
        passFor(1_900_000_000L, 10_000_000L);
        assertNull(listener.accept());
        return client;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldShowAConnectionWithItsFirstData(boolean local) {
        listen(3);
        final Handle client = connectAndWait(local);
        client.write(REQUEST, 0, 3);
        run();
        final Handle accepted = listener.accept();
        assertNotNull(accepted);
        assertArrayEquals(REQUEST, accepted.read());
        accepted.write(REQUEST, 0, 3);
        run();
        assertArrayEquals(REQUEST, client.read());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldShowAConnectionAfterItsTime(boolean local) {
        listen(3);
        final Handle client = connectAndWait(local);
        passFor(1_500_000_000L, 10_000_000L);
        final Handle accepted = listener.accept();
        assertNotNull(accepted);
        accepted.write(REQUEST, 0, 3);
        run();
        assertArrayEquals(REQUEST, client.read());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldShowAnEnd(boolean local) {
        listen(30);
        final Handle client = connectAndWait(local);
        client.close();
        run();
        final Handle accepted = listener.accept();
        assertNotNull(accepted);
        assertTrue((accepted.state() & State.READ_CLOSED) != 0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldForgetWhoAborts(boolean local) {
        listen(1);
        connectAndAbort(local);
        passFor(3_000_000_000L, 10_000_000L);
        assertNull(listener.accept());
    }

    private void connectAndAbort(boolean local) {
        final Handle client = connect(local);
        assertNull(listener.accept());
        client.command(Command.CLOSE, Command.CLOSE_ABORT);
        run();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldResetWhoWaitsWhenTheListenerCloses(boolean local) {
        listen(30);
        final Handle client = connectAndWait(local);
        listener.close();
        run();
        client.write(REQUEST, 0, 3);
        run();
        assertTrue((client.state() & State.FAILED) != 0);
        assertEquals(Errno.ECONNRESET, client.error());
    }

    /** As with SYN cookies: what cannot be remembered as waiting is shown at once rather than lost. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldBoundHowManyWait(boolean local) {
        listen(30);
        for (int i = 0; i < BACKLOG + 1; i++) {
            connect(local);
        }
        assertNull(listener.accept());
        connect(local);
        assertNotNull(listener.accept());
        assertNull(listener.accept());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldNotDeferAnyMore(boolean local) {
        listen(30);
        connect(local);
        listener.command(Command.OPTION, Option.DEFER_ACCEPT, 0);
        run();
        connect(local);
        assertNotNull(listener.accept());
        assertNull(listener.accept());
    }
}
