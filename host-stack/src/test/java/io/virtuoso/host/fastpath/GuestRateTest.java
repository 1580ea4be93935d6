package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import org.junit.jupiter.api.Test;

/** What guests with a rate send to each other at once, and in the long run. */
class GuestRateTest {
    private static final int PORT = 80;
    private static final int RATE = 1 << 20;
    private static final int BURST = 1 << 17;
    private static final int PIECE = 1 << 14;
    private static final long STEP_NS = 1_000_000;

    private long nowNs;
    private final Ledger ledger = new Ledger(() -> nowNs, () -> nowNs);
    private final StackHarness stack = new StackHarness(ledger);

    private void pass(final ScriptedGuest... guests) {
        nowNs += STEP_NS;
        ledger.begin(nowNs);
        stack.pass();
        for (final ScriptedGuest guest : guests) {
            guest.drain();
        }
    }

    private static GuestLimits in(final int rate) {
        return new GuestLimits(0, 0, rate, 0, 0);
    }

    private static GuestLimits out(final int rate) {
        return new GuestLimits(0, 0, 0, rate, 0);
    }

    /** Writes and reads as fast as possible, and says how much more than the rate came through at any time. */
    private void shouldCarryNoMoreThanItsRate(final GuestLimits sending, final GuestLimits receiving) {
        final ScriptedGuest client = stack.guest("client", 0, sending);
        final ScriptedGuest server = stack.guest("server", 1, receiving);
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(16);
        final Handle socket = client.socket();
        pass(client, server);
        socket.connect(StackHarness.FIRST_ADDRESS + 1, PORT);
        for (int i = 0; i < 8; i++) {
            pass(client, server);
        }
        final Handle accepted = listener.accept();
        final byte[] bytes = new byte[1 << 18];
        final long startNs = nowNs;
        long got = 0;
        for (int i = 0; i < 5_000; i++) {
            socket.write(bytes, 0, bytes.length);
            pass(client, server);
            got += accepted.read().length;
            final long allowed = BURST + PIECE + RATE * (nowNs - startNs) / 1_000_000_000;
            assertTrue(got <= allowed, got + " bytes after " + (nowNs - startNs) + " ns");
        }
        assertEquals(RATE * ((nowNs - startNs) / 1e9), got, BURST + PIECE);
    }

    @Test
    void shouldLetAGuestSendNoMoreThanItsRateAllows() {
        shouldCarryNoMoreThanItsRate(out(RATE), GuestLimits.NONE);
    }

    @Test
    void shouldLetNoMoreComeForAGuestThanItsRateAllows() {
        shouldCarryNoMoreThanItsRate(GuestLimits.NONE, in(RATE));
    }

    @Test
    void shouldDropDatagramsForAGuestThatHasUsedUpItsRate() {
        final ScriptedDatagrams from = new ScriptedDatagrams(stack.guest("from", 0)).open(7, 0);
        final ScriptedDatagrams to = new ScriptedDatagrams(stack.guest("to", 1, in(RATE))).open(9, 0);
        pass(from.guest, to.guest);
        int got = 0;
        for (int i = 0; i < 1_000; i++) {
            for (int sent = 0; sent < 4; sent++) {
                from.send(StackHarness.FIRST_ADDRESS + 1, 9, "x".repeat(1_000));
            }
            pass(from.guest, to.guest);
            got += to.receive().size();
        }
        assertEquals(BURST + RATE, 1_000.0 * got, 0.05 * RATE);
        assertEquals(4_000 - got, ledger.accounts().getLast().droppedFrames());
    }
}
