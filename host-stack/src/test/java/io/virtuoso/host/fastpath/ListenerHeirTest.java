package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/** Listeners of several processes on one port: what one of them leaves behind, the others accept. */
class ListenerHeirTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final byte[] REQUEST = {1, 2, 3};

    private final CachedNanoClock clock = new CachedNanoClock();
    private final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), clock::nanoTime);
    private final StackHarness stack = StackHarness.on(wire, clock);
    private final StackHarness far = StackHarness.on(wire.peer(), clock);
    private final ScriptedGuest client = stack.guest("client", 0);
    private final ScriptedGuest outside = far.guest("outside", 2);
    private final ScriptedGuest old = stack.guest("server", 1);
    private final ScriptedGuest fresh = stack.guest("server", 1);

    private void run() {
        for (int pass = 0; pass < 30; pass++) {
            clock.update(clock.nanoTime() + 10_000);
            stack.pass();
            far.pass();
            client.drain();
            outside.drain();
            old.drain();
            fresh.drain();
        }
    }

    private Handle listen(ScriptedGuest guest, int backlog) {
        final Handle listener = guest.socket();
        listener.command(Command.BIND, 0, 0, PORT, Command.BIND_REUSEPORT);
        listener.command(Command.LISTEN, backlog, Command.BIND_REUSEPORT);
        run();
        return listener;
    }

    private Handle request(ScriptedGuest from) {
        final Handle socket = from.socket();
        socket.connect(SERVER, PORT);
        run();
        socket.write(REQUEST, 0, REQUEST.length);
        run();
        return socket;
    }

    private void assertServed(Handle socket, Handle listener) {
        final Handle accepted = listener.accept();
        assertNotNull(accepted, "nobody inherited it");
        assertArrayEquals(REQUEST, accepted.read());
        accepted.write(REQUEST, 0, REQUEST.length);
        run();
        assertArrayEquals(REQUEST, socket.read());
        assertEquals(0, socket.error());
    }

    @Test
    void shouldInheritWhatWasPushedToAProcessThatClosesItsListener() {
        final Handle closing = listen(old, 4);
        closing.command(Command.ARM);
        run();
        final Handle near = request(client);
        final Handle distant = request(outside);
        final Handle heir = listen(fresh, 4);
        heir.command(Command.ARM);
        closing.close();
        run();
        assertServed(near, heir);
        assertServed(distant, heir);
        assertNull(heir.accept());
    }

    @Test
    void shouldInheritWhatNobodyWasReadyToAccept() {
        final Handle closing = listen(old, 4);
        final Handle near = request(client);
        final Handle distant = request(outside);
        final Handle heir = listen(fresh, 4);
        closing.close();
        run();
        heir.command(Command.ARM);
        run();
        assertServed(near, heir);
        assertServed(distant, heir);
    }

    @Test
    void shouldInheritConnectsThatFoundTheBacklogFull() {
        final Handle closing = listen(old, 0);
        request(client);
        final Handle waiting = client.socket();
        waiting.connect(SERVER, PORT);
        run();
        final Handle heir = listen(fresh, 4);
        closing.close();
        heir.command(Command.ARM);
        run();
        assertNotNull(heir.accept());
        waiting.write(REQUEST, 0, REQUEST.length);
        run();
        assertServed(waiting, heir);
    }

    @Test
    void shouldResetForWhichNobodyHasRoom() {
        final Handle closing = listen(old, 4);
        final Handle first = request(client);
        final Handle second = request(client);
        final Handle heir = listen(fresh, 0);
        closing.close();
        run();
        heir.command(Command.ARM);
        run();
        assertServed(first, heir);
        assertEquals(Errno.ECONNRESET, second.error());
    }

    @Test
    void shouldLeaveNothingToListenersThatDoNotShareThePort() {
        final Handle closing = old.socket();
        closing.bind(PORT);
        closing.command(Command.LISTEN, 4, 0);
        run();
        final Handle socket = request(client);
        closing.close();
        run();
        assertEquals(Errno.ECONNRESET, socket.error());
    }
}
