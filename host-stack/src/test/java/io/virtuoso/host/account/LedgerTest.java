package io.virtuoso.host.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private long nowNs = 1_000;
    private long cpuNs = 500;
    private int looks;
    private final Ledger ledger = new Ledger(this::look, () -> cpuNs);
    private final Account red = ledger.open("red", 1);
    private final Account blue = ledger.open("blue", 1);

    private long look() {
        looks++;
        return nowNs;
    }

    /** The thread works. */
    private void work(final long ns) {
        nowNs += ns;
        cpuNs += ns;
    }

    private void begin() {
        ledger.begin(nowNs);
    }

    private long billed() {
        return ledger.system().cpuNs() + ledger.waiting().cpuNs() + red.cpuNs() + blue.cpuNs();
    }

    @Test
    void shouldBillWhatHappensWhileSomebodyPays() {
        begin();
        ledger.charge(ledger.system());
        work(30);
        ledger.charge(red);
        work(200);
        ledger.charge(blue);
        work(70);
        begin();
        ledger.correct();
        assertEquals(30, ledger.system().cpuNs());
        assertEquals(200, red.cpuNs());
        assertEquals(70, blue.cpuNs());
    }

    @Test
    void shouldShareWhatIsDoneForSeveral() {
        begin();
        ledger.charge(ledger.system());
        work(30);
        ledger.look();
        work(101);
        ledger.share(new Account[] {red, blue, red, null}, 3);
        work(7);
        begin();
        ledger.correct();
        assertEquals(37, ledger.system().cpuNs());
        assertEquals(35 + 33, red.cpuNs());
        assertEquals(33, blue.cpuNs());
        assertEquals(138, ledger.busyNs());
    }

    @Test
    void shouldGoOnWithTheAccountOfAGuestThatComesBack() {
        begin();
        ledger.charge(red);
        work(200);
        begin();
        assertSame(red, ledger.open("red", 5));
        assertEquals(5, red.weight());
        assertEquals(List.of(red, blue), ledger.accounts());
    }

    @Test
    void shouldLetTheFirstWithWorkPayForThePassesBeginning() {
        begin();
        work(40);
        ledger.charge(red);
        work(60);
        begin();
        ledger.correct();
        assertEquals(100, red.cpuNs());
    }

    @Test
    void shouldBillPassesWithoutWorkToNobody() {
        begin();
        work(40);
        begin();
        work(40);
        begin();
        ledger.correct();
        assertEquals(80, ledger.waiting().cpuNs());
    }

    @Test
    void shouldLetTheGuestPayForWhatCameBeforeItWasKnown() {
        begin();
        ledger.charge(red);
        work(10);
        ledger.leaveOpen();
        work(500); // received, not yet classified
        ledger.charge(blue);
        work(5);
        begin();
        ledger.correct();
        assertEquals(10, red.cpuNs());
        assertEquals(505, blue.cpuNs());
    }

    @Test
    void shouldLookAtTheClockOnlyWhenThePayerChanges() {
        begin();
        for (int i = 0; i < 100; i++) {
            ledger.charge(red);
            work(1);
        }
        assertEquals(0, looks);
        ledger.charge(blue);
        ledger.charge(blue);
        ledger.charge(red);
        assertEquals(2, looks);
    }

    @Test
    void shouldNotBillSleep() {
        begin();
        ledger.charge(red);
        work(100);
        ledger.sleep(nowNs);
        nowNs += 5_000_000_000L;
        ledger.wake();
        work(50);
        begin();
        ledger.correct();
        assertEquals(100, red.cpuNs());
        assertEquals(50, ledger.waiting().cpuNs());
    }

    @Test
    void shouldNotBillTheGuestDuringWhoseTurnTheThreadWasInterrupted() {
        begin();
        ledger.charge(red);
        work(1_000);
        nowNs += 4 * Ledger.SUSPICIOUS_NS;
        ledger.charge(blue);
        work(1_000);
        begin();
        ledger.correct();
        assertEquals(1_000, red.cpuNs());
        assertEquals(1_000, blue.cpuNs());
        assertEquals(1_000, red.elapsedNs());
    }

    @Test
    void shouldShareWhatSleepingCostsAmongThoseForWhomTheThreadWasAwake() {
        begin();
        ledger.charge(red);
        work(300);
        ledger.charge(blue);
        work(100);
        ledger.sleep(nowNs);
        cpuNs += 40; // in the kernel, to sleep and to wake
        nowNs += 1_000_000;
        ledger.wake();
        begin();
        ledger.correct();
        assertEquals(330, red.cpuNs());
        assertEquals(110, blue.cpuNs());
    }

    @Test
    void shouldAddUpToTheThreadsTimeWhateverHappens() {
        final SplittableRandom random = new SplittableRandom(7);
        final long before = cpuNs;
        final Account[] payers = {red, blue, ledger.system()};
        for (int pass = 0; pass < 100_000; pass++) {
            begin();
            for (int turn = random.nextInt(4); turn > 0; turn--) {
                work(random.nextInt(500));
                ledger.charge(payers[random.nextInt(3)]);
                work(random.nextInt(random.nextInt(100) == 0 ? 3_000_000 : 3_000));
            }
            if (random.nextInt(10) == 0) {
                nowNs += random.nextInt(2_000_000); // another thread had the core
            }
            if (random.nextInt(10) == 0) {
                ledger.sleep(nowNs);
                cpuNs += random.nextInt(3_000);
                nowNs += random.nextInt(1_000_000);
                ledger.wake();
            }
        }
        begin();
        ledger.correct();
        assertEquals(cpuNs - before, billed());
    }
}
