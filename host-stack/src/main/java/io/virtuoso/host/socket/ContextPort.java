package io.virtuoso.host.socket;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.protocol.ContextBlock;
import io.virtuoso.protocol.EntryQueueConsumer;
import io.virtuoso.protocol.EntryQueueProducer;
import io.virtuoso.protocol.Event;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * The host's end of one context: takes its commands, posts its events, rings its doorbell.
 *
 * <p>A context is <em>active</em> while the fast path polls it; an inactive one says so in {@code host_sleeping}, and
 * its guest rings. Stack thread only.
 */
public final class ContextPort {
    private final SocketSpace space;
    private final int index;
    private final int offset;
    private final int doorbellFd;
    private final ByteBuffer region;
    private final EntryQueueConsumer commands;
    private final EntryQueueProducer events;
    private final SocketList backlog = new SocketList();
    private final ArrayDeque<Reply> replies = new ArrayDeque<>(0);

    private boolean active;
    private boolean ready;
    private boolean ringPending;
    private boolean backlogBegun;
    private int idlePolls;
    private long lookedNs;
    private int rungSleep;
    private int sleepNumber = 1;

    ContextPort(SocketSpace space, int index, int doorbellFd) {
        this.space = space;
        this.index = index;
        this.doorbellFd = doorbellFd;
        this.region = space.region();
        this.offset = space.layout().contextOffset(index);
        this.commands = EntryQueueConsumer.ofCommands(region, space.layout(), index);
        this.events = EntryQueueProducer.ofEvents(region, space.layout(), index);
        ContextBlock.hostSleeping(region, offset, 1);
    }

    public SocketSpace space() {
        return space;
    }

    public int index() {
        return index;
    }

    /** @return where answers to INFO are written, in bytes from the region's start */
    public int infoOffset() {
        return offset + ContextBlock.INFO_OFFSET;
    }

    /** @return where the fast path reads commands */
    public EntryQueueConsumer commands() {
        return commands;
    }

    /** @return true while the fast path polls this context */
    public boolean active() {
        return active;
    }

    /** Starts polling: the guest need not ring any more. */
    public void activate() {
        active = true;
        idlePolls = 0;
        ContextBlock.hostSleeping(region, offset, 0);
    }

    /**
     * Says that the guest must ring from now on. What was taken is given back before: a guest that reads the number and
     * finds its command taken does not ring. A full fence and a last look at the commands must follow.
     */
    public void announceSleep() {
        commands.publish();
        sleepNumber = sleepNumber == -1 ? 1 : sleepNumber + 1;
        ContextBlock.hostSleeping(region, offset, sleepNumber);
    }

    /** Undoes {@link #announceSleep}, because there is work. */
    public void announceAwake() {
        ContextBlock.hostSleeping(region, offset, 0);
    }

    /** Ends polling after {@link #announceSleep}. */
    public void deactivate() {
        active = false;
    }

    /** @return polls in a row that found nothing, including this one */
    public int countIdlePoll() {
        return ++idlePolls;
    }

    public void resetIdlePolls() {
        idlePolls = 0;
    }

    /** @return true if the guest's thread runs, as far as it says */
    public boolean guestAwake() {
        return ContextBlock.guestSleeping(region, offset) == 0;
    }

    /** @return true while it waits for its guest's turn */
    boolean ready() {
        return ready;
    }

    void ready(boolean isReady) {
        ready = isReady;
    }

    /** @return true if the fast path will take its commands in its guest's turn */
    public boolean isWaiting() {
        return ready;
    }

    /** @return when the fast path last looked for commands: those it finds now are younger */
    public long lookedNs() {
        return lookedNs;
    }

    public void lookedNs(long nowNs) {
        lookedNs = nowNs;
    }

    /** Posts (or merges into one that waits for room) the notice that a socket changed. */
    void postReady(GuestSocket socket, int mask) {
        int all = mask;
        if (socket.waitsIn() != null && socket.waitsIn() != this) {
            // The guest has moved the socket: nobody may ever make room in the queue that it waits for.
            all |= socket.pendingEvents();
            socket.waitsIn().forget(socket);
        }
        if (socket.waitsIn() == null && tryReady(socket, all)) {
            return;
        }
        enqueueBacklog(socket, all);
    }

    /** What there was to tell of a socket is told no more. */
    void forget(GuestSocket socket) {
        backlog.remove(socket.backlogLink());
        socket.pendingEvents(0);
        socket.waitsIn(null);
        endBacklog();
    }

    private void endBacklog() {
        if (!hasBacklog()) {
            ContextBlock.eventBacklog(region, offset, 0);
        }
    }

