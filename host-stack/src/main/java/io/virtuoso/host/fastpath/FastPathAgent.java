package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.account.Scheduler;
import io.virtuoso.host.capture.CaptureRing;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.config.LimitsConfig;
import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.control.Bills;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.SocketFacts;
import io.virtuoso.host.control.StackCommands;
import io.virtuoso.host.control.StackMailbox;
import io.virtuoso.host.control.StackUpdate;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.ffm.SharedMemory;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.policy.PolicyGate;
import io.virtuoso.host.slowpath.SlowPath;
import io.virtuoso.host.slowpath.SlowPathAgent;
import io.virtuoso.host.slowpath.UpdateStage;
import io.virtuoso.host.slowpath.WireService;
import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.LocalPath;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.agrona.concurrent.CachedNanoClock;
import org.agrona.concurrent.NanoClock;

/**
 * What a core does for one island, in the order in which it is done: packets in, guests' turns, timers, packets and
 * events out. Owns every established connection of the island.
 */
public final class FastPathAgent implements StackCommands {
    private static final int PACKETS_PER_PASS = 64;
    private static final int MESSAGES_PER_PASS = 8;

    /** While some contexts keep the stack busy, the doorbells of the others are looked at this often. */
    private static final long DOORBELL_LOOK_NS = 20_000L;

    private final NanoClock time;
    private final CachedNanoClock clock;
    private final StackMailbox mailbox;
    private final Sleeper sleeper;
    private final Scheduler scheduler;
    private final LocalPath localPath;
    private final DatagramPath datagrams;
    private final WireService wire;
    private final SlowPathAgent slowPath;
    private final UpdateStage updates;
    private final CommandPoller commands;
    private final ActiveContexts contexts;
    private final Ledger ledger;
    private final Doorbells doorbells;
    private final Attachments attachments;
    private final StackReport report = new StackReport();
    private final IntConsumer onDoorbell;
    private CaptureTap tap;
    private long lastLookNs;
    private Island island;

    /**
     * @param time  looked at once a pass
     * @param clock updated then
     */
    public FastPathAgent(
            NanoClock time,
            CachedNanoClock clock,
            StackMailbox mailbox,
            ControlMailbox control,
            SlowPath slowPathParts,
            Sleeper sleeper,
            PipeRinger ringer,
            LimitsConfig limits) {
        this.time = time;
        this.clock = clock;
        this.mailbox = mailbox;
        this.sleeper = sleeper;
        this.ledger = slowPathParts.turns().ledger();
        this.scheduler = slowPathParts.turns().scheduler();
        this.doorbells = new Doorbells(ledger, ringer);
        this.localPath = slowPathParts.localPath();
        this.datagrams = slowPathParts.datagrams();
        this.wire = slowPathParts.wire();
        this.slowPath = slowPathParts.agent();
        this.updates = slowPathParts.updates();
        this.commands = new CommandPoller(slowPathParts.inbox(), datagrams, ledger);
        this.contexts = new ActiveContexts(commands, slowPathParts);
        this.attachments = new Attachments(
                slowPathParts,
                contexts,
                doorbells,
                sleeper::unwatch,
                control,
                FastPathAgent::releaseMemory,
                limits,
                clock);
        slowPath.ends(control::afterEnds);
        slowPathParts.nodes().numbers().addHolder(attachments::forEachNumber);
        this.onDoorbell = attachments::onDoorbell;
        sleeper.watch(mailbox.wakeFd(), Sleeper.NOBODY);
    }

    private static void releaseMemory(Attachment attachment, int offset, int bytes) {
        SharedMemory.release(attachment.region(), offset, bytes);
    }

    /** The core has a processor of its own: whoever is woken in the middle of a pass does not keep it from going on. */
    void ownsProcessor() {
        scheduler.meanwhile(contexts::lookBetween, doorbells::ring);
    }

    /** Says whether its core serves other islands, too. */
    void sharesCore(boolean shared) {
        scheduler.sharesCore(shared);
    }

    /** What this works for, if it is one of several, or counted. */
    void island(Island its) {
        island = its;
    }

    /** @return the time of the last pass */
    long nowNs() {
        return clock.nanoTime();
    }

    /** One pass. @return how much was done */
    int doWork() {
        clock.update(time.nanoTime());
        ledger.begin(clock.nanoTime());
        int work = mailbox.isEmpty() ? 0 : drainMailbox();
        work += wire.poll(PACKETS_PER_PASS);
        lookAtDoorbells();
        work += contexts.look();
        work += scheduler.run();
        work += slowPath.doWork();
        work += wire.onTimers();
        wire.flush();
        work += attachments.endFaulted();
        if (attachments.isLingering()) {
            work += attachments.releaseFinished();
        }
        if (tap != null) {
            tap.flush();
        }
        return work + doorbells.ring(); // last: all of the above posts events
    }

