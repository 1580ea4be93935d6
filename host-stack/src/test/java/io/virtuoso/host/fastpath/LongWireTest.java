package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.SocketSlot;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/** Guests of two host stacks far from each other: a ring must hold what is under way in a round trip. */
class LongWireTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final long PASS_NS = TimeUnit.MICROSECONDS.toNanos(500);
    private static final long DELAY_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int SEND_LIMIT = 1 << 20;

    private final CachedNanoClock clock = new CachedNanoClock();
    private final WirePort wire = WirePort.create(new WirePort.Traits(1500, DELAY_NS, 8192, true), clock::nanoTime);
    private final StackHarness near = StackHarness.on(wire, clock);
    private final StackHarness far = StackHarness.on(wire.peer(), clock);
    private final ScriptedGuest client = near.guest("client", 0);
    private final ScriptedGuest server = far.guest("server", 1);
    private final Handle listener = server.socket();
    private final Handle sender = client.socket();
    private Handle receiver;
    private long received;

    private void run(final long nanos, final Runnable program) {
        for (long passed = 0; passed < nanos; passed += PASS_NS) {
            clock.update(clock.nanoTime() + PASS_NS);
            near.pass();
            client.drain();
            program.run();
            far.pass();
            server.drain();
            if (receiver != null) {
                received += receiver.read().length;
            }
        }
    }

    private void connect() {
        listener.bind(PORT);
        listener.listen(16);
        run(PASS_NS, () -> {});
        sender.connect(SERVER, PORT);
        run(10 * DELAY_NS, () -> {});
        receiver = listener.accept();
    }

    /** A program that writes a little whenever its shim says that there is room, and so never more than fits. */
    private void writeWhatFits(final int chunk) {
        final byte[] bytes = new byte[chunk];
        while (isWritable()) {
            assertEquals(chunk, sender.write(bytes, 0, chunk));
        }
    }

    /** As shims have it: a third of the ring must be free, or all of it if another one is offered. */
    private boolean isWritable() {
        final long tail = SocketSlot.txTailAcquire(client.region, sender.at);
        final long used = tail - SocketSlot.txHeadAcquire(client.region, sender.at);
        if (used == 0) {
            return true;
        }
        final int bytes = sender.room() + (int) used;
        final boolean offered = SocketSlot.txOfferAcquire(client.region, sender.at)
                != SocketSlot.txGenerationAcquire(client.region, sender.at);
        final boolean writable = !offered && bytes - used >= (bytes + 2) / 3;
        if (!writable) {
            SocketSlot.txWantRelease(client.region, sender.at, offered ? tail : tail - bytes + (bytes + 2) / 3);
        }
        return writable;
    }

    @Test
    void shouldGiveAWriterTheRingThatTheRoundTripNeeds() {
        connect();
        run(TimeUnit.SECONDS.toNanos(2), () -> writeWhatFits(5_000));
        assertEquals(SEND_LIMIT, SocketSlot.txRingBytes(client.region, sender.at));
        received = 0;
        run(TimeUnit.SECONDS.toNanos(1), () -> writeWhatFits(5_000));
        // Two thirds of the ring at least in each of the second's 50 round trips.
        assertTrue(received > 50L * SEND_LIMIT / 2, "received " + received);
    }

    /** The larger ring is adopted when the present one is empty: a cork must not keep the rest of a segment in it. */
    @Test
    void shouldGiveACorkedWriterItsRingJustAsSoon() {
        connect();
        sender.command(Command.OPTION, Option.CORK, 1);
        final int fits = sender.write(new byte[100_000], 0, 100_000);
        run(10 * DELAY_NS, this::isWritable);
        assertEquals(fits, received);
        assertTrue(isWritable(), "the ring is empty");
    }

    @Test
    void shouldLeaveAWriterTheRingThatItDoesNotFill() {
        connect();
        final byte[] bytes = new byte[500];
        run(TimeUnit.SECONDS.toNanos(2), () -> sender.write(bytes, 0, bytes.length));
        assertTrue(received > 1_900_000 / 2, "received " + received);
        assertEquals(1 << 16, SocketSlot.txRingBytes(client.region, sender.at));
    }
}
