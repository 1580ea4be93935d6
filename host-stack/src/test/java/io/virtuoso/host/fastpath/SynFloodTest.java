package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.slowpath.OptionStage;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Congestion;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/**
 * 200,000 SYNs in a second to one guest, each in the name of another station that never answers: every connect of the
 * other guests is done within milliseconds, so are those to the flooded one, and what is remembered is bounded.
 */
class SynFloodTest {
    private static final int SYNS = 200_000;
    private static final int SYNS_PER_PASS = 40;
    private static final long PASS_NS = 1_000_000_000L * SYNS_PER_PASS / SYNS;
    private static final int PASSES_PER_ROUND = 50;
    private static final int ROUNDS = SYNS / SYNS_PER_PASS / PASSES_PER_ROUND;
    private static final int BACKLOG = 128;
    private static final int PORT = 80;
    private static final int SECOND_PORT = 81;
    private static final int FIRST_SOURCE = 0x0b00_0000;
    private static final int VICTIM = StackHarness.FIRST_ADDRESS;
    private static final int OTHER = VICTIM + 1;
    private static final int OUTSIDE = VICTIM + 3;

    private final CachedNanoClock clock = new CachedNanoClock();
    private final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 256, true), clock::nanoTime);
    private final StackHarness stack = StackHarness.on(wire, clock);
    private final StackHarness far = StackHarness.on(wire.peer(), clock);
    private final ScriptedGuest gateway = far.guest("gateway", -1);
    private final ScriptedGuest victim = stack.guest("victim", 0);
    private final ScriptedGuest other = stack.guest("other", 1);
    private final ScriptedGuest neighbour = stack.guest("neighbour", 2);
    private final ScriptedGuest outside = far.guest("outside", 3);
    private final ScriptedGuest[] guests = {gateway, victim, other, neighbour, outside};
    private final Frame frame = new Frame();
    private int syns;

    private void pass() {
        clock.update(clock.nanoTime() + PASS_NS);
        stack.pass();
        far.pass();
        for (ScriptedGuest guest : guests) {
            guest.drain();
        }
    }

    private void flood() {
        final ByteBuffer buffer = frame.buffer();
        for (int i = 0; i < SYNS_PER_PASS; i++) {
            final int source = FIRST_SOURCE + syns++;
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            EthernetHeader.write(
                    buffer, Frame.ETHERNET_AT, wire.mac(), wire.peer().mac(), EthernetHeader.TYPE_IPV4);
            Ipv4Header.write(buffer, Frame.NETWORK_AT, 40, 1, Ipv4Header.PROTOCOL_TCP, source, VICTIM);
            TcpHeader.write(buffer, Frame.TRANSPORT_AT, 1024 << 16 | PORT, syns, 0, 20, TcpHeader.SYN, 1024);
            TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, 20, source, VICTIM);
            frame.length(EthernetHeader.BYTES + 40);
            wire.peer().transmit(frame);
        }
    }

    private void floodFor(int passes) {
        for (int i = 0; i < passes; i++) {
            flood();
            pass();
        }
    }

    private Handle listen(ScriptedGuest guest, int port) {
        final Handle listener = guest.socket();
        listener.bind(port);
        listener.listen(BACKLOG);
        pass();
        return listener;
    }

    private Map<String, Long> counters() {
        final Map<String, Long> counters = new HashMap<>();
        stack.slowPath.wire().counters(counters::put);
        return counters;
    }

    /** A connect under way, and where it is to arrive. */
    private record Attempt(Handle client, Handle listener) {
        static Attempt of(ScriptedGuest guest, int address, int port, Handle listener) {
            final Handle client = guest.socket();
            client.connect(address, port);
            return new Attempt(client, listener);
        }
    }

    @Test
    void shouldLeaveConnectsOfOtherGuestsUnharmed() {
        final Handle ofVictim = listen(victim, PORT);
        final Handle ofOther = listen(other, PORT);
        final Handle ofOtherToo = listen(other, SECOND_PORT);
        final Handle ofOutside = listen(outside, PORT);
        for (int round = 0; round < ROUNDS; round++) {
            final Attempt[] attempts = {
                Attempt.of(outside, OTHER, PORT, ofOther),
                Attempt.of(other, OUTSIDE, PORT, ofOutside),
                Attempt.of(neighbour, OTHER, SECOND_PORT, ofOtherToo),
                Attempt.of(outside, VICTIM, PORT, ofVictim)
            };
            floodFor(PASSES_PER_ROUND / 2);
            for (Attempt attempt : attempts) {
                talk(attempt);
            }
            floodFor(PASSES_PER_ROUND / 2);
        }
        assertEquals(SYNS, syns);
        final Map<String, Long> counters = counters();
        final int cookies = ROUNDS - 1; // the first connect came before the flood
        assertEquals(SYNS + cookies - (BACKLOG + 1), counters.get("syn_cookies_sent"), "what is not remembered");
        assertEquals(cookies, counters.get("syn_cookies_accepted"));
        assertEquals(0, counters.get("syn_cookies_failed"));
        assertEquals(0, counters.get("drop.tcp_listen_overflow"));
    }

    @Test
    void shouldAgreeOnEcnWithCookiesOfAListenerThatNeedsIt() {
        final Handle listener = listen(victim, PORT);
        listener.command(Command.OPTION, Option.CONGESTION, Congestion.DCTCP);
        floodFor(PASSES_PER_ROUND);
        final Handle client = outside.socket();
        client.command(Command.CONNECT, Addresses.IPV4_HIGH, Addresses.ipv4Low(VICTIM), PORT, 0, Congestion.DCTCP);
        floodFor(PASSES_PER_ROUND);
        assertEquals(1, counters().get("syn_cookies_accepted"));
        expectDctcp(outside, client);
        expectDctcp(victim, listener.accept());
    }

    private static void expectDctcp(ScriptedGuest guest, Handle socket) {
        final SocketInfo info = new SocketInfo();
        OptionStage.describe(guest.space.find(socket.index, socket.generation), info);
        assertEquals(Congestion.DCTCP, info.congestion);
        assertNotEquals(0, info.options & SocketInfo.OPTION_ECN);
    }

    /** The connection is there, both ends can use it and close it. */
    private void talk(Attempt attempt) {
        assertEquals(State.CONNECTED, attempt.client.state());
        final Handle server = attempt.listener.accept();
        assertNotNull(server);
        final byte[] request = {1, 2, 3};
        assertEquals(3, attempt.client.write(request, 0, 3));
        floodless(4);
        assertArrayEquals(request, server.read());
        attempt.client.close();
        server.close();
    }

    private void floodless(int passes) {
        for (int i = 0; i < passes; i++) {
            pass();
        }
    }
}
