package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.slowpath.OptionStage;
import io.virtuoso.host.socket.RingPool;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.SocketSlot;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/** Rings grow with use and are given back: between guests of two host stacks on one wire, and of one. */
class RingSizeTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final int IDLE_SEND = 1 << 14;
    /** A 4096th of the pool, as a ring. */
    private static final int FIRST_SEND = 1 << 14;

    private static final long STEP_NS = 200_000;

    private final CachedNanoClock clock = new CachedNanoClock();
    private final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), clock::nanoTime);
    private final StackHarness near = StackHarness.on(wire, clock);
    private final StackHarness far = StackHarness.on(wire.peer(), clock);
    private final ScriptedGuest client = near.guest("client", 0);
    private final ScriptedGuest server = far.guest("server", 1);
    /** A neighbour of the client's, reached without segments. */
    private final ScriptedGuest neighbour = near.guest("neighbour", 2);

    private void step() {
        clock.update(clock.nanoTime() + STEP_NS);
        near.attachments.onDoorbell(client.space.attachment().id());
        near.attachments.onDoorbell(neighbour.space.attachment().id());
        far.attachments.onDoorbell(server.space.attachment().id());
        near.pass();
        client.drain();
        neighbour.drain();
        far.pass();
        server.drain();
    }

    private void run() {
        for (int pass = 0; pass < 30; pass++) {
            step();
        }
    }

    /** Lets time pass in which nothing is written. */
    private void rest(int seconds) {
        for (int i = 0; i < 4 * seconds; i++) {
            clock.update(clock.nanoTime() + TimeUnit.MILLISECONDS.toNanos(250));
            run();
        }
    }

    private static Handle listening(ScriptedGuest guest) {
        final Handle listener = guest.socket();
        listener.bind(PORT);
        listener.listen(1000);
        return listener;
    }

    /** @return client's end, server's end */
    private Handle[] connect(Handle listener, int address) {
        final Handle socket = client.socket();
        socket.connect(address, PORT);
        run();
        final Handle accepted = listener.accept();
        assertNotNull(accepted);
        return new Handle[] {socket, accepted};
    }

    private static byte[] pattern(int length, long seed) {
        final byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Sends bytes; the reader takes at most so many a step, and begins once all that fits has been written. */
    private void carry(Handle from, Handle to, int length, int atOnce, int readAfterSteps) {
        final byte[] bytes = pattern(length, length);
        final ByteArrayOutputStream got = new ByteArrayOutputStream();
        int written = 0;
        for (int i = 0; i < 100_000 && got.size() < length; i++) {
            if (written < length) {
                written += from.write(bytes, written, length - written);
            }
            step();
            if (i >= readAfterSteps) {
                got.writeBytes(to.read(atOnce));
            }
        }
        assertArrayEquals(bytes, got.toByteArray());
    }

    private static int used(ScriptedGuest guest) {
        return guest.space.pool().usedBytes();
    }

    private static SocketInfo info(ScriptedGuest guest, Handle socket) {
        final SocketInfo info = new SocketInfo();
        OptionStage.describe(guest.space.find(socket.index, socket.generation), info);
        return info;
    }

    private static int receiveRing(ScriptedGuest guest, Handle socket) {
        return guest.space.find(socket.index, socket.generation).receive().capacity();
    }

    @Test
    void shouldTakeNoReceiveRingBeforeTheFirstData() {
        final Handle listener = listening(server);
        run();
        final int before = used(server);
        final Handle[] ends = connect(listener, SERVER);
        assertEquals(0, receiveRing(server, ends[1]));
        assertEquals(FIRST_SEND, used(server) - before, "the transmit ring on offer");
    }

    @Test
    void shouldKeepTheRingOfAFastReaderSmallAndItsWindowWide() {
        final Handle[] ends = connect(listeningServer(), SERVER);
        carry(ends[0], ends[1], 6_000_000, Integer.MAX_VALUE, 0);
        final SocketInfo info = info(server, ends[1]);
        assertEquals(1 << 20, info.receiveWindow, "what the guest's limits and a 64th of the pool allow");
        assertTrue(info.receiveSpace > 1 << 15, info.receiveSpace + " bytes in a round trip");
        assertTrue(receiveRing(server, ends[1]) <= 1 << 20, "ring of " + receiveRing(server, ends[1]));
        assertEquals(info.receiveWindow, SocketSlot.rxBuffer(server.region, ends[1].at));
    }

    private Handle listeningServer() {
        final Handle listener = listening(server);
        run();
        return listener;
    }

    @Test
    void shouldGrowTheRingOfASlowReaderWithDataInIt() {
        final Handle[] ends = connect(listeningServer(), SERVER);
        carry(ends[0], ends[1], 300_000, 777, 200);
        assertEquals(1 << 16, info(server, ends[1]).receiveWindow, "it never read much in a round trip");
        assertEquals(1 << 16, receiveRing(server, ends[1]));
        carry(ends[1], ends[0], 300_000, 13, 0);
    }

    @Test
    void shouldGrowALocalRingWithDataInIt() {
        final Handle listener = listening(neighbour);
        run();
        final Handle[] ends = connect(listener, StackHarness.FIRST_ADDRESS + 2);
        carry(ends[0], ends[1], 1_000_000, 3_333, 100);
        carry(ends[1], ends[0], 1_000_000, Integer.MAX_VALUE, 0);
    }

    @Test
    void shouldGiveBackBothRingsAfterABurst() {
        final Handle[] ends = connect(listeningServer(), SERVER);
        final int before = used(server);
        carry(ends[0], ends[1], 2_000_000, 5_000, 50);
        carry(ends[1], ends[0], 2_000_000, 5_000, 50);
        assertTrue(used(server) > 1 << 17, "used after the burst: " + used(server));
        rest(22);
        assertEquals(IDLE_SEND - FIRST_SEND + RingPool.MIN_RING_BYTES, used(server) - before, "used after the rest");
        carry(ends[0], ends[1], 200_000, Integer.MAX_VALUE, 0);
        carry(ends[1], ends[0], 200_000, Integer.MAX_VALUE, 0);
    }

    @Test
    void shouldGiveBackLocalRingsAfterABurst() {
        final Handle listener = listening(neighbour);
        run();
        final List<Handle[]> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(connect(listener, StackHarness.FIRST_ADDRESS + 2));
            carry(all.get(i)[0], all.get(i)[1], 200_000, 20_000, 20);
        }
        assertTrue(used(neighbour) >= 50 << 16, "used after the burst: " + used(neighbour));
        rest(22);
        final int left = 50 * 2 * RingPool.MIN_RING_BYTES + (1 << 14); // and the listener's own
        assertTrue(used(neighbour) <= left, "used after the rest: " + used(neighbour));
        assertTrue(used(client) <= left, "used after the rest: " + used(client));
        carry(all.get(7)[0], all.get(7)[1], 200_000, Integer.MAX_VALUE, 0);
    }

    @Test
    void shouldKeepTheTransmitRingOfAGuestThatDoesNotKnowTheEventUntilItWrites() {
        client.adopting = false;
        final Handle[] ends = connect(listeningServer(), SERVER);
        carry(ends[0], ends[1], 2_000_000, Integer.MAX_VALUE, 0);
        final int afterBurst = used(client);
        rest(22);
        assertTrue(used(client) >= afterBurst);
        carry(ends[0], ends[1], 100, Integer.MAX_VALUE, 0);
        run();
        assertEquals(IDLE_SEND, used(client));
    }

    @Test
    void shouldLeaveWhatIsUnreadInASmallerRing() {
        final Handle[] ends = connect(listeningServer(), SERVER);
        final byte[] bytes = pattern(60_000, 1);
        int written = 0;
        while (written < bytes.length) {
            written += ends[0].write(bytes, written, bytes.length - written);
            run();
        }
        final byte[] first = ends[1].read(57_000);
        rest(11);
        assertEquals(1 << 12, receiveRing(server, ends[1]));
        final byte[] second = ends[1].read();
        assertEquals(60_000, first.length + second.length);
        assertArrayEquals(java.util.Arrays.copyOfRange(bytes, 57_000, 60_000), second);
    }

    @Test
    void shouldHoldTheWindowAsTheProgramSetIt() {
        final Handle listener = listeningServer();
        listener.command(Command.OPTION, Option.RECEIVE_BUFFER, 20_000);
        run();
        final Handle[] ends = connect(listener, SERVER);
        assertEquals(20_000, info(server, ends[1]).receiveWindow);
        carry(ends[0], ends[1], 3_000_000, Integer.MAX_VALUE, 0);
        assertEquals(20_000, info(server, ends[1]).receiveWindow);
        ends[1].command(Command.OPTION, Option.RECEIVE_BUFFER, 200_000);
        carry(ends[0], ends[1], 1_000_000, Integer.MAX_VALUE, 0);
        assertEquals(200_000, info(server, ends[1]).receiveWindow);
        ends[1].command(Command.OPTION, Option.RECEIVE_BUFFER, 5_000);
        carry(ends[0], ends[1], 1_000_000, Integer.MAX_VALUE, 0);
        assertEquals(5_000, info(server, ends[1]).receiveWindow);
        assertEquals(5_000, SocketSlot.rxBuffer(server.region, ends[1].at));
    }

    @Test
    void shouldPromiseLessTheLessMemoryIsLeft() {
        final Handle listener = listeningServer();
        final List<Handle[]> all = new ArrayList<>();
        final byte[] bytes = pattern(60_000, 2);
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < 400; i++) {
            final Handle[] ends = connect(listener, SERVER);
            all.add(ends);
            server.space.find(ends[1].index, ends[1].generation).receive().grow(1 << 18);
            for (int written = 0, tries = 0; written < bytes.length && tries < 20; tries++) {
                written += ends[0].write(bytes, written, bytes.length - written);
                run();
            }
            least = Math.min(least, info(server, ends[1]).receiveWindow);
        }
        assertTrue(least <= 1 << 14, "least window " + least);
        assertTrue(used(server) <= 1 << 26);
        for (Handle[] ends : all) {
            ends[0].close();
            ends[1].close();
            run();
        }
        rest(3);
        assertEquals(1, server.space.socketCount());
        assertTrue(used(server) <= 1 << 14, "the listener's ring is left: " + used(server));
    }
}
