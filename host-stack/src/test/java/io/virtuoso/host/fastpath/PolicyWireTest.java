package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedDatagrams.Received;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.State;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What policies make of connections and datagrams by the wire; each of two host stacks has one. */
class PolicyWireTest {
    private static final int PORT = 80;

    private final StackPair stacks = new StackPair();
    private final Policies near = new Policies(stacks.near);
    private final Policies far = new Policies(stacks.far);
    private final Handle listener = stacks.server.socket();

    private Handle connect() {
        final Handle socket = stacks.client.socket();
        socket.connect(StackPair.SERVER, PORT);
        stacks.run();
        return socket;
    }

    private void listen() {
        listener.bind(PORT);
        listener.listen(16);
        stacks.run();
        connect().close(); // who is where is known from now on
        stacks.run();
        listener.accept().close();
        stacks.run();
    }

    private static void assertFailed(int errno, Handle socket) {
        assertTrue((socket.state() & State.FAILED) != 0, "state " + socket.state());
        assertEquals(errno, socket.error());
    }

    @ParameterizedTest
    @CsvSource({
        "ECONNREFUSED, ECONNREFUSED",
        "ENETUNREACH, ENETUNREACH",
        "EHOSTUNREACH, EHOSTUNREACH",
        "EACCES, EHOSTUNREACH"
    })
    void shouldAnswerWhatIsRefusedByRstOrIcmp(String errno, String seen) {
        listen();
        far.apply("{rules: [{direction: in, peer: {cidr: 10.88.0.0/16}, action: refuse, errno: " + errno + "}]}");
        final Handle socket = connect();
        assertEquals(seen, Errno.name(socket.error()));
        assertEquals(1, far.counter("drop.policy_refused"));
        assertEquals(1, far.counter("policy.refused"));
        assertEquals(1, far.hits().getFirst());
    }

    @Test
    void shouldLeaveWhatIsDroppedWithoutAnAnswer() {
        listen();
        far.apply("{rules: [{direction: in, guest: server, protocol: tcp, port: 80, action: drop}]}");
        final Handle socket = connect();
        assertEquals(0, socket.state());
        assertEquals(1, far.counter("drop.policy_dropped"));
        far.apply("{}");
        for (int i = 0; i < 1000 && socket.state() == 0; i++) {
            stacks.run();
        }
        assertEquals(State.CONNECTED, socket.state(), "its next SYN comes through");
    }

    @Test
    void shouldSendNoSynThatMayNotLeave() {
        listen();
        near.apply("{default: {out: deny}}");
        final long sent = near.counter("frames_out");
        assertFailed(Errno.ECONNREFUSED, connect());
        near.apply("{default: {out: drop}}");
        final Handle dropped = connect();
        assertEquals(0, dropped.state());
        assertEquals(sent, near.counter("frames_out"));
        near.apply("{}");
        stacks.run();
        assertEquals(State.CONNECTED, dropped.state());
    }

    @Test
    void shouldKeepWhatIsAllowedAndResetTheRest() {
        listen();
        final Handle socket = connect();
        final Handle accepted = listener.accept();
        assertEquals(0, far.apply("{default: deny, rules: [{direction: in, port: 80, action: allow}]}"));
        assertEquals(0, near.apply("{default: deny, rules: [{direction: out, port: 80, action: allow}]}"));
        socket.write(new byte[10], 0, 10);
        stacks.run();
        assertEquals(10, accepted.read().length);
        accepted.write(new byte[20], 0, 20);
        stacks.run();
        assertEquals(20, socket.read().length);
        assertEquals(1, far.apply("{default: deny}"));
        stacks.run();
        assertFailed(Errno.ECONNRESET, socket);
        assertFailed(Errno.ECONNRESET, accepted);
        assertEquals(1, far.counter("policy.reset"));
    }

    @Test
    void shouldResetWhatTheClientsSideForbids() {
        listen();
        final Handle socket = connect();
        final Handle accepted = listener.accept();
        assertNotNull(accepted);
        assertEquals(1, near.apply("{default: {out: deny}}"));
        stacks.run();
        assertFailed(Errno.ECONNRESET, socket);
        assertFailed(Errno.ECONNRESET, accepted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "EACCES"})
    void shouldRefuseAConnectThatIsUnderWayAsTheRuleSays(final String errno) {
        listen();
        far.apply("{default: drop}");
        final Handle socket = connect();
        assertEquals(0, socket.state());
        assertEquals(1, near.apply("{rules: [{direction: out, action: refuse, errno: " + errno + "}]}"));
        stacks.run();
        assertTrue((socket.state() & State.FAILED) != 0, "state " + socket.state());
        assertEquals(errno, Errno.name(socket.error()));
    }

