package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.slowpath.OptionStage;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import org.junit.jupiter.api.Test;

/** SO_MAX_PACING_RATE of guests' sockets. */
class PacingTest {
    private static final int PORT = 80;
    private static final long RATE = 1_000_000L;

    private final StackPair stacks = new StackPair();
    private final ScriptedGuest client = stacks.client;
    private final ScriptedGuest server = stacks.server;
    private final Handle listener = server.socket();

    private Handle connect() {
        final Handle socket = client.socket();
        socket.command(Command.CONNECT, Addresses.IPV4_HIGH, Addresses.ipv4Low(StackPair.SERVER), PORT, 0);
        stacks.run();
        client.drain();
        return socket;
    }

    private void listen() {
        listener.bind(PORT);
        listener.listen(16);
        stacks.run();
    }

    private static long pacingRate(ScriptedGuest guest, Handle socket) {
        final SocketInfo info = new SocketInfo();
        OptionStage.describe(guest.space.find(socket.index, socket.generation), info);
        return info.pacingRate;
    }

    @Test
    void shouldHoldForTheConnectionItIsSetOn() {
        listen();
        final Handle socket = connect();
        assertEquals(0, pacingRate(client, socket), "not paced");
        socket.command(Command.OPTION, Option.MAX_PACING_RATE, RATE);
        stacks.run();
        assertEquals(0, client.lastReplyErrno());
        assertEquals(RATE, pacingRate(client, socket));
        assertEquals(0, pacingRate(client, connect()));
        socket.command(Command.OPTION, Option.MAX_PACING_RATE, 0);
        stacks.run();
        assertEquals(0, pacingRate(client, socket));
    }

    @Test
    void shouldHoldForConnectionsThatAreAccepted() {
        listen();
        listener.command(Command.OPTION, Option.MAX_PACING_RATE, RATE);
        connect();
        assertEquals(RATE, pacingRate(server, listener.accept()));
    }

    @Test
    void shouldRefuseANegativeRate() {
        listen();
        final Handle socket = connect();
        socket.command(Command.OPTION, Option.MAX_PACING_RATE, -1);
        stacks.run();
        assertEquals(Errno.EINVAL, client.lastReplyErrno());
    }
}
