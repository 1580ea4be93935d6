package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedDatagrams.Received;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What policies make of connections and datagrams between guests of one host stack. */
class PolicyConnectionTest {
    private static final int PORT = 80;
    private static final int CLIENT = StackHarness.FIRST_ADDRESS;
    private static final int SERVER = CLIENT + 1;

    private final CachedNanoClock clock = new CachedNanoClock();
    private final StackHarness stack = new StackHarness(clock, parts -> List.of());
    private final Policies policies = new Policies(stack);
    private final ScriptedGuest client = stack.guest("client", 0);
    private final Attachment serverAttachment = stack.attachment("server", SERVER);
    private final ScriptedGuest server = stack.attach(serverAttachment);

    private Handle listener() {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(16);
        run();
        return listener;
    }

    private Handle connect() {
        final Handle socket = client.socket();
        socket.connect(SERVER, PORT);
        run();
        return socket;
    }

    private void run() {
        stack.run(client, server);
    }

    private void assertRefused(int errno, Handle socket) {
        assertTrue((socket.state() & State.FAILED) != 0, "state " + socket.state());
        assertEquals(errno, socket.error());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EACCES"})
    void shouldRefuseWithTheErrnoOfTheRule(String errno) {
        listener();
        policies.apply("{rules: [{direction: in, guest: server, action: refuse, errno: " + errno + "}]}");
        assertEquals(errno, Errno.name(connect().error()));
        policies.apply("{rules: [{direction: out, guest: client, action: refuse, errno: " + errno + "}]}");
        assertEquals(errno, Errno.name(connect().error()));
        assertEquals(2, policies.counter("policy.refused"));
    }

    @Test
    void shouldAskBothEnds() {
        final Handle listener = listener();
        policies.apply("{default: deny, rules: [{direction: out, guest: client, action: allow}]}");
        assertRefused(Errno.ECONNREFUSED, connect());
        policies.apply("{default: deny, rules: [{direction: in, guest: server, action: allow}]}");
        assertRefused(Errno.ECONNREFUSED, connect());
        policies.apply("""
                {default: deny, rules: [{direction: in, guest: server, peer: {guest: client}, port: 80, action: allow},
                  {direction: out, peer: {cidr: 10.88.0.3}, action: allow}]}
                """);
        assertEquals(State.CONNECTED, connect().state());
        assertNotNull(listener.accept());
        assertEquals(List.of(1L, 1L), policies.hits().subList(0, 2));
    }

    @Test
    void shouldAlwaysLetAGuestReachItself() {
        final Handle listener = listener();
        policies.apply("{default: drop}");
        final Handle socket = server.socket();
        socket.connect(SERVER, PORT);
        run();
        assertEquals(State.CONNECTED, socket.state());
        assertNotNull(listener.accept());
    }

    @Test
    void shouldTimeOutWhatIsDropped() {
        listener();
        policies.apply("{default: {in: drop}}");
        final Handle socket = connect();
        assertEquals(0, socket.state());
        clock.update(clock.nanoTime() + 126_000_000_000L);
        run();
        assertEquals(0, socket.state());
        clock.update(clock.nanoTime() + 2_000_000_000L);
        run();
        assertRefused(Errno.ETIMEDOUT, socket);
        assertEquals(1, policies.counter("policy.dropped"));
    }

    @Test
    void shouldLetADroppedConnectGoOnWhenItIsAllowed() {
        final Handle listener = listener();
        policies.apply("{default: drop}");
        final Handle socket = connect();
        policies.apply("{default: drop, rules: [{direction: in, action: allow}]}");
        run();
        assertEquals(0, socket.state());
        policies.apply("{default: allow}");
        run();
        assertEquals(State.CONNECTED, socket.state());
        assertNotNull(listener.accept());
    }

    @Test
    void shouldResetWhatIsForbiddenAndKeepTheRest() {
        final Handle listener = listener();
        final Handle socket = connect();
        final Handle accepted = listener.accept();
        assertEquals(
                0,
                policies.apply("{default: deny, rules: [{direction: in, port: 80, action: allow},"
                        + "{direction: out, guest: client, action: allow}]}"));
        socket.write(new byte[10], 0, 10);
        run();
        assertEquals(10, accepted.read().length);
        assertEquals(1, policies.apply("{default: {out: deny}}"));
        run();
        assertRefused(Errno.ECONNRESET, socket);
        assertRefused(Errno.ECONNRESET, accepted);
        assertEquals(0, policies.apply("{default: {out: drop}}"), "it is reset already");
        assertEquals(1, policies.counter("policy.reset"));
        policies.apply("{}");
        socket.close();
        accepted.close();
        run();
        assertEquals(State.CONNECTED, connect().state(), "the listener stays");
    }

    @Test
    void shouldResetWhatNobodyHasAccepted() {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.command(Command.LISTEN, 16, 0); // nobody accepts: connections wait in the queue
        run();
        final Handle socket = connect();
        assertEquals(State.CONNECTED, socket.state());
        assertEquals(1, policies.apply("{default: deny}"));
        run();
        assertRefused(Errno.ECONNRESET, socket);
        policies.apply("{}");
        listener.command(Command.ARM);
        run();
        assertNull(listener.accept());
        connect();
        assertNotNull(listener.accept());
    }

    /** @return a connect that waits for room in a backlog, and who could make it */
    private Handle waitForRoom(Handle listener) {
        listener.bind(PORT);
        listener.command(Command.LISTEN, 0, 0);
        run();
        Handle last = connect();
        for (int i = 0; i < 4; i++) {
            last = connect();
        }
        assertEquals(0, last.state());
        return last;
    }

    @ParameterizedTest
    @ValueSource(strings = {"ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EACCES"})
    void shouldRefuseWhatWaitsForRoomInABacklogAsTheRuleSays(final String errno) {
        final Handle waiting = waitForRoom(server.socket());
        policies.apply("{rules: [{direction: in, port: 80, action: refuse, errno: " + errno + "}]}");
        run();
        assertTrue((waiting.state() & State.FAILED) != 0, "state " + waiting.state());
        assertEquals(errno, Errno.name(waiting.error()));
    }

    @Test
    void shouldDropWhatWaitsForRoomInABacklogUntilItIsAllowedOrRefused() {
        final Handle listener = server.socket();
        final Handle waiting = waitForRoom(listener);
        policies.apply("{default: {in: drop}}");
        listener.command(Command.ARM);
        run();
        assertNull(listener.accept());
        assertEquals(0, waiting.state(), "there is room, but it is dropped");
        policies.apply("{}");
        run();
        while (listener.accept() != null) {
            run();
        }
        assertEquals(State.CONNECTED, waiting.state());
        policies.apply("{default: {in: drop}}");
        final Handle dropped = connect();
        policies.apply("{rules: [{direction: out, guest: client, action: refuse, errno: EACCES}]}");
        run();
        assertRefused(Errno.EACCES, dropped);
    }

    @Test
    void shouldShowNobodyWhatIsForbiddenWhicheverListenerItWaitsAt() {
        final Handle one = listenWithOthers();
        final Handle other = listenWithOthers();
        final Handle socket = connect();
        assertEquals(State.CONNECTED, socket.state());
        assertEquals(1, policies.apply("{default: deny}"));
        one.command(Command.ARM);
        other.command(Command.ARM);
        run();
        assertNull(one.accept());
        assertNull(other.accept());
        assertRefused(Errno.ECONNRESET, socket);
    }

    /** @return a listener that accepts nothing yet */
    private Handle listenWithOthers() {
        final Handle listener = server.socket();
        listener.command(Command.BIND, 0, 0, PORT, Command.BIND_REUSEPORT);
        listener.command(Command.LISTEN, 16, Command.BIND_REUSEPORT);
        run();
        return listener;
    }

    /** Of data that was written before a close, nothing goes on to whom the policy forbids. */
    @Test
    void shouldResetWhatIsClosedAndStillHasDataToDeliver() {
        final Handle listener = listener();
        final Handle socket = connect();
        final Handle accepted = listener.accept();
        final byte[] much = new byte[1 << 20];
        for (int last = 1; last > 0; ) {
            last = socket.write(much, 0, much.length);
            run();
        }
        socket.close();
        run();
        assertEquals(0, accepted.state() & State.READ_CLOSED, "data waits for its reader");
        assertEquals(1, policies.apply("{default: {in: deny}}"));
        run();
        assertRefused(Errno.ECONNRESET, accepted);
    }

    @Test
    void shouldFollowLabels() {
        listener();
        policies.apply("{default: {in: deny}, rules: [{direction: in, peer: {labels: {app: web}}, action: allow}]}");
        assertRefused(Errno.ECONNREFUSED, connect());
        policies.apply(
                "{default: {in: deny}, rules: [{direction: in, peer: {labels: {app: web}}, action: allow}]}",
                Policies.guest("client", CLIENT, Map.of("app", "web")));
        final Handle socket = connect();
        assertEquals(State.CONNECTED, socket.state());
        assertEquals(
                1,
                policies.apply(
                        "{default: {in: deny}, rules: [{direction: in, peer: {labels: {app: web}}, action: allow}]}",
                        Policies.guest("client", CLIENT, Map.of())));
        run();
        assertRefused(Errno.ECONNRESET, socket);
    }

    @Test
    void shouldForgetAGuestThatIsRemoved() {
        final Handle listener = listener();
        final Handle socket = connect();
        assertNotNull(listener.accept());
        assertEquals(1, policies.remove("server", serverAttachment));
        assertEquals(0, policies.counter("policy.reset"), "no policy forbade it");
        stack.run(client);
        assertRefused(Errno.ECONNRESET, socket);
        final Handle again = client.socket();
        again.connect(SERVER, PORT);
        stack.run(client);
        assertRefused(Errno.ENETUNREACH, again);
    }

    @Test
    void shouldCountEachConnectionOfRemovedGuestsOnce() {
        final Handle listener = listener();
        connect();
        assertNotNull(listener.accept());
        connect(); // nobody accepts it
        final Handle own = server.socket();
        own.connect(SERVER, PORT); // with itself
        run();
        assertEquals(3, policies.remove("server", serverAttachment));
        assertEquals(0, policies.apply("{default: deny}"));
    }

    private ScriptedDatagrams datagrams(ScriptedGuest guest, int port) {
        final ScriptedDatagrams socket = new ScriptedDatagrams(guest).open(port, 0);
        run();
        return socket;
    }

    @Test
    void shouldLetAnswersToDatagramsPass() {
        policies.apply("""
                {default: deny, rules: [{direction: out, guest: client, port: 53, action: allow},
                  {direction: in, guest: server, port: 53, action: allow}]}
                """);
        final ScriptedDatagrams receiver = datagrams(server, 53);
        final ScriptedDatagrams sender = datagrams(client, 0);
        receiver.send(CLIENT, sender.port(), "before");
        run();
        assertEquals(List.of(), sender.receive());
        for (int i = 0; i < 3; i++) {
            sender.send(SERVER, 53, "question");
        }
        run();
        assertEquals(3, receiver.receive().size());
        receiver.send(CLIENT, sender.port(), "answer");
        run();
        assertEquals(List.of(new Received(SERVER, 53, 0, "answer")), sender.receive());
        assertEquals(List.of(1L, 1L, 0L, 1L), policies.hits(), "asked once for each peer");
        sender.send(SERVER, 54, "other port");
        run();
        assertEquals(2, policies.counter("policy.refused"));
    }

    @Test
    void shouldAskAnotherPolicyOnBehalfOfWhoBegan() {
        final String open = """
                {default: deny, rules: [{direction: out, guest: client, port: 53, action: allow},
                  {direction: in, guest: server, port: 53, action: allow}]}
                """;
        policies.apply(open);
        final ScriptedDatagrams receiver = datagrams(server, 53);
        final ScriptedDatagrams sender = datagrams(client, 0);
        sender.send(SERVER, 53, "subscribe");
        run();
        policies.apply(open);
        receiver.send(CLIENT, sender.port(), "news");
        run();
        assertEquals(1, sender.receive().size());
        policies.apply("{default: deny}");
        receiver.send(CLIENT, sender.port(), "news");
        run();
        assertEquals(0, sender.receive().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EACCES"})
    void shouldTellAConnectedSenderWhatTheRuleSays(final String errno) {
        policies.apply("{rules: [{direction: in, protocol: udp, action: refuse, errno: " + errno + "}]}");
        final ScriptedDatagrams sender = datagrams(client, 0);
        sender.connect(SERVER, 53);
        sender.send(SERVER, 53, "x");
        run();
        assertEquals(1, sender.errors());
        assertEquals(errno, Errno.name(sender.handle.error()));
        policies.apply("{rules: [{direction: in, protocol: udp, action: drop}]}");
        sender.send(SERVER, 53, "x");
        run();
        assertEquals(1, sender.errors());
    }
}