    @Test
    void shouldHoldAConnectThatIsUnderWayUntilItIsAllowed() {
        listen();
        far.apply("{default: drop}");
        final Handle socket = connect();
        assertEquals(0, near.apply("{default: {out: drop}}"));
        far.apply("{}");
        final long sent = near.counter("frames_out");
        for (int i = 0; i < 1000; i++) {
            stacks.run();
        }
        assertEquals(sent, near.counter("frames_out"));
        assertEquals(0, socket.state());
        near.apply("{}");
        stacks.run();
        assertEquals(State.CONNECTED, socket.state());
    }

    /** @return the server's end of a connection on which the client has written more than its peer takes, and closed */
    private Handle closeWithDataToDeliver() {
        listen();
        final Handle socket = connect();
        final Handle accepted = listener.accept();
        final byte[] much = new byte[1 << 20];
        for (int last = 1; last > 0; ) {
            last = socket.write(much, 0, much.length);
            stacks.run();
        }
        socket.close();
        stacks.run();
        assertEquals(State.CONNECTED, accepted.state(), "data waits for its reader");
        return accepted;
    }

    @Test
    void shouldResetWhatIsClosedAndStillHasDataToSend() {
        final Handle accepted = closeWithDataToDeliver();
        assertEquals(1, near.apply("{default: {out: deny}}"));
        stacks.run();
        assertFailed(Errno.ECONNRESET, accepted);
    }

    @Test
    void shouldResetWhatAProcessLeftThatEndedBeforeItsGuestWasRemoved() {
        final Handle accepted = closeWithDataToDeliver();
        stacks.near.attachments.guestGone(stacks.client.space.attachment());
        assertEquals(1, near.remove("client"));
        stacks.run();
        assertFailed(Errno.ECONNRESET, accepted);
    }

    @Test
    void shouldCountConnectionsOfAGuestThatIsRemoved() {
        listen();
        connect();
        final Handle accepted = listener.accept();
        final Handle underWay = stacks.client.socket();
        underWay.connect(StackPair.SERVER + 1, PORT); // where nobody answers
        stacks.run();
        assertEquals(0, underWay.state());
        assertEquals(1, near.remove("client", stacks.client.space.attachment()));
        stacks.run();
        assertFailed(Errno.ECONNRESET, accepted);
    }

    private ScriptedDatagrams datagrams(ScriptedGuest guest, int port) {
        final ScriptedDatagrams socket = new ScriptedDatagrams(guest).open(port, 0);
        stacks.run();
        return socket;
    }

    @Test
    void shouldLetAnswersToDatagramsPass() {
        far.apply("{default: deny, rules: [{direction: in, protocol: udp, port: 53, action: allow}]}");
        near.apply("{default: deny, rules: [{direction: out, protocol: udp, port: 53, action: allow}]}");
        final ScriptedDatagrams receiver = datagrams(stacks.server, 53);
        final ScriptedDatagrams sender = datagrams(stacks.client, 0);
        sender.send(StackPair.SERVER, 53, "question");
        sender.send(StackPair.SERVER, 53, "question");
        stacks.run();
        assertEquals(2, receiver.receive().size());
        receiver.send(StackPair.CLIENT, sender.port(), "answer");
        stacks.run();
        assertEquals(List.of(new Received(StackPair.SERVER, 53, 0, "answer")), sender.receive());
        assertEquals(1, far.hits().getFirst());
        assertEquals(1, near.hits().getFirst());
    }

    @Test
    void shouldTellBySilenceOrIcmpThatADatagramIsForbidden() {
        far.apply("{rules: [{direction: in, port: 53, action: refuse}, {direction: in, port: 54, action: drop}]}");
        final ScriptedDatagrams receiver = datagrams(stacks.server, 53);
        final ScriptedDatagrams sender = datagrams(stacks.client, 0);
        sender.connect(StackPair.SERVER, 53);
        sender.send(StackPair.SERVER, 53, "x");
        stacks.run();
        assertEquals(List.of(), receiver.receive());
        assertEquals(Errno.ECONNREFUSED, sender.handle.error());
        sender.connect(StackPair.SERVER, 54);
        sender.send(StackPair.SERVER, 54, "x");
        stacks.run();
        assertEquals(1, sender.errors());
        assertEquals(1, far.counter("drop.policy_dropped"));
    }

    @ParameterizedTest
    @CsvSource({"ENETUNREACH, ENETUNREACH", "EHOSTUNREACH, EHOSTUNREACH", "EACCES, EHOSTUNREACH"})
    void shouldTellAConnectedSenderWhatTheRuleSaysAsFarAsIcmpCan(final String rule, final String seen) {
        far.apply("{rules: [{direction: in, protocol: udp, action: refuse, errno: " + rule + "}]}");
        datagrams(stacks.server, 53);
        final ScriptedDatagrams sender = datagrams(stacks.client, 0);
        sender.connect(StackPair.SERVER, 53);
        sender.send(StackPair.SERVER, 53, "x");
        stacks.run();
        assertEquals(1, sender.errors());
        assertEquals(seen, Errno.name(sender.handle.error()));
    }
}
