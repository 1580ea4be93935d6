package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.SocketSlot;
import org.junit.jupiter.api.Test;

/** What guests are told of bytes that were sent, for TCP_NOTSENT_LOWAT. */
class NotSentTest {
    private static final int PORT = 80;
    private static final byte[] DATA = new byte[100_000];

    private final StackPair stacks = new StackPair();
    private final ScriptedGuest client = stacks.client;
    private final ScriptedGuest server = stacks.server;
    private final Handle listener = server.socket();

    private Handle connect(final ScriptedGuest from, final int address) {
        final Handle socket = from.socket();
        socket.command(Command.CONNECT, Addresses.IPV4_HIGH, Addresses.ipv4Low(address), PORT, 0);
        stacks.run();
        return socket;
    }

    private void listen() {
        listener.bind(PORT);
        listener.listen(16);
        stacks.run();
    }

    private static long tail(final ScriptedGuest guest, final Handle socket) {
        return SocketSlot.txTailAcquire(guest.region, socket.at);
    }

    private static int sent(final ScriptedGuest guest, final Handle socket) {
        return SocketSlot.txSentAcquire(guest.region, socket.at);
    }

    private void tell(final ScriptedGuest guest, final Handle socket, final long value) {
        socket.command(Command.OPTION, Option.NOTSENT_LOWAT, value);
        stacks.run();
        assertEquals(0, guest.lastReplyErrno());
    }

    /** Writes until nothing more goes out. */
    private void fill(final ScriptedGuest guest, final Handle socket) {
        for (long before = -1; before != tail(guest, socket); ) {
            before = tail(guest, socket);
            socket.write(DATA, 0, DATA.length);
            stacks.run();
        }
    }

    @Test
    void shouldTellHowMuchWasSentOverTheWire() {
        listen();
        final Handle socket = connect(client, StackPair.SERVER);
        final Handle accepted = listener.accept();
        socket.write(DATA, 0, 1000);
        stacks.run();
        assertEquals(0, sent(client, socket), "nobody asked");
        tell(client, socket, 16_384);
        assertEquals(1000, sent(client, socket));
        socket.write(DATA, 0, 500);
        stacks.run();
        assertEquals(1500, sent(client, socket));
        fill(client, socket);
        final int before = sent(client, socket);
        assertTrue(before > 1500 && before < tail(client, socket), "the peer's window is full");
        SocketSlot.txWantSentRelease(client.region, socket.at, before + 1);
        client.takeReadyMask();
        stacks.run();
        assertEquals(0, client.takeReadyMask() & Event.READY_WRITE);
        while (sent(client, socket) != tail(client, socket)) {
            assertTrue(accepted.read().length > 0);
            stacks.run();
        }
        assertEquals(Event.READY_WRITE, client.takeReadyMask() & Event.READY_WRITE);
        SocketSlot.txWantSentRelease(client.region, socket.at, tail(client, socket) + 1);
        tell(client, socket, 0);
        accepted.read();
        stacks.run();
        fill(client, socket);
        assertTrue(sent(client, socket) < tail(client, socket), "nobody asks any more");
    }

    @Test
    void shouldTellWhatWasSentBeforeSomebodyWaits() {
        listen();
        final Handle socket = connect(client, StackPair.SERVER);
        socket.write(DATA, 0, 1000);
        stacks.run();
        SocketSlot.txWantSentRelease(client.region, socket.at, 900);
        client.takeReadyMask();
        tell(client, socket, 100);
        assertEquals(Event.READY_WRITE, client.takeReadyMask() & Event.READY_WRITE);
    }

    @Test
    void shouldTellHowMuchWentToANeighbour() {
        listen();
        final Handle socket = connect(server, StackPair.SERVER);
        final Handle accepted = listener.accept();
        tell(server, socket, 1);
        fill(server, socket);
        assertEquals((int) SocketSlot.txHeadAcquire(server.region, socket.at), sent(server, socket));
        assertTrue(sent(server, socket) < tail(server, socket));
        SocketSlot.txWantSentRelease(server.region, socket.at, tail(server, socket));
        server.takeReadyMask();
        while (accepted.read().length > 0) {
            stacks.run();
        }
        assertEquals((int) tail(server, socket), sent(server, socket));
        assertEquals(Event.READY_WRITE, server.takeReadyMask() & Event.READY_WRITE);
    }

    @Test
    void shouldHoldForConnectionsThatAreAccepted() {
        listen();
        tell(server, listener, 4096);
        connect(client, StackPair.SERVER);
        final Handle remote = listener.accept();
        connect(server, StackPair.SERVER);
        final Handle local = listener.accept();
        for (final Handle accepted : new Handle[] {remote, local}) {
            accepted.write(DATA, 0, 700);
            stacks.run();
            assertEquals(700, sent(server, accepted));
        }
    }

    @Test
    void shouldRefuseANegativeNumber() {
        listen();
        final Handle socket = connect(client, StackPair.SERVER);
        socket.command(Command.OPTION, Option.NOTSENT_LOWAT, -1);
        stacks.run();
        assertEquals(Errno.EINVAL, client.lastReplyErrno());
    }
}
