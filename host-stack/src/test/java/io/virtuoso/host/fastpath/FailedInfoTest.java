package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.slowpath.OptionStage;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.State;
import org.junit.jupiter.api.Test;

/** What TCP_INFO says of connections that failed. */
class FailedInfoTest {
    private static final int PORT = 80;
    private static final int TCP_SYN_SENT = 2;
    private static final int TCP_CLOSE = 7;
    private static final int TCP_CLOSE_WAIT = 8;

    private static int tcpState(final ScriptedGuest guest, final Handle socket) {
        final SocketInfo info = new SocketInfo();
        OptionStage.describe(guest.space.find(socket.index, socket.generation), info);
        return info.tcpState;
    }

    private static void assertFailed(final ScriptedGuest guest, final Handle socket) {
        assertTrue((socket.state() & State.FAILED) != 0, "state " + socket.state());
        assertEquals(TCP_CLOSE, tcpState(guest, socket));
    }

    @Test
    void shouldCallRefusedConnectionsClosed() {
        final StackHarness stack = new StackHarness();
        final ScriptedGuest guest = stack.guest("guest", 0);
        final Handle socket = guest.socket();
        socket.connect(StackHarness.FIRST_ADDRESS, PORT);
        stack.run(guest);
        assertFailed(guest, socket);
    }

    @Test
    void shouldCallThoseByTheWireClosedOnceTheyAreRefused() {
        final StackPair stacks = new StackPair();
        final Handle socket = stacks.client.socket();
        socket.connect(StackPair.SERVER, PORT);
        stacks.near.pass();
        assertEquals(TCP_SYN_SENT, tcpState(stacks.client, socket));
        stacks.run();
        assertFailed(stacks.client, socket);
    }

    @Test
    void shouldCallResetConnectionsClosedThoughTheirPeerHadShutDown() {
        final StackHarness stack = new StackHarness();
        final ScriptedGuest guest = stack.guest("guest", 0);
        final Handle listener = guest.socket();
        listener.bind(PORT);
        listener.listen(1);
        stack.run(guest);
        final Handle client = guest.socket();
        client.connect(StackHarness.FIRST_ADDRESS, PORT);
        stack.run(guest);
        final Handle server = listener.accept();
        server.command(Command.SHUTDOWN, Command.SHUT_WRITE);
        stack.run(guest);
        assertEquals(TCP_CLOSE_WAIT, tcpState(guest, client));
        client.write(new byte[1], 0, 1);
        stack.run(guest);
        server.close(); // with something unread
        stack.run(guest);
        assertFailed(guest, client);
    }
}
