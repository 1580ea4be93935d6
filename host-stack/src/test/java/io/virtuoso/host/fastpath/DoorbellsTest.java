package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.socket.ContextPort;
import io.virtuoso.protocol.ContextBlock;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is woken at the end of a pass, with doorbells that are pipes. */
class DoorbellsTest {
    private static final int GUESTS = 7;
    private static final int CONTEXT = 1;

    private final StackHarness stack = new StackHarness();
    private final PipeRinger ringer = PipeRinger.open();
    private final Doorbells doorbells = new Doorbells(stack.ledger, ringer);
    private final long[] pipes = LongStream.generate(Libc::pipe).limit(GUESTS).toArray();
    private final List<ScriptedGuest> guests =
            IntStream.range(0, GUESTS).mapToObj(this::guest).toList();

    private ScriptedGuest guest(int number) {
        final ScriptedGuest guest = stack.guest("guest" + number, number);
        stack.attachments.contextOpened(guest.space.attachment(), CONTEXT, Libc.second(pipes[number]));
        return guest;
    }

    @AfterEach
    void close() {
        ringer.close();
        for (long pipe : pipes) {
            Libc.close(Libc.first(pipe));
            Libc.close(Libc.second(pipe));
        }
    }

    private ContextPort context(int number) {
        return guests.get(number).space.context(CONTEXT);
    }

    private void sleep(int number, int sleep) {
        final ScriptedGuest guest = guests.get(number);
        ContextBlock.guestSleeping(guest.region, guest.layout.contextOffset(CONTEXT), sleep);
    }

    /** @return how often a guest's doorbell was rung */
    private int rung(int number) {
        try (Arena arena = Arena.ofConfined()) {
            return Math.max(
                    0, Libc.read(Libc.first(pipes[number]), arena.allocate(64).address(), 64));
        }
    }

    @Test
    void shouldWakeAllWhoSleepOnce() {
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < GUESTS; i++) {
                sleep(i, i % 3 == 0 ? 0 : 1);
                doorbells.later(context(i));
                doorbells.later(context(i));
            }
            assertEquals(pass == 0 ? GUESTS - (GUESTS + 2) / 3 : 0, doorbells.ring());
            for (int i = 0; i < GUESTS; i++) {
                assertEquals(pass == 0 && i % 3 != 0 ? 1 : 0, rung(i));
            }
        }
    }

    @Test
    void shouldWakeASingleOne() {
        sleep(5, 1);
        doorbells.later(context(4));
        doorbells.later(context(5));
        assertEquals(1, doorbells.ring());
        assertEquals(1, rung(5));
        assertEquals(0, rung(4));
        assertEquals(1, doorbells.rings());
    }

    @Test
    void shouldLeaveOutWhoIsForgotten() {
        for (int i = 0; i < 3; i++) {
            sleep(i, 1);
            doorbells.later(context(i));
        }
        doorbells.forget(context(1));
        assertEquals(2, doorbells.ring());
        assertEquals(0, rung(1));
        assertEquals(1, rung(0));
        assertEquals(1, rung(2));
    }
}
