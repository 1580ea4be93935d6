package io.virtuoso.host.account;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.agrona.concurrent.NanoClock;

/**
 * Who pays for the time of one fast-path core (docs/adr/0019). At any moment there is one payer; {@link #charge} names
 * another, which costs a look at the clock, and nothing if it is the same. Time before the first payer of a pass is
 * that payer's. What the clock says is brought in line with the CPU time of the thread every {@link #CORRECTION_NS}, so
 * that the bills add up to that ({@link CoreTime}). Stack thread only; allocates nothing but accounts.
 */
public final class Ledger {
    /** How often bills are brought in line with the thread's CPU time. */
    static final long CORRECTION_NS = CoreTime.CORRECTION_NS;

    /** A step as long as this is likely an interruption of the thread, and is looked into at once. */
    static final long SUSPICIOUS_NS = 1_000_000;

    private final NanoClock clock;
    private final List<Account> accounts = new ArrayList<>();
    private final Account system = new Account("system", 1);
    private final Account waiting = new Account("waiting", 1);
    private Account payer = system;
    private long sinceNs;
    private long passNs;
    private long busyNs;
    private CoreTime core;
    private boolean away = true;

    /**
     * The only one of a core.
     *
     * @param clock   the time, in nanoseconds; looked at when the payer changes
     * @param cpuTime CPU time of the stack thread in nanoseconds; asked on that thread, first by {@link #begin}
     */
    public Ledger(final NanoClock clock, final LongSupplier cpuTime) {
        this(clock);
        new CoreTime(cpuTime).add(this);
    }

    /**
     * One that belongs to no core yet: see {@link CoreTime#add}.
     *
     * @param clock the time, in nanoseconds; looked at when the payer changes
     */
    public Ledger(final NanoClock clock) {
        this.clock = clock;
    }

    /** Its time is that of another core from now on. */
    void core(final CoreTime newCore) {
        core = newCore;
    }

    /** @return a ledger without a clock, for parts that are used alone */
    public static Ledger unread() {
        return new Ledger(() -> 0, () -> 0);
    }

    /** Opens a guest's account; that of a guest that was removed goes on when it comes back. */
    public Account open(final String name, final int weight) {
        for (final Account known : accounts) {
            if (known.name().equals(name)) {
                known.weight(weight);
                return known;
            }
        }
        final Account account = new Account(name, weight);
        accounts.add(account);
        return account;
    }

    /** @return what is nobody else's: control messages, packets for nobody, several guests' common work */
    public Account system() {
        return system;
    }

    /** @return passes that found nothing to do, before the thread sleeps */
    public Account waiting() {
        return waiting;
    }

    /** @return guests' accounts, in the order in which they were opened */
    public List<Account> accounts() {
        return accounts;
    }

    /** @return who pays at the moment: {@link #waiting} until somebody in this pass has work */
    public Account payer() {
        return payer;
    }

    /**
     * A pass begins.
     *
     * @param nowNs the time just read
     */
    public void begin(final long nowNs) {
        if (away) {
            away = false;
            sinceNs = nowNs;
            core.begin(nowNs);
        } else {
            book(nowNs);
        }
        if (core.isDue(nowNs)) {
            core.correct(nowNs);
        }
        payer = waiting;
        passNs = nowNs;
    }

    /** From now on somebody else pays; also for what this pass did before, if nobody has paid yet. */
    public void charge(final Account next) {
        if (payer == next) {
            return;
        }
        if (payer != waiting) {
            book(clock.nanoTime());
        }
        payer = next;
    }

    /** From now on somebody else pays, and the clock was just looked at. */
    void chargeFromHere(final Account next) {
        payer = next;
    }

    /** Bills the time until now, and goes on with the same payer. @return the time */
    public long look() {
        book(clock.nanoTime());
        return sinceNs;
    }

    /**
     * Bills the time since the clock was last looked at to several in equal parts; who pays from now on is as before.
     *
     * @param payers of which the first {@code count} pay, one as often as it is there
     * @param count at least 1
     */
    public void share(final Account[] payers, final int count) {
        final long spent = step(clock.nanoTime());
        final long part = spent / count;
        for (int i = 1; i < count; i++) {
            payers[i].spend(part);
        }
        payers[0].spend(spent - part * (count - 1));
        busyNs += spent;
    }

    /** From now on it is open who pays: the next that is charged. */
    public void leaveOpen() {
        if (payer != waiting) {
            book(clock.nanoTime());
            payer = waiting;
        }
    }

    /**
     * The thread goes to sleep, or does something else.
     *
     * @param nowNs the time just read
     */
    public void sleep(final long nowNs) {
        if (!away) {
            book(nowNs);
            away = true;
        }
        payer = waiting;
    }

    /** The thread has slept. */
    public void wake() {
        sinceNs = clock.nanoTime();
        passNs = sinceNs;
        away = false;
        core.begin(sinceNs);
    }

    /** @return time spent since the start, but for {@link #waiting}, in nanoseconds */
    public long busyNs() {
        return busyNs;
    }

    /** @return when the present payer was charged, or the pass began */
    public long sinceNs() {
        return sinceNs;
    }

    /** @return when this pass began, or the thread woke */
    public long passNs() {
        return passNs;
    }

    /** @return the time since the clock was last looked at */
    private long step(final long nowNs) {
        final long elapsed = nowNs - sinceNs;
        sinceNs = nowNs;
        return elapsed < SUSPICIOUS_NS ? elapsed : withoutInterruption(elapsed);
    }

    private void book(final long nowNs) {
        final long spent = step(nowNs);
        payer.spend(spent);
        if (payer != waiting) {
            busyNs += spent;
        }
    }

    /** @return what of a long step the thread can have used itself */
    private long withoutInterruption(final long elapsed) {
        return Math.clamp(core.unbookedNs(), 0, elapsed);
    }

    /** @return what has been spent since the last correction */
    long uncorrectedNs() {
        long sum = system.uncorrectedNs() + waiting.uncorrectedNs();
        for (int i = 0; i < accounts.size(); i++) {
            sum += accounts.get(i).uncorrectedNs();
        }
        return sum;
    }

    /** Brings the bills of the core in line with its thread's CPU time; see {@link CoreTime#correct}. */
    public void correct() {
        core.correct(sinceNs);
    }

    /** @return what is billed of what was spent, at so much for each nanosecond */
    long bill(final double rate) {
        long billed = bill(system, rate) + bill(waiting, rate);
        for (int i = 0; i < accounts.size(); i++) {
            billed += bill(accounts.get(i), rate);
        }
        return billed;
    }

    private static long bill(final Account account, final double rate) {
        final long bill = (long) (account.uncorrectedNs() * rate);
        account.bill(bill);
        return bill;
    }
}
