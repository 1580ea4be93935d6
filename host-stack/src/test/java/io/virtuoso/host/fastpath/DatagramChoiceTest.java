package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedDatagrams.Received;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Datagram;
import io.virtuoso.protocol.Errno;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which of the sockets of a port receives a datagram: as on Linux, by where they are bound and to whom they are connected. */
class DatagramChoiceTest {
    private static final int OWN = StackHarness.FIRST_ADDRESS;
    private static final int OTHER = OWN + 1;
    private static final int PORT = 53;
    private static final int ANY = 0;

    private final StackHarness stack = new StackHarness();
    private final ScriptedGuest guest = stack.guest("guest", 0);
    private final ScriptedGuest peer = stack.guest("peer", 1);
    private final ScriptedDatagrams near = new ScriptedDatagrams(guest).open(0, 0);
    private final ScriptedDatagrams far = new ScriptedDatagrams(peer).open(0, 0);

    private void run() {
        stack.attachments.onDoorbell(guest.space.attachment().id());
        stack.run(guest, peer);
    }

    private ScriptedDatagrams bound(final int address, final long flags) {
        final ScriptedDatagrams socket = new ScriptedDatagrams(guest);
        socket.handle.command(Command.DATAGRAM, Addresses.IPV4_HIGH, Addresses.ipv4Low(address), PORT, flags);
        run();
        assertEquals(0, guest.lastReplyErrno());
        return socket;
    }

    private static List<String> texts(final ScriptedDatagrams socket) {
        return socket.receive().stream().map(Received::text).toList();
    }

    private void assertReceives(final ScriptedDatagrams socket, final String text) {
        run();
        assertEquals(List.of(text), texts(socket));
    }

    private void sayByLoopback(final ScriptedDatagrams from, final String text) {
        assertTrue(from.send(OWN, PORT, Datagram.LOOPBACK, text.getBytes(StandardCharsets.US_ASCII)));
    }

    private int probe() {
        near.handle.command(Command.DATAGRAM_CONNECT, 0, 0, PORT, Datagram.PROBE);
        run();
        return guest.lastReplyErrno();
    }

    @Test
    void shouldPreferWhoIsBoundToTheAddress() {
        final ScriptedDatagrams exact = bound(OWN, Command.BIND_REUSEADDR);
        final ScriptedDatagrams any = bound(ANY, Command.BIND_REUSEADDR);
        far.send(OWN, PORT, "from another guest");
        assertReceives(exact, "from another guest");
        near.send(OWN, PORT, "from its own");
        assertReceives(exact, "from its own");
        sayByLoopback(near, "by the loopback");
        assertReceives(any, "by the loopback");
        final ScriptedDatagrams later = bound(OWN, Command.BIND_REUSEADDR);
        far.send(OWN, PORT, "to the last");
        assertReceives(later, "to the last");
        assertEquals(List.of(), texts(exact));
        assertEquals(List.of(), texts(any));
    }

    @Test
    void shouldTakeTheLoopbackForAnotherAddress() {
        final ScriptedDatagrams exact = bound(OWN, Command.BIND_REUSEADDR);
        assertEquals(Errno.ECONNREFUSED, probe());
        sayByLoopback(near, "by the loopback");
        run();
        assertEquals(List.of(), texts(exact));
        bound(ANY, Command.BIND_REUSEADDR);
        assertEquals(0, probe());
    }

    /** Where an answer would not come by the loopback, the question is not shown as if it had. */
    @Test
    void shouldShowWhereToAnswer() {
        final ScriptedDatagrams any = new ScriptedDatagrams(guest).open(PORT + 1, 0);
        final ScriptedDatagrams exact = bound(OWN, 0);
        exact.send(OWN, PORT + 1, Datagram.LOOPBACK, new byte[] {'1'});
        near.send(OWN, PORT + 1, Datagram.LOOPBACK, new byte[] {'2'});
        run();
        assertEquals(
                List.of(new Received(OWN, PORT, 0, "1"), new Received(OWN, near.port(), Datagram.LOOPBACK, "2")),
                any.receive());
        any.send(OWN, PORT, "answer");
        assertReceives(exact, "answer");
    }

    @Test
    void shouldPreferWhoIsConnectedToTheSender() {
        final ScriptedDatagrams connected = bound(ANY, Command.BIND_REUSEADDR);
        final ScriptedDatagrams exact = bound(OWN, Command.BIND_REUSEADDR);
        connected.connect(OTHER, far.port());
        run();
        far.send(OWN, PORT, "from the peer");
        assertReceives(connected, "from the peer");
        near.send(OWN, PORT, "from somebody else");
        assertReceives(exact, "from somebody else");
    }

    @Test
    void shouldPreferWhoIsOfIpv4Alone() {
        final ScriptedDatagrams one = bound(ANY, Command.BIND_REUSEADDR);
        final ScriptedDatagrams both = new ScriptedDatagrams(guest).open(PORT, Command.BIND_REUSEADDR);
        run();
        far.send(OWN, PORT, "of IPv4");
        assertReceives(one, "of IPv4");
        assertEquals(List.of(), texts(both));
    }

    /** SO_REUSEPORT: those that fit best share, the others get nothing. */
    @Test
    void shouldShareAmongThoseThatFitBest() {
        final ScriptedDatagrams any = bound(ANY, Command.BIND_REUSEPORT);
        final List<ScriptedDatagrams> exact = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            exact.add(bound(OWN, Command.BIND_REUSEPORT));
        }
        final Set<Integer> receivers = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            final ScriptedDatagrams sender = new ScriptedDatagrams(peer).open(0, 0);
            run();
            sender.send(OWN, PORT, "one");
            sender.send(OWN, PORT, "two");
            run();
            for (final ScriptedDatagrams socket : exact) {
                final List<String> got = texts(socket);
                if (!got.isEmpty()) {
                    assertEquals(List.of("one", "two"), got, "of one source");
                    receivers.add(exact.indexOf(socket));
                }
            }
        }
        assertEquals(Set.of(0, 1, 2), receivers);
        sayByLoopback(near, "by the loopback");
        assertReceives(any, "by the loopback");
    }
}
