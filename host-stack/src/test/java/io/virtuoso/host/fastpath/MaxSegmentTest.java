package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.slowpath.OptionStage;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import org.junit.jupiter.api.Test;

/** TCP_MAXSEG between guests of two host stacks on one wire: what was set before the handshake is told to the peer. */
class MaxSegmentTest {
    private static final int PORT = 80;
    private static final int BY_MTU = 1460;

    private final StackPair stacks = new StackPair();
    private final ScriptedGuest client = stacks.client;
    private final ScriptedGuest server = stacks.server;
    private final Handle listener = server.socket();

    private void listen() {
        listener.bind(PORT);
        listener.listen(16);
        stacks.run();
    }

    private Handle connect(long maxSegment) {
        final Handle socket = client.socket();
        socket.command(Command.CONNECT, Addresses.IPV4_HIGH, Addresses.ipv4Low(StackPair.SERVER), PORT, maxSegment);
        stacks.run();
        return socket;
    }

    private static int peerMss(ScriptedGuest guest, Handle socket) {
        final SocketInfo info = new SocketInfo();
        OptionStage.describe(guest.space.find(socket.index, socket.generation), info);
        return info.peerMss;
    }

    @Test
    void shouldTellThePeerWhatAConnectAskedFor() {
        listen();
        assertEquals(State.CONNECTED, connect(700).state());
        assertEquals(700, peerMss(server, listener.accept()));
        assertEquals(State.CONNECTED, connect(0).state());
        assertEquals(BY_MTU, peerMss(server, listener.accept()));
    }

    @Test
    void shouldTellThePeerWhatAListenerAskedFor() {
        listen();
        listener.command(Command.OPTION, Option.MAXSEG, 600);
        stacks.run();
        assertEquals(600, peerMss(client, connect(0)));
        listener.command(Command.OPTION, Option.MAXSEG, 0);
        stacks.run();
        assertEquals(BY_MTU, peerMss(client, connect(0)));
    }

    @Test
    void shouldNotAskForMoreThanTheNetworkCarries() {
        listen();
        connect(9000);
        assertEquals(BY_MTU, peerMss(server, listener.accept()));
    }

    @Test
    void shouldRefuseAConnectWithAnImpossibleSegment() {
        listen();
        final Handle socket = connect(7);
        assertTrue((socket.state() & State.FAILED) != 0);
        assertEquals(Errno.EINVAL, socket.error());
    }
}
