package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Option;
import org.junit.jupiter.api.Test;

/** Commands that are taken together take effect in their order, though one kind is served at once and others later. */
class CommandOrderTest {
    private static final int PORT = 80;

    private final StackPair stacks = new StackPair();
    private final ScriptedGuest client = stacks.client;
    private final ScriptedGuest server = stacks.server;

    @Test
    void shouldCorkBeforeItSendsWhatWasWrittenAfterwards() {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(1);
        stacks.run();
        final Handle socket = client.socket();
        socket.connect(StackPair.SERVER, PORT);
        stacks.run();
        final Handle accepted = listener.accept();

        socket.command(Command.OPTION, Option.CORK, 1);
        socket.write(new byte[10], 0, 10);
        stacks.run();
        assertEquals(0, accepted.read().length);
        socket.write(new byte[20], 0, 20);
        socket.command(Command.OPTION, Option.CORK, 0);
        stacks.run();
        assertEquals(30, accepted.read().length);
    }

    /** Full segments do not wait; they leave in several turns. */
    @Test
    void shouldSendAFileWhileCorkedAndTheRestAfterwards() {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(1);
        stacks.run();
        final Handle socket = client.socket();
        socket.connect(StackPair.SERVER, PORT);
        stacks.run();
        final Handle accepted = listener.accept();
        socket.command(Command.OPTION, Option.CORK, 1);
        final int bytes = socket.write(new byte[10_000], 0, 10_000);
        stacks.run();
        final int full = accepted.read().length;
        assertTrue(full > bytes - 1_500 && full < bytes, "all but the rest of a segment: " + full);
        socket.command(Command.OPTION, Option.CORK, 0);
        stacks.run();
        assertEquals(bytes, full + accepted.read().length);
    }
}
