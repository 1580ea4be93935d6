package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.slowpath.OptionStage;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Congestion;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import org.junit.jupiter.api.Test;

/** Which congestion control a connection has: the socket's, else the guest's; between guests of two host stacks. */
class CongestionChoiceTest {
    private static final int PORT = 80;

    private final StackPair stacks = new StackPair();
    private final ScriptedGuest client = stacks.client;
    private final ScriptedGuest server = stacks.server;
    private final Handle listener = server.socket();

    private Handle connect(ScriptedGuest guest, long congestion) {
        final Handle socket = guest.socket();
        socket.command(Command.CONNECT, Addresses.IPV4_HIGH, Addresses.ipv4Low(StackPair.SERVER), PORT, 0, congestion);
        stacks.run();
        guest.drain();
        return socket;
    }

    private void listen() {
        listener.bind(PORT);
        listener.listen(16);
        stacks.run();
    }

    private static SocketInfo info(ScriptedGuest guest, Handle socket) {
        final SocketInfo info = new SocketInfo();
        OptionStage.describe(guest.space.find(socket.index, socket.generation), info);
        return info;
    }

    @Test
    void shouldBeWhatTheSocketAskedFor() {
        listen();
        assertEquals(Congestion.CUBIC, info(client, connect(client, 0)).congestion);
        assertEquals(Congestion.RENO, info(client, connect(client, Congestion.RENO)).congestion);
        final SocketInfo dctcp = info(client, connect(client, Congestion.DCTCP));
        assertEquals(Congestion.DCTCP, dctcp.congestion);
        assertNotEquals(0, dctcp.options & SocketInfo.OPTION_ECN, "asked for in the SYN");
    }

    @Test
    void shouldTellOfNoThresholdBeforeALoss() {
        listen();
        final SocketInfo info = info(client, connect(client, 0));
        assertEquals(SocketInfo.PATH_WIRE, info.path);
        assertEquals(0, info.ssthresh);
    }

    @Test
    void shouldBeWhatTheListenerAskedFor() {
        listen();
        listener.command(Command.OPTION, Option.CONGESTION, Congestion.RENO);
        connect(client, 0);
        assertEquals(Congestion.RENO, info(server, listener.accept()).congestion);
    }

    @Test
    void shouldBeThatOfTheGuestUnlessTheSocketAskedForAnother() {
        listen();
        final ScriptedGuest other = stacks.near.guest("other", 2, CongestionAlgorithm.DCTCP);
        assertEquals(Congestion.DCTCP, info(other, connect(other, 0)).congestion);
        assertEquals(Congestion.CUBIC, info(other, connect(other, Congestion.CUBIC)).congestion);
        assertEquals(Congestion.CUBIC, info(client, connect(client, 0)).congestion);
    }

    @Test
    void shouldBeThatOfTheGuestForAcceptedConnections() {
        final ScriptedGuest other = stacks.far.guest("other", 2, CongestionAlgorithm.RENO);
        final Handle otherListener = other.socket();
        otherListener.bind(PORT);
        otherListener.listen(16);
        stacks.run();
        other.drain();
        final Handle socket = client.socket();
        final long address = Addresses.ipv4Low(StackHarness.FIRST_ADDRESS + 2);
        socket.command(Command.CONNECT, Addresses.IPV4_HIGH, address, PORT, 0);
        stacks.run();
        other.drain();
        assertEquals(Congestion.RENO, info(other, otherListener.accept()).congestion);
        assertEquals(Congestion.CUBIC, info(client, socket).congestion);
    }

    @Test
    void shouldChangeOnAConnection() {
        listen();
        final Handle socket = connect(client, 0);
        socket.command(Command.OPTION, Option.CONGESTION, Congestion.DCTCP);
        stacks.run();
        assertEquals(0, client.lastReplyErrno());
        assertEquals(Congestion.RENO, info(client, socket).congestion, "the SYN did not ask for ECN: it acts as reno");
    }

    @Test
    void shouldPaceWithBbr() {
        listen();
        final SocketInfo chosen = info(client, connect(client, Congestion.BBR));
        assertEquals(Congestion.BBR, chosen.congestion);
        assertTrue(chosen.pacingRate > 0);
        final Handle socket = connect(client, 0);
        assertEquals(0, info(client, socket).pacingRate);
        socket.command(Command.OPTION, Option.CONGESTION, Congestion.BBR);
        stacks.run();
        assertEquals(0, client.lastReplyErrno());
        assertEquals(Congestion.BBR, info(client, socket).congestion);
        assertTrue(info(client, socket).pacingRate > 0);
        socket.command(Command.OPTION, Option.CONGESTION, Congestion.CUBIC);
        stacks.run();
        assertEquals(Congestion.CUBIC, info(client, socket).congestion);
        assertEquals(0, info(client, socket).pacingRate);
    }

    @Test
    void shouldRefuseWhatThereIsNot() {
        listen();
        final Handle refused = connect(client, Congestion.BBR + 1);
        assertTrue((refused.state() & State.FAILED) != 0);
        assertEquals(Errno.EINVAL, refused.error());
        final Handle socket = connect(client, 0);
        socket.command(Command.OPTION, Option.CONGESTION, Congestion.BBR + 1);
        stacks.run();
        assertEquals(Errno.EINVAL, client.lastReplyErrno());
    }
}
