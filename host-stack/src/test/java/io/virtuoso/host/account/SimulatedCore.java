package io.virtuoso.host.account;

import java.util.ArrayList;
import java.util.List;

/** A fast-path core in virtual time: guests whose commands come when the test says, and take as long as it says. */
final class SimulatedCore {
    private static final long CLOCK_COST_NS = 23;
    private static final long PASS_COST_NS = 300;

    private long nowNs;
    private long usefulNs;
    private long idleNs;
    private long lookCostNs;
    private long lookNs;
    private long interruptionNs;
    private long tellCostNs;
    private long toldNs;
    private long tellings;
    private long longestPassNs;
    private long longestUntoldNs;
    final Ledger ledger = new Ledger(this::clock, () -> nowNs - idleNs);
    final Scheduler scheduler = new Scheduler(ledger);
    final List<SimulatedGuest> guests = new ArrayList<>();

    /** @param ownsProcessor whether it looks and tells while guests are served */
    SimulatedCore(final boolean ownsProcessor) {
        if (ownsProcessor) {
            scheduler.meanwhile(this::look, this::tellBetween);
        }
    }

    private long clock() {
        nowNs += CLOCK_COST_NS;
        return nowNs;
    }

    /** Says how long it takes to look for new commands while guests are served. */
    void lookCostNs(final long costNs) {
        lookCostNs = costNs;
    }

    /** The next look for new commands takes so much longer. */
    void interruptLook(final long ns) {
        interruptionNs = ns;
    }

    /** Says how long it takes to tell guests while others are served. */
    void tellCostNs(final long costNs) {
        tellCostNs = costNs;
    }

    private void look() {
        lookNs += lookCostNs;
        nowNs += lookCostNs + interruptionNs;
        idleNs += interruptionNs;
        interruptionNs = 0;
        guests.forEach(SimulatedGuest::arrive);
    }

    private void tellBetween() {
        tellings++;
        nowNs += tellCostNs;
        tell();
    }

    private void tell() {
        longestUntoldNs = Math.max(longestUntoldNs, nowNs - toldNs);
        toldNs = nowNs;
    }

    /** A guest that has always something to do. */
    SimulatedGuest greedy(final int weight, final long commandNs) {
        return greedy(weight, commandNs, GuestLimits.NONE);
    }

    /** A guest with limits that has always something to do. */
    SimulatedGuest greedy(final int weight, final long commandNs, final GuestLimits limits) {
        return add(new SimulatedGuest(weight, commandNs, 0, 1, limits));
    }

    /** A guest that posts some commands each period. */
    SimulatedGuest periodic(final int weight, final long commandNs, final long periodNs, final int commands) {
        return add(new SimulatedGuest(weight, commandNs, periodNs, commands, GuestLimits.NONE));
    }

    private SimulatedGuest add(final SimulatedGuest guest) {
        guests.add(guest);
        return guest;
    }

    /** Lets time pass. */
    void run(final long ns) {
        final long endNs = nowNs + ns;
        while (nowNs < endNs) {
            ledger.begin(nowNs);
            nowNs += PASS_COST_NS;
            long nextNs = Long.MAX_VALUE;
            for (int i = 0; i < guests.size(); i++) {
                nextNs = Math.min(nextNs, guests.get(i).arrive());
            }
            final long beginNs = nowNs;
            final int work = scheduler.run();
            longestPassNs = Math.max(longestPassNs, nowNs - beginNs);
            if (work == 0) {
                ledger.sleep(nowNs);
                nextNs = Math.min(nextNs, scheduler.nextDeadlineNs());
                idleNs += Math.max(0, Math.min(nextNs, endNs) - nowNs);
                nowNs = Math.max(nowNs, Math.min(nextNs, endNs));
                ledger.wake();
            }
            tell(); // as each pass ends
        }
        ledger.begin(nowNs);
        ledger.correct();
    }

    /** @return the part of time that was spent on commands while there were some */
    double conservation() {
        return (double) usefulNs / (nowNs - idleNs);
    }

    long nowNs() {
        return nowNs;
    }

    /** @return time spent on looking for new commands while guests were served */
    long lookNs() {
        return lookNs;
    }

    /** @return longest time that guests were served in one pass */
    long longestPassNs() {
        return longestPassNs;
    }

    void forgetPasses() {
        longestPassNs = 0;
    }

    /** @return how often guests were told while others were served */
    long tellings() {
        return tellings;
    }

    /** @return longest time in which nobody was told what there is for him */
    long longestUntoldNs() {
        return longestUntoldNs;
    }

    /** What a guest of this core wants and gets. */
    final class SimulatedGuest extends Turn {
        private final long commandNs;
        private final long periodNs;
        private final int burst;
        private long nextNs;
        private long oldestNs;
        private int pending;
        private long gotNs;
        private long longestWaitNs;

        SimulatedGuest(
                final int weight,
                final long commandNs,
                final long periodNs,
                final int burst,
                final GuestLimits limits) {
            super(ledger.open("guest" + guests.size(), weight), limits);
            this.commandNs = commandNs;
            this.periodNs = periodNs;
            this.burst = burst;
            this.nextNs = periodNs * (1 + guests.size()) / 7;
        }

        /** @return when it posts next */
        private long arrive() {
            if (periodNs == 0) {
                pending = Integer.MAX_VALUE;
                scheduler.add(this);
                return Long.MAX_VALUE;
            }
            while (nextNs <= nowNs) {
                oldestNs = pending == 0 ? nextNs : oldestNs;
                pending += burst;
                nextNs += periodNs;
            }
            if (pending > 0) {
                scheduler.add(this);
            }
            return nextNs;
        }

        @Override
        public boolean mayReceive() {
            return scheduler.mayReceive(this);
        }

        @Override
        public void waits(final Source source) {
            throw new UnsupportedOperationException("no packets here");
        }

        @Override
        protected boolean hasWork() {
            return pending > 0;
        }

        @Override
        protected int serve(final int limit) {
            ledger.charge(account());
            longestWaitNs = periodNs == 0 ? 0 : Math.max(longestWaitNs, nowNs - oldestNs);
            final int count = Math.min(limit, pending);
            nowNs += count * commandNs;
            gotNs += count * commandNs;
            usefulNs += count * commandNs;
            account().sent(count, count * 1000L);
            pending -= periodNs == 0 ? 0 : count;
            oldestNs = nowNs;
            return count;
        }

        void forgetWaits() {
            longestWaitNs = 0;
        }

        /** @return CPU time spent on its commands */
        long gotNs() {
            return gotNs;
        }

        /** @return longest time from a command's arrival, with none before it, to its service */
        long longestWaitNs() {
            return longestWaitNs;
        }
    }
}