    /** Does what the control thread asked for. @return how many messages there were */
    int drainMailbox() {
        ledger.charge(ledger.system());
        return mailbox.drain(this, MESSAGES_PER_PASS);
    }

    /** @return contexts whose guest threads run at the moment, among those that had work lately */
    int guestsAwake() {
        return contexts.guestsAwake();
    }

    /** Tells everybody that a doorbell is needed from now on. @return false if there is work: nothing was told */
    boolean fallAsleep() {
        if (scheduler.isWaiting() || !contexts.announceSleep()) {
            return false;
        }
        if (!mailbox.isEmpty() || !wire.fallAsleep()) {
            contexts.announceAwake();
            return false;
        }
        wire.flush(); // resets of attachments that ended with the last pass
        ledger.sleep(time.nanoTime());
        return true;
    }

    /** Takes {@link #fallAsleep} back, and serves those who have rung, of whom the sleeper knows. */
    void wake() {
        ledger.wake();
        wire.wokeUp();
        contexts.announceAwake();
        sleeper.forEachRung(onDoorbell);
    }

    private void lookAtDoorbells() {
        if (clock.nanoTime() - lastLookNs >= DOORBELL_LOOK_NS) {
            lastLookNs = clock.nanoTime();
            if (sleeper.look()) {
                sleeper.forEachRung(onDoorbell);
            }
        }
    }

    /** @return when there is something to do though nobody rings; Long.MAX_VALUE: never */
    long deadlineNs() {
        long deadlineNs = attachments.isLingering() ? clock.nanoTime() + Sleeper.LONGEST_NS : Long.MAX_VALUE;
        deadlineNs = Math.min(deadlineNs, wire.nextDeadlineNs());
        deadlineNs = Math.min(deadlineNs, scheduler.nextDeadlineNs());
        return Math.min(deadlineNs, slowPath.nextDeadlineNs());
    }

    @Override
    public void know(List<Guest> guests) {
        attachments.know(guests);
    }

    @Override
    public void attached(Attachment attachment) {
        attachments.attached(attachment);
        sleeper.watch(attachment.hostDoorbellFd(), attachment.id());
    }

    @Override
    public void contextOpened(Attachment attachment, int index, int doorbellFd) {
        attachments.contextOpened(attachment, index, doorbellFd);
    }

    @Override
    public void contextClosed(Attachment attachment, int index) {
        attachments.contextClosed(attachment, index);
    }

    @Override
    public void guestGone(Attachment attachment) {
        attachments.guestGone(attachment);
    }

    @Override
    public int shareSocket(Attachment attachment, int slot, int generation, long shareId) {
        return attachments.shareSocket(attachment, slot, generation, shareId);
    }

    @Override
    public void shareReleased(long shareId) {
        attachments.shareReleased(shareId);
    }

    @Override
    public Adoption adopt(Attachment attachment, long shareId) {
        return attachments.adopt(attachment, shareId);
    }

    @Override
    public boolean move(int core) {
        return island.core().moveSoon(island, core);
    }

    @Override
    public void removing(List<String> guests) {
        updates.removing(guests, attachments::forEachSocket);
    }

    @Override
    public int update(StackUpdate update) {
        final int resets = updates.apply(update, attachments::forEachSocket);
        update.ways().ifPresent(ways -> attachments.tellRoutes());
        return resets;
    }

    @Override
    public Map<String, PolicyGate.Report> policies() {
        return updates.report();
    }

    @Override
    public void capture(CaptureRing ring) {
        tap = ring == null ? null : new CaptureTap(ring, System::nanoTime);
        wire.capture(tap);
        localPath.capture(tap);
        datagrams.capture(tap);
    }

    @Override
    public List<SocketFacts> sockets() {
        return report.sockets(attachments);
    }

    @Override
    public Bills bills() {
        ledger.correct();
        return StackReport.bills(ledger, island == null ? 0 : island.core().number());
    }

    @Override
    public void counters(CounterSink sink) {
        sink.counter("commands", commands.commands());
        sink.counter("doorbells.guest", doorbells.rings());
        sink.counter("sleeps", sleeper.sleeps());
        sink.counter("rings.bytes", attachments.ringBytes());
        sink.counter("local.bytes", localPath.bytesMoved());
        sink.counter("local.copies", localPath.moves());
        sink.counter("datagrams.local", datagrams.local());
        sink.counter("datagrams.dropped", datagrams.dropped());
        sink.counter("datagrams.unroutable", datagrams.unroutable());
        updates.counters(sink);
        ledger.correct();
        StackReport.count(ledger, sink);
        if (island != null && island.number() == 0) {
            StackReport.count(island.core().table(), sink);
        }
        wire.counters((name, value) -> sink.counter(name, value));
    }
}
