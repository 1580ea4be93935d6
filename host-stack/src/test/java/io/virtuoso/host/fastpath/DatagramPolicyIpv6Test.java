package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.fastpath.ScriptedDatagrams.Received;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What policies make of datagrams over IPv6. */
class DatagramPolicyIpv6Test {
    private static final NetworkConfig NETWORK = StackHarness.dualNetwork();
    private static final byte[] CLIENT = address("fd00:88::2");
    private static final byte[] SERVER = address("fd00:88::3");
    private static final int CLIENT_END = 2;
    private static final int SERVER_END = 3;
    private static final String SERVED = """
            {default: deny, rules: [{direction: out, peer: {cidr: 'fd00:88::3'}, port: 53, action: allow},
              {direction: in, peer: {cidr: 'fd00:88::/112'}, protocol: udp, port: 53, action: allow}]}
            """;
    private static final String SERVED_BY_IPV4 = """
            {default: deny, rules: [{direction: out, peer: {cidr: 10.88.0.0/16}, action: allow},
              {direction: in, peer: {cidr: 10.88.0.0/16}, action: allow}]}
            """;

    private static byte[] address(String text) {
        final Ipv6 address = Ipv6.parse(text).orElseThrow();
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(address.high())
                .putLong(address.low())
                .array();
    }

    private static ScriptedDatagrams open(ScriptedGuest guest, int port, Runnable run) {
        final ScriptedDatagrams socket = new ScriptedDatagrams(guest).open(port, 0);
        run.run();
        assertEquals(0, guest.lastReplyErrno());
        return socket;
    }

    /** Guests of one host stack. */
    @Nested
    class BetweenGuests {
        private final StackHarness stack = new StackHarness();
        private final Policies policies = new Policies(stack);
        private final ScriptedGuest client = stack.guest("client", 0, NETWORK);
        private final ScriptedGuest server = stack.guest("server", 1, NETWORK);
        private final ScriptedDatagrams receiver = open(server, 53, this::run);
        private final ScriptedDatagrams sender = open(client, 0, this::run);

        private void run() {
            stack.run(client, server);
        }

        @Test
        void shouldLetAnswersPass() {
            policies.apply(SERVED);
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
            assertEquals(List.of(new Received(SERVER_END, 53, 0, "answer")), sender.receive());
            assertEquals(List.of(1L, 1L, 0L, 1L), policies.hits(), "asked once for each peer");
        }

        @Test
        void shouldTellFamiliesApart() {
            policies.apply(SERVED_BY_IPV4);
            sender.send(StackHarness.FIRST_ADDRESS + 1, 53, "IPv4");
            sender.send(SERVER, 53, "IPv6");
            run();
            assertEquals(
                    List.of(new Received(StackHarness.FIRST_ADDRESS, sender.port(), 0, "IPv4")), receiver.receive());
            receiver.send(CLIENT, sender.port(), "no answer to that");
            run();
            assertEquals(List.of(), sender.receive());
            assertEquals(2, policies.counter("policy.refused"));
        }

        @Test
        void shouldAskAnotherPolicyOnBehalfOfWhoBegan() {
            policies.apply(SERVED);
            sender.send(SERVER, 53, "subscribe");
            run();
            policies.apply(SERVED);
            receiver.send(CLIENT, sender.port(), "news");
            run();
            assertEquals(1, sender.receive().size());
            policies.apply(SERVED_BY_IPV4);
            receiver.send(CLIENT, sender.port(), "news");
            run();
            assertEquals(0, sender.receive().size());
        }

        @Test
        void shouldTellAConnectedSenderWhatTheRuleSays() {
            sender.connect(SERVER, 53);
            for (final String errno : List.of("ENETUNREACH", "EHOSTUNREACH", "EACCES")) {
                final int before = sender.errors();
                policies.apply(
                        "{rules: [{direction: in, peer: {cidr: 'fd00::/16'}, action: refuse, errno: " + errno + "}]}");
                sender.send(SERVER, 53, "x");
                run();
                assertEquals(before + 1, sender.errors());
                assertEquals(errno, Errno.name(sender.handle.error()));
            }
            policies.apply("{rules: [{direction: in, protocol: udp, action: drop}]}");
            sender.send(SERVER, 53, "x");
            run();
            assertEquals(3, sender.errors());
        }
    }

    /** Each host stack has a policy. */
    @Nested
    class ByTheWire {
        private final StackPair stacks = new StackPair(UnaryOperator.identity(), NETWORK);
        private final Policies near = new Policies(stacks.near);
        private final Policies far = new Policies(stacks.far);
        private final ScriptedDatagrams receiver = open(stacks.server, 53, stacks::run);
        private final ScriptedDatagrams sender = open(stacks.client, 0, stacks::run);

        @Test
        void shouldLetAnswersPass() {
            near.apply(SERVED);
            far.apply(SERVED);
            sender.send(SERVER, 53, "question");
            sender.send(SERVER, 53, "question");
            stacks.run();
            assertEquals(
                    List.of(
                            new Received(CLIENT_END, sender.port(), 0, "question"),
                            new Received(CLIENT_END, sender.port(), 0, "question")),
                    receiver.receive());
            receiver.send(CLIENT, sender.port(), "answer");
            stacks.run();
            assertEquals(List.of(new Received(SERVER_END, 53, 0, "answer")), sender.receive());
            assertEquals(1, near.hits().get(0));
            assertEquals(1, far.hits().get(1));
        }

        @Test
        void shouldTellBySilenceOrIcmpThatADatagramIsForbidden() {
            far.apply("{rules: [{direction: in, port: 53, action: refuse}, {direction: in, port: 54, action: drop}]}");
            sender.connect(SERVER, 53);
            sender.send(SERVER, 53, "x");
            stacks.run();
            assertEquals(List.of(), receiver.receive());
            assertEquals(Errno.ECONNREFUSED, sender.handle.error());
            sender.connect(SERVER, 54);
            sender.send(SERVER, 54, "x");
            stacks.run();
            assertEquals(1, sender.errors());
            assertEquals(1, far.counter("drop.policy_dropped"));
        }
    }
}
