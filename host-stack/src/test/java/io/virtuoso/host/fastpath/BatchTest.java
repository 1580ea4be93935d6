package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Option;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How much is done at a time for one guest, while others may wait. */
class BatchTest {
    private static final int PORT = 80;
    private static final int BATCH = 16;
    private static final int CONNECTIONS = 16;

    private final StackHarness stack = new StackHarness();
    private final ScriptedGuest client = stack.guest("client", 0);
    private final ScriptedGuest server = stack.guest("server", 1);
    private final List<Handle> sockets = new ArrayList<>();
    private final List<Handle> accepted = new ArrayList<>();

    private void connect() {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(CONNECTIONS);
        stack.run(client, server);
        for (int i = 0; i < CONNECTIONS; i++) {
            final Handle socket = client.socket();
            socket.connect(StackHarness.FIRST_ADDRESS + 1, PORT);
            stack.run(client, server);
            sockets.add(socket);
            accepted.add(listener.accept());
        }
    }

    private int serve() {
        return stack.contexts.serve(client.space.context(0), BATCH);
    }

    private int arrived() {
        return accepted.stream().mapToInt(socket -> socket.read().length).sum();
    }

    @Test
    void shouldTakeSmallWritesTogether() {
        connect();
        sockets.forEach(socket -> socket.write(new byte[64], 0, 64));
        assertEquals(BATCH, serve());
        assertEquals(CONNECTIONS * 64, arrived());
    }

    /** A batch that copies much ends sooner: the next guest does not wait for sixteen of these. */
    @Test
    void shouldCountWhatIsCopied() {
        connect();
        final int size = 1024;
        sockets.forEach(socket -> assertEquals(size, socket.write(new byte[size], 0, size)));
        final int done = serve();
        final int bytes = arrived();
        assertEquals(BATCH, done);
        assertEquals(13 * size, bytes); // 13 commands, and 3 times 4096 bytes
        stack.run(client, server);
        assertEquals(CONNECTIONS * size - bytes, arrived());
    }

    @Test
    void shouldCountWhatTheSlowPathIsAskedFor() {
        connect();
        sockets.forEach(socket -> socket.command(Command.OPTION, Option.NODELAY, 1));
        final int done = serve();
        assertTrue(done >= BATCH, "a whole batch: " + done);
        assertTrue(stack.contexts.hasCommands(client.space.context(0)), "not all at once");
    }
}
