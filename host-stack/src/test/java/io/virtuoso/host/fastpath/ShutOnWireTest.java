package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data over a wire for who has shut both halves of its connection. */
class ShutOnWireTest {
    private static final int PORT = 80;
    private static final int BOTH = Command.SHUT_READ | Command.SHUT_WRITE;

    private final StackPair stacks = new StackPair();

    @ParameterizedTest
    @ValueSource(ints = {Command.SHUT_READ, Command.SHUT_WRITE, BOTH})
    void shouldRefuseIt(int first) {
        final Handle listener = stacks.server.socket();
        listener.bind(PORT);
        listener.listen(1);
        stacks.run();
        final Handle socket = stacks.client.socket();
        socket.connect(StackPair.SERVER, PORT);
        stacks.run();
        final Handle accepted = listener.accept();

        accepted.command(Command.SHUTDOWN, first);
        stacks.run();
        if (first != BOTH) {
            socket.write(new byte[10], 0, 10);
            stacks.run();
            assertEquals(10, accepted.read().length, "one half is open");
            accepted.command(Command.SHUTDOWN, BOTH - first);
            stacks.run();
        }
        assertEquals(State.CONNECTED | State.READ_CLOSED, socket.state());
        socket.write(new byte[10], 0, 10);
        stacks.run();
        assertEquals(0, accepted.read().length);
        assertEquals(Errno.EPIPE, socket.error());
        assertEquals(Errno.ECONNRESET, accepted.error());
    }
}