    private boolean tryReady(GuestSocket socket, int mask) {
        return events.offer(Event.READY, socket.index(), socket.generation(), 0, mask, 0, 0, 0, 0);
    }

    /** Asks for the adoption of a transmit ring. @return false if there was no room */
    boolean postRing(GuestSocket socket) {
        return !hasBacklog() && events.offer(Event.RING, socket.index(), socket.generation(), 0, 0, 0, 0, 0, 0);
    }

    private void enqueueBacklog(GuestSocket socket, int mask) {
        announceBacklog();
        await(socket);
        socket.pendingEvents(socket.pendingEvents() | mask);
    }

    private void await(GuestSocket socket) {
        if (socket.waitsIn() == null) {
            backlog.append(socket.backlogLink());
            socket.waitsIn(this);
        }
    }

    /** Posts the news that the host is done with a slot of the guest's. */
    void postReleased(GuestSocket socket) {
        if (socket.waitsIn() != null) {
            socket.waitsIn().forget(socket); // what there was to tell of it
        }
        if (!events.offer(Event.RELEASED, socket.index(), socket.generation(), 0, 0, 0, 0, 0, 0)) {
            announceBacklog();
            await(socket);
            socket.releasedEventPending(true);
        }
    }

    /** An answer that found the event queue full. */
    private record Reply(int slot, int generation, long request, long value, int errno) {}

    /** Answers a command; while the event queue is full the answer waits. */
    void postReply(int slot, int generation, long request, long value, int errno) {
        if (replies.isEmpty() && tryReply(slot, generation, request, value, errno)) {
            return;
        }
        if (replies.size() >= space.layout().queueEntries()) {
            space.fault(EndReason.BAD_CONTEXT); // more questions than answers taken: no shim does that
            return;
        }
        announceBacklog();
        replies.add(new Reply(slot, generation, request, value, errno));
    }

    /** The guest rings once it has made room. It may just have done so, unaware: somebody must look again. */
    private void announceBacklog() {
        if (!hasBacklog()) {
            backlogBegun = true;
            ContextBlock.eventBacklog(region, offset, 1);
        }
    }

    private boolean tryReply(int slot, int generation, long request, long value, int errno) {
        return events.offer(Event.REPLY, slot, generation, request, value, 0, 0, 0, errno);
    }

    /** @return true if events wait for room in the queue */
    public boolean hasBacklog() {
        return !backlog.isEmpty() || !replies.isEmpty();
    }

    /**
     * @return true, once, if events began to wait: after a full fence {@link #drainBacklog} must be tried again before
     *     the guest can be relied on to ring
     */
    public boolean takeBacklogBegun() {
        final boolean begun = backlogBegun;
        backlogBegun = false;
        return begun;
    }

    /** Posts events that had found no room. @return how many */
    int drainBacklog() {
        int posted = 0;
        Reply reply;
        while ((reply = replies.peek()) != null
                && tryReply(reply.slot, reply.generation, reply.request, reply.value, reply.errno)) {
            replies.poll();
            posted++;
        }
        SocketList.Link link;
        while ((link = backlog.first()) != null && post(link.socket)) {
            backlog.remove(link);
            link.socket.waitsIn(null);
            posted++;
        }
        endBacklog();
        return posted;
    }

    private boolean post(GuestSocket socket) {
        if (socket.releasedEventPending()) {
            if (!events.offer(Event.RELEASED, socket.index(), socket.generation(), 0, 0, 0, 0, 0, 0)) {
                return false;
            }
            socket.releasedEventPending(false);
        } else if (socket.pendingEvents() != 0 && !tryReady(socket, socket.pendingEvents())) {
            return false;
        }
        socket.pendingEvents(0);
        return true;
    }

    /** @return true if this context was not yet noted for {@link #mustRing} */
    public boolean markRingPending() {
        final boolean first = !ringPending;
        ringPending = true;
        return first;
    }

    /**
     * Ends what {@link #markRingPending} began. Needs a full fence after the events.
     *
     * @return true if the guest sleeps and was not woken from this sleep before: {@link #ring} must follow
     */
    public boolean mustRing() {
        ringPending = false;
        final int sleep = ContextBlock.guestSleeping(region, offset);
        if (sleep == 0 || sleep == rungSleep) {
            return false;
        }
        rungSleep = sleep;
        return true;
    }

    /** Wakes the guest. */
    public void ring() {
        Libc.ringPipe(doorbellFd);
    }

    /** Wakes the guest with others. */
    public void ring(PipeRinger together) {
        together.add(doorbellFd);
    }
}
