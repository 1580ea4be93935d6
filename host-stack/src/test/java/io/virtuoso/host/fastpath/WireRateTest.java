package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.WirePort;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/** What a guest with a rate sends over a wire: as much as that, at any time, and nothing twice. */
class WireRateTest {
    private static final int PORT = 80;
    private static final int CONNECTIONS = 3;
    private static final int RATE = 125_000;
    private static final int BURST = 1 << 17;
    private static final int PIECE = 1 << 15;
    private static final long PASS_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long DELAY_NS = TimeUnit.MICROSECONDS.toNanos(100);

    private final CachedNanoClock clock = new CachedNanoClock();
    private final WirePort wire = WirePort.create(new WirePort.Traits(1500, DELAY_NS, 8192, true), clock::nanoTime);
    private final StackHarness near = StackHarness.limited(wire, clock);
    private final StackHarness far = StackHarness.on(wire.peer(), clock);
    private final ScriptedGuest client = near.guest("client", 0, new GuestLimits(0, 0, 0, RATE, 0));
    private final ScriptedGuest server = far.guest("server", 1);
    private final byte[] bytes = new byte[1 << 18];

    private void pass() {
        clock.update(clock.nanoTime() + PASS_NS);
        near.ledger.begin(clock.nanoTime());
        near.pass();
        client.drain();
        far.pass();
        server.drain();
    }

    private Handle connected(final Handle[] senders) {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(16);
        pass();
        for (int i = 0; i < CONNECTIONS; i++) {
            senders[i] = client.socket();
            senders[i].connect(StackHarness.FIRST_ADDRESS + 1, PORT);
        }
        for (int i = 0; i < 20; i++) {
            pass();
        }
        return listener;
    }

    @Test
    void shouldSendAtItsRateFromAllConnectionsAndNothingTwice() {
        final Handle[] senders = new Handle[CONNECTIONS];
        final Handle listener = connected(senders);
        final Handle[] receivers = new Handle[CONNECTIONS];
        for (int i = 0; i < CONNECTIONS; i++) {
            receivers[i] = listener.accept();
        }
        final long startNs = clock.nanoTime();
        final long[] got = new long[CONNECTIONS];
        long all = 0;
        for (int i = 0; i < 60_000; i++) {
            for (final Handle sender : senders) {
                sender.write(bytes, 0, bytes.length);
            }
            pass();
            for (int j = 0; j < CONNECTIONS; j++) {
                final int length = receivers[j].read().length;
                got[j] += length;
                all += length;
            }
            final long allowed = BURST + PIECE + RATE * (clock.nanoTime() - startNs) / 1_000_000_000;
            assertTrue(all <= allowed, all + " bytes after " + (clock.nanoTime() - startNs) + " ns");
        }
        assertEquals(RATE * 60, all, BURST + PIECE + 0.05 * RATE * 60); // headers count, too
        for (final long one : got) {
            assertEquals((double) all / CONNECTIONS, one, BURST);
        }
        final Account account = near.ledger.accounts().getFirst();
        assertEquals(0, account.retransmitted());
    }
}
