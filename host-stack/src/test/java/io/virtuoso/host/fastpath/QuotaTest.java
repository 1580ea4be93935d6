package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.control.StackUpdate;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.socket.GuestNode;
import io.virtuoso.host.socket.Listener;
import io.virtuoso.host.socket.PortSpace;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Guests that may have so much and no more. */
class QuotaTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;

    private final StackHarness stack = new StackHarness();

    private static Handle listen(final ScriptedGuest server) {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(16);
        return listener;
    }

    @Test
    void shouldRefuseToOpenMoreConnectionsThanAGuestMayHave() {
        final ScriptedGuest client = stack.guest("client", 0, new GuestQuotas(2, 0, 0));
        final ScriptedGuest server = stack.guest("server", 1);
        listen(server);
        stack.run(client, server);
        final Handle[] sockets = {client.socket(), client.socket(), client.socket()};
        for (final Handle socket : sockets) {
            socket.connect(SERVER, PORT);
        }
        stack.run(client, server);
        assertTrue((sockets[0].state() & State.CONNECTED) != 0);
        assertTrue((sockets[1].state() & State.CONNECTED) != 0);
        assertEquals(Errno.ENOBUFS, sockets[2].error());
        assertEquals(1, client.space.node().account().refusedConnections());

        sockets[0].close();
        stack.run(client, server);
        final Handle another = client.socket();
        another.connect(SERVER, PORT);
        stack.run(client, server);
        assertTrue((another.state() & State.CONNECTED) != 0);
        assertEquals(2, client.space.node().account().connectionCount());
    }

    @Test
    void shouldHoldToQuotasAndWeightThatHaveChanged() {
        final ScriptedGuest client = stack.guest("client", 0);
        final ScriptedGuest server = stack.guest("server", 1);
        listen(server);
        stack.run(client, server);
        final Handle first = client.socket();
        final Handle second = client.socket();
        first.connect(SERVER, PORT);
        stack.run(client, server);
        final GuestNode node = client.space.node();
        final Guest before = node.guest();
        final Guest changed = new Guest(
                before.name(),
                before.network(),
                before.address(),
                7,
                before.congestion(),
                before.labels(),
                before.limits(),
                new GuestQuotas(1, 0, 0));
        final StackUpdate update = new StackUpdate(List.of(changed), List.of(), Map.of());
        assertEquals(0, stack.slowPath.updates().apply(update, stack.attachments::forEachSocket));
        assertEquals(7, node.account().weight());
        second.connect(SERVER, PORT);
        stack.run(client, server);
        assertTrue((first.state() & State.CONNECTED) != 0);
        assertEquals(Errno.ENOBUFS, second.error());
    }

    @Test
    void shouldCountUnfinishedHandshakesOfAllListenersOfAGuest() {
        final GuestNode node =
                stack.guest("server", 1, new GuestQuotas(0, 3, 0)).space.node();
        final Listener one = new Listener(node, 80, PortSpace.Sharing.NONE, PortSpace.IPV4, 16);
        final Listener other = new Listener(node, 81, PortSpace.Sharing.NONE, PortSpace.IPV4, 16);
        one.addHandshakes(2);
        assertTrue(other.hasRoomForHandshake());
        other.addHandshakes(1);
        assertFalse(one.hasRoomForHandshake());
        one.addHandshakes(-1);
        assertTrue(other.hasRoomForHandshake());
    }

    @Test
    void shouldRefuseConnectionsToAGuestThatMayHaveNoMore() {
        final ScriptedGuest client = stack.guest("client", 0);
        final ScriptedGuest server = stack.guest("server", 1, new GuestQuotas(1, 0, 0));
        listen(server);
        stack.run(client, server);
        final Handle first = client.socket();
        final Handle second = client.socket();
        first.connect(SERVER, PORT);
        stack.run(client, server);
        second.connect(SERVER, PORT);
        stack.run(client, server);
        assertTrue((first.state() & State.CONNECTED) != 0);
        assertEquals(Errno.ECONNREFUSED, second.error());
    }
}
