package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.account.Scheduler;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.StackMailbox;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.slowpath.SlowPath;
import io.virtuoso.host.slowpath.WireServices;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.ContextBlock;
import java.io.IOException;
import java.util.List;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/** Commands that come while another guest's are taken, in virtual time: it passes when somebody looks at the clock. */
class TurnOrderTest {
    private static final int MANY = 60;

    private Runnable onLook = () -> {};
    private long nowNs;
    private final CachedNanoClock clock = new CachedNanoClock();
    private final ControlMailbox control = new ControlMailbox(() -> {});
    private final Ledger ledger = new Ledger(this::look, () -> 0);
    private final FastPathAgent stack = new FastPathAgent(
            this::look,
            clock,
            new StackMailbox(-1, () -> {}, control),
            control,
            SlowPath.create(clock, ledger, parts -> new WireServices(List.of(), parts.sockets())),
            new Sleeper(),
            PipeRinger.single(),
            StackHarness.LIMITS);
    private final ScriptedGuest busy = attach(1, "busy");
    private final ScriptedGuest light = attach(2, "light");

    TurnOrderTest() throws IOException {}

    private ScriptedGuest attach(int id, String name) {
        final Attachment attachment = StackHarness.attachment(id, name, StackHarness.FIRST_ADDRESS + id);
        stack.attached(attachment);
        stack.contextOpened(attachment, 0, -1);
        return new ScriptedGuest(attachment);
    }

    private long look() {
        nowNs += Scheduler.SLICE_NS;
        onLook.run();
        return nowNs;
    }

    private static void post(ScriptedGuest guest, int count) {
        for (int i = 0; i < count; i++) {
            guest.post(Command.TX, 0, 1, 0);
        }
    }

    private static long taken(ScriptedGuest guest) {
        return ContextBlock.commandHead(guest.region, guest.layout.contextOffset(0));
    }

    @Test
    void shouldServeAGuestThatComesBeforeTheRestOfAnothersCommands() {
        stack.ownsProcessor();
        stack.doWork();
        post(busy, MANY);
        // What had been taken of the busy guest's as the other's came, and as it was served.
        final long[] seen = {-1, -1};
        onLook = () -> {
            if (seen[0] < 0 && taken(busy) > 0) {
                seen[0] = taken(busy);
                post(light, 1);
            } else if (seen[1] < 0 && taken(light) == 1) {
                seen[1] = taken(busy);
            }
        };
        for (int pass = 0; pass < 8; pass++) {
            stack.doWork();
        }
        assertTrue(seen[0] > 0 && seen[0] < MANY, "taken first: " + seen[0]);
        assertEquals(seen[0], seen[1]);
        assertEquals(MANY, taken(busy));
    }
}
