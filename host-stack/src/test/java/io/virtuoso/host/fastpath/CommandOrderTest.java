package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Option;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/** Commands that are taken together take effect in their order, though one kind is served at once and others later. */
class CommandOrderTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;

    private final CachedNanoClock clock = new CachedNanoClock();
    private final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), clock::nanoTime);
    private final StackHarness near = StackHarness.on(wire, clock);
    private final StackHarness far = StackHarness.on(wire.peer(), clock);
    private final ScriptedGuest client = near.guest("client", 0);
    private final ScriptedGuest server = far.guest("server", 1);

    private void run() {
        for (int pass = 0; pass < 30; pass++) {
            clock.update(clock.nanoTime() + 100_000);
            near.pass();
            client.drain();
            far.pass();
            server.drain();
        }
    }

    @Test
    void shouldCorkBeforeItSendsWhatWasWrittenAfterwards() {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(1);
        run();
        final Handle socket = client.socket();
        socket.connect(SERVER, PORT);
        run();
        final Handle accepted = listener.accept();

        socket.command(Command.OPTION, Option.CORK, 1);
        socket.write(new byte[10], 0, 10);
        run();
        assertEquals(0, accepted.read().length);
        socket.write(new byte[20], 0, 20);
        socket.command(Command.OPTION, Option.CORK, 0);
        run();
        assertEquals(30, accepted.read().length);
    }
}
