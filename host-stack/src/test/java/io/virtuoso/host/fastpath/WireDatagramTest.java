package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.fastpath.ScriptedDatagrams.Received;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.slowpath.TcpWireService;
import io.virtuoso.protocol.Errno;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** UDP between guests of two host stacks on one wire. */
class WireDatagramTest {
    private static final int CLIENT = StackHarness.FIRST_ADDRESS;
    private static final int SERVER = CLIENT + 1;
    private static final int PORT = 53;

    private final CachedNanoClock clock = new CachedNanoClock();
    private StackHarness near;
    private StackHarness far;
    private ScriptedGuest client;
    private ScriptedGuest server;

    private void connect(boolean offloads) {
        final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, offloads), clock::nanoTime);
        near = stack(wire);
        far = stack(wire.peer());
        client = near.guest("client", 0);
        server = far.guest("server", 1);
    }

    private StackHarness stack(Port port) {
        return new StackHarness(
                clock,
                parts -> List.of(
                        new TcpWireService(port, HostConfig.embeddedDefault().defaultNetwork(), parts)));
    }

    private void run() {
        for (int pass = 0; pass < 30; pass++) {
            clock.update(clock.nanoTime() + 100_000);
            near.pass();
            client.drain();
            far.pass();
            server.drain();
        }
    }

    private static Map<String, Long> counters(StackHarness stack) {
        final Map<String, Long> counters = new HashMap<>();
        stack.slowPath.wire().counters(counters::put);
        return counters;
    }

    private ScriptedDatagrams open(ScriptedGuest guest, int port) {
        final ScriptedDatagrams socket = new ScriptedDatagrams(guest).open(port, 0);
        run();
        return socket;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldCarryDatagramsBothWays(boolean offloads) {
        connect(offloads);
        final ScriptedDatagrams receiver = open(server, PORT);
        final ScriptedDatagrams sender = open(client, 0);
        final String text = "q".repeat(1472);
        sender.send(SERVER, PORT, text);
        sender.send(SERVER, PORT, "odd");
        run();
        assertEquals(
                List.of(new Received(CLIENT, sender.port(), 0, text), new Received(CLIENT, sender.port(), 0, "odd")),
                receiver.receive());
        receiver.send(CLIENT, sender.port(), "");
        run();
        assertEquals(List.of(new Received(SERVER, PORT, 0, "")), sender.receive());
        assertEquals(2, counters(far).get("datagrams_in"));
        assertEquals(2, counters(near).get("datagrams_out"));
    }

    @Test
    void shouldTellByIcmpThatNobodyReceives() {
        connect(true);
        final ScriptedDatagrams sender = open(client, 0);
        sender.connect(SERVER, PORT);
        run();
        sender.send(SERVER, PORT, "lost");
        run();
        assertEquals(1, sender.errors());
        assertEquals(Errno.ECONNREFUSED, sender.handle.error());
        assertEquals(1, counters(far).get("unreachables_out"));
        assertEquals(1, counters(far).get("drop.udp_no_socket"));
    }

    @Test
    void shouldNotAnswerEveryDatagramOfAFlood() {
        connect(true);
        final ScriptedDatagrams sender = open(client, 0);
        sender.send(SERVER, PORT, "introduction");
        run();
        for (int i = 0; i < 200; i++) {
            sender.send(SERVER, PORT, "flood");
            clock.update(clock.nanoTime() + 10_001);
            near.pass();
            client.drain();
            far.pass();
        }
        final long answers = counters(far).get("unreachables_out");
        assertTrue(answers > 40 && answers <= 53, () -> "answers: " + answers);
    }

    @Test
    void shouldSendBeyondTheNetworkByItsGateway() {
        connect(true);
        final ScriptedDatagrams sender = open(client, 0);
        sender.send(0x0808_0808, PORT, "through the gateway");
        run();
        assertEquals(1, counters(near).get("datagrams_out"));
    }
}
