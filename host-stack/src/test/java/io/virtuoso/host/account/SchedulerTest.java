package io.virtuoso.host.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.SimulatedCore.SimulatedGuest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long BATCH = 16;
    private static final long OWN_BATCH = Scheduler.BATCH_BETWEEN_LOOKS;

    /** What a pass does besides, in this simulation, and looks at the clock. */
    private static final long OVERHEAD_NS = 1_000;

    private final SimulatedCore core = new SimulatedCore(true);

    private static void assertNear(final double expected, final double actual, final double part) {
        assertEquals(expected, actual, expected * part);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 8, 50, 200})
    void shouldShareByWeightAmongThoseThatWantMore(final int count) {
        long weights = 0;
        final List<SimulatedGuest> guests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            weights += 1 + i % 5;
            guests.add(core.greedy(1 + i % 5, 200 + 350 * (i % 4)));
        }
        core.run(4 * SECOND);
        long all = 0;
        for (final SimulatedGuest guest : guests) {
            all += guest.account().cpuNs();
        }
        for (final SimulatedGuest guest : guests) {
            assertNear(
                    (double) all * guest.account().weight() / weights,
                    guest.account().cpuNs(),
                    0.03);
        }
        assertTrue(core.conservation() >= 0.95, "useful: " + core.conservation());
    }

    @Test
    void shouldShareTimeNotCommands() {
        final SimulatedGuest small = core.greedy(1, 150);
        final SimulatedGuest large = core.greedy(1, 12_000);
        core.run(SECOND);
        assertNear(small.account().cpuNs(), large.account().cpuNs(), 0.03);
    }

    @Test
    void shouldGiveAwayWhatSomebodyDoesNotUse() {
        final SimulatedGuest modest = core.periodic(5, 1_000, 1_000_000, 100); // a tenth of the core, of five sevenths
        final SimulatedGuest one = core.greedy(1, 500);
        final SimulatedGuest other = core.greedy(1, 700);
        core.run(2 * SECOND);
        assertNear(0.1 * 2 * SECOND, modest.gotNs(), 0.03);
        assertNear(0.45 * 2 * SECOND, one.account().cpuNs(), 0.05);
        assertNear(one.account().cpuNs(), other.account().cpuNs(), 0.03);
        assertTrue(core.conservation() >= 0.95, "useful: " + core.conservation());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 199})
    void shouldNotLetAGuestWithinItsBudgetWaitLongForGreedyOnes(final int greedy) {
        for (int i = 0; i < greedy; i++) {
            core.greedy(1, 300);
        }
        final SimulatedGuest light = core.periodic(1, 300, 1_000_000, 2);
        core.run(2 * SECOND);
        final long bound = Scheduler.LOOK_NS + OWN_BATCH * 300 + OVERHEAD_NS;
        assertTrue(light.longestWaitNs() <= bound, "waited " + light.longestWaitNs() + " ns");
        assertTrue(light.gotNs() >= 1_950 * 600, "got " + light.gotNs());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 199})
    void shouldLetAGuestWithinItsBudgetWaitForAPassWhereOthersShareTheProcessor(final int greedy) {
        final SimulatedCore shared = new SimulatedCore(false);
        for (int i = 0; i < greedy; i++) {
            shared.greedy(1, 300);
        }
        final SimulatedGuest light = shared.periodic(1, 300, 1_000_000, 2);
        shared.run(2 * SECOND);
        final long bound = Scheduler.PASS_NS + Scheduler.SLICE_NS + BATCH * 300;
        assertTrue(light.longestWaitNs() <= bound, "waited " + light.longestWaitNs() + " ns");
        assertTrue(light.longestWaitNs() > Scheduler.PASS_NS / 2, "looked for meanwhile");
    }

    /** With very many contexts to look at they are looked at more seldom, and the bound is that of a pass. */
    @Test
    void shouldSpendLittleOnLooksHoweverLongTheyTake() {
        core.lookCostNs(10_000);
        for (int i = 0; i < 50; i++) {
            core.greedy(1, 300);
        }
        final SimulatedGuest light = core.periodic(1, 300, 1_000_000, 2);
        core.run(SECOND);
        assertTrue(core.lookNs() * Scheduler.LOOK_COST <= SECOND * 1.01, "looked for " + core.lookNs() + " ns");
        final long bound = Scheduler.PASS_NS + Scheduler.LOOK_NS + OWN_BATCH * 300 + 10_000 + OVERHEAD_NS;
        assertTrue(light.longestWaitNs() <= bound, "waited " + light.longestWaitNs() + " ns");
    }

    @Test
    void shouldGoOnLookingAfterALookThatWasInterrupted() {
        core.greedy(1, 300);
        final SimulatedGuest light = core.periodic(1, 300, 1_000_000, 2);
        core.run(10_500_000);
        core.interruptLook(2_000_000);
        core.run(3_000_000);
        light.forgetWaits();
        core.run(Scheduler.LOOK_COST * 2_000_000);
        final long bound = Scheduler.LOOK_NS + OWN_BATCH * 300 + OVERHEAD_NS;
        assertTrue(light.longestWaitNs() > 0, "had no work");
        assertTrue(light.longestWaitNs() <= bound, "waited " + light.longestWaitNs() + " ns");
    }

    /** However much others have to do, who wants more than its share waits for short slices of theirs. */
    @Test
    void shouldTakeShortTurnsWhereNobodyIsBehind() {
        for (int i = 0; i < 3; i++) {
            core.greedy(1, 300);
        }
        final SimulatedGuest busy = core.periodic(1, 300, 40_000, 64);
        core.run(SECOND);
        final long bound = 4 * (Scheduler.LOOK_NS + OWN_BATCH * 300) + OVERHEAD_NS;
        assertTrue(busy.longestWaitNs() <= bound, "waited " + busy.longestWaitNs() + " ns");
        assertNear(SECOND / 4.0, busy.gotNs(), 0.05);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void shouldNotKeepOtherIslandsOfItsCoreWaiting(final int greedy) {
        for (int i = 0; i < greedy; i++) {
            core.greedy(1, 300);
        }
        core.run(SECOND);
        assertTrue(core.longestPassNs() > Scheduler.PASS_NS / 2, "ended a pass early");
        core.scheduler.sharesCore(true);
        core.forgetPasses();
        core.run(SECOND);
        final long bound = Scheduler.SHARED_PASS_NS + Scheduler.LOOK_NS + OWN_BATCH * 300 + OVERHEAD_NS;
        assertTrue(core.longestPassNs() <= bound, "a pass took " + core.longestPassNs() + " ns");
    }

    @Test
    void shouldLookBeforeTheNextTurnAfterTellingTookLong() {
        core.tellCostNs(9_000);
        core.greedy(1, 300);
        core.greedy(1, 300);
        final SimulatedGuest light = core.periodic(1, 300, 100_003, 2);
        core.run(SECOND);
        final long bound = 9_000 + OWN_BATCH * 300 + OVERHEAD_NS; // a telling, and the batch that is under way
        assertTrue(light.longestWaitNs() <= bound, "waited " + light.longestWaitNs() + " ns");
    }

    @Test
    void shouldNotTellAfterEachShortTurnOfThoseWhoHaveMoreToDo() {
        core.greedy(1, 300);
        core.greedy(1, 300);
        core.run(SECOND);
        assertTrue(core.tellings() * Scheduler.SLICE_NS <= SECOND * 1.01, "told " + core.tellings() + " times");
    }

    @Test
    void shouldNotLetAGuestWaitBecauseItUsedMoreWhileTheCoreHadTimeToSpare() {
        final SimulatedGuest busy = core.periodic(1, 300, 40_000, 20);
        final SimulatedGuest bursts = core.periodic(1, 300, 1_000_000, 256);
        core.run(SECOND);
        assertTrue(busy.gotNs() > bursts.gotNs());
        final long bound = Scheduler.LOOK_NS + OWN_BATCH * 300 + OVERHEAD_NS; // both may come at once
        assertTrue(busy.longestWaitNs() <= bound, "waited " + busy.longestWaitNs() + " ns");
    }

    @Test
    void shouldTellGuestsWhatThereIsForThemBeforeOthersHadAllTheirTurns() {
        for (int i = 0; i < 10; i++) {
            core.greedy(1, 300);
        }
        core.run(SECOND);
        final long bound = Scheduler.SLICE_NS + Scheduler.LOOK_NS + OWN_BATCH * 300 + OVERHEAD_NS;
        assertTrue(core.longestUntoldNs() <= bound, "told nobody for " + core.longestUntoldNs() + " ns");
    }

    @Test
    void shouldShareByAnotherWeightOnceItIsChanged() {
        final SimulatedGuest changed = core.greedy(1, 300);
        final SimulatedGuest other = core.greedy(1, 300);
        core.run(SECOND);
        assertNear(SECOND / 2.0, changed.account().cpuNs(), 0.05);
        changed.change(3, GuestLimits.NONE, core.nowNs());
        core.run(SECOND);
        assertNear(SECOND * 1.25, changed.account().cpuNs(), 0.05);
        assertNear(SECOND * 0.75, other.account().cpuNs(), 0.05);
    }

    @Test
    void shouldHoldAGuestToLimitsThatAreNewAndLetItGoOnWithoutThem() {
        final SimulatedGuest guest = core.greedy(1, 300);
        core.run(SECOND);
        final long free = guest.gotNs();
        guest.change(1, new GuestLimits(0, 0.2, 0, 0, 0), core.nowNs());
        core.run(SECOND);
        final long held = guest.gotNs() - free;
        assertNear(SECOND * 0.2, held, 0.05);
        guest.change(1, GuestLimits.NONE, core.nowNs());
        core.run(SECOND);
        assertNear(free, guest.gotNs() - free - held, 0.02);
    }

    @Test
    void shouldNotRememberWhatWasUsedWhileNobodyElseWanted() {
        final SimulatedGuest first = core.greedy(1, 500);
        core.run(SECOND);
        final long before = first.account().cpuNs();
        final SimulatedGuest second = core.greedy(1, 500);
        core.run(SECOND);
        assertNear(second.account().cpuNs(), first.account().cpuNs() - before, 0.03);
    }

    @Test
    void shouldNotLetAGuestSaveUpMoreThanItsCredit() {
        final SimulatedGuest greedy = core.greedy(1, 500);
        final SimulatedGuest sleeper = core.periodic(1, 500, SECOND, 1_000_000);
        core.run(SECOND);
        final long before = greedy.account().cpuNs();
        core.run(SECOND / 4);
        assertTrue(sleeper.gotNs() > 0);
        assertTrue(greedy.account().cpuNs() - before > SECOND / 4 * 0.45, "the others' share was taken");
    }

    @Test
    void shouldHoldAGuestToItsMaximumEvenIfNobodyElseWants() {
        final SimulatedGuest capped = core.greedy(1, 500, new GuestLimits(0, 0.3, 0, 0, 0));
        core.run(2 * SECOND);
        assertNear(0.3 * 2 * SECOND, capped.account().cpuNs(), 0.03);
        assertTrue(
                capped.account().limitedNs() > SECOND,
                "limited for " + capped.account().limitedNs() + " ns");
    }

    @Test
    void shouldGiveOthersWhatIsBeyondAMaximum() {
        final SimulatedGuest capped = core.greedy(5, 500, new GuestLimits(0, 0.2, 0, 0, 0));
        final SimulatedGuest other = core.greedy(1, 500);
        core.run(2 * SECOND);
        assertNear(0.2 * 2 * SECOND, capped.account().cpuNs(), 0.03);
        assertNear(0.8 * 2 * SECOND, other.account().cpuNs(), 0.03);
        assertTrue(core.conservation() >= 0.95, "useful: " + core.conservation());
    }

    @Test
    void shouldGiveAGuestWhatIsReservedForItHoweverManyOthersWant() {
        final SimulatedGuest reserved = core.greedy(1, 500, new GuestLimits(0.25, 0, 0, 0, 0));
        for (int i = 0; i < 99; i++) {
            core.greedy(1, 400);
        }
        core.run(2 * SECOND);
        final double got = (double) reserved.account().cpuNs() / (2 * SECOND);
        assertTrue(got >= 0.24 && got < 0.28, "got " + got);
    }

    @Test
    void shouldNotHoldAgainstAGuestWhatItUsedWhileNobodyElseWantedIt() {
        final SimulatedGuest reserved = core.greedy(1, 500, new GuestLimits(0.25, 0, 0, 0, 0));
        core.run(SECOND);
        for (int i = 0; i < 99; i++) {
            core.greedy(1, 400);
        }
        final long before = reserved.account().elapsedNs();
        core.run(SECOND / 5);
        final double got = (double) (reserved.account().elapsedNs() - before) / (SECOND / 5);
        assertTrue(got >= 0.24 && got < 0.28, "got " + got);
    }

    @Test
    void shouldHoldGuestsToTheirRates() {
        final SimulatedGuest bytes = core.greedy(1, 1_000, new GuestLimits(0, 0, 0, 20_000_000, 0));
        final SimulatedGuest packets = core.greedy(1, 1_000, new GuestLimits(0, 0, 0, 0, 50_000));
        core.run(2 * SECOND);
        assertNear(2 * 20_000_000, bytes.account().bytesOut(), 0.03);
        assertNear(2 * 50_000, packets.account().packetsOut(), 0.03);
    }

    @Test
    void shouldNotLookAtTheClockWhileOneGuestHasLittleToDo() {
        final long[] looks = {0};
        final Ledger ledger = new Ledger(() -> ++looks[0], () -> 0);
        final Scheduler scheduler = new Scheduler(ledger);
        final int[] left = {0};
        final Turn only = new Turn(ledger.open("only", 1)) {
            @Override
            public boolean mayReceive() {
                return true;
            }

            @Override
            public void waits(final Source source) {
                throw new UnsupportedOperationException("no packets here");
            }

            @Override
            protected boolean hasWork() {
                return left[0] > 0;
            }

            @Override
            protected int serve(final int limit) {
                final int done = Math.min(limit, left[0]);
                left[0] -= done;
                return done;
            }
        };
        for (int pass = 0; pass < 100; pass++) {
            ledger.begin(pass);
            left[0] = 20;
            scheduler.add(only);
            assertEquals(20, scheduler.run());
        }
        assertEquals(0, looks[0]);
    }
}
