package io.virtuoso.guest.core;

import io.virtuoso.protocol.ContextBlock;
import io.virtuoso.protocol.EntryQueueConsumer;
import io.virtuoso.protocol.EntryQueueProducer;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Event;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A pair of queues of one attachment: commands to the host stack, events from it.
 *
 * <p>Any thread may post and any thread may drain; one at a time sleeps on its doorbell.
 */
final class Context implements EventSource {
    private static final long REPLY_TIMEOUT_NS = 10_000_000_000L;
    private static final int SPINS = 200;
    private static final long FULL = -1;
    private static final int YIELDS = 20;
    private static final long NAP_NS = 100_000L;
    private static final int NAPS_OF_A_LENGTH = 4;
    private static final int LONGEST_NAP_SHIFT = 4;

    private final Attachment attachment;
    private final int index;
    private final int offset;
    private final int entries;
    private final ByteBuffer region;
    private final EntryQueueProducer commands;
    private final EntryQueueConsumer events;
    private final HostBell bell;
    private final SpinLock postLock = new SpinLock();
    private final ReentrantLock roomLock = new ReentrantLock();
    private final ReentrantLock drainLock = new ReentrantLock();
    private final ConcurrentHashMap<Long, Request> requests = new ConcurrentHashMap<>();
    private final int doorbell;
    private final ByteBuffer doorbellBytes = ByteBuffer.allocateDirect(256);
    private final AtomicInteger sleepNumber = new AtomicInteger();

    /** A command that waits for its answer. */
    static final class Request {
        private volatile boolean done;
        private long value;
        private int errno;

        /** 0 or the error number. */
        int errno() {
            return errno;
        }

        long value() {
            return value;
        }
    }

    /** @param doorbell the pipe's read end, non-blocking */
    Context(Attachment attachment, int index, int doorbell) {
        this.attachment = attachment;
        this.index = index;
        this.doorbell = doorbell;
        this.region = attachment.region();
        this.offset = attachment.layout().contextOffset(index);
        this.entries = attachment.layout().queueEntries();
        this.commands = EntryQueueProducer.ofCommands(region, attachment.layout(), index);
        this.events = EntryQueueConsumer.ofEvents(region, attachment.layout(), index);
        this.bell = new HostBell(region, offset, attachment::ringHost);
        ContextBlock.state(region, offset, ContextBlock.OPEN);
    }

    Attachment attachment() {
        return attachment;
    }

    int index() {
        return index;
    }

    int doorbell() {
        return doorbell;
    }

    // ---- commands ----------------------------------------------------------------------------

    /** Posts a command. @return its position, for {@link #passed} */
    long post(int type, int slot, int generation, long arg0, long arg1, long arg2) {
        return post(type, slot, generation, arg0, arg1, arg2, 0);
    }

    /** Posts a command of four arguments. @return its position, for {@link #passed} */
    long post(int type, int slot, int generation, long arg0, long arg1, long arg2, long arg3) {
        return post(type, slot, generation, 0, arg0, arg1, arg2, arg3);
    }

    private long post(int type, int slot, int generation, long request, long arg0, long arg1, long arg2, long arg3) {
        long position = offer(type, slot, generation, request, arg0, arg1, arg2, arg3);
        if (position == FULL) {
            position = offerInTurn(type, slot, generation, request, arg0, arg1, arg2, arg3);
        }
        VarHandle.fullFence();
        bell.commandPosted(position);
        return position;
    }

    /** One thread at a time looks for room: many that do would keep the host stack from its processor. */
    private long offerInTurn(
            int type, int slot, int generation, long request, long arg0, long arg1, long arg2, long arg3) {
        roomLock.lock();
        try {
            long position = offer(type, slot, generation, request, arg0, arg1, arg2, arg3);
            for (int i = 0; position == FULL && !attachment.isDead(); i++) {
                if (i % SPINS == 0) {
                    attachment.ringHost();
                }
                pause(i);
                position = offer(type, slot, generation, request, arg0, arg1, arg2, arg3);
            }
            return position == FULL ? commands.position() : position;
        } finally {
            roomLock.unlock();
        }
    }

    private long offer(int type, int slot, int generation, long request, long arg0, long arg1, long arg2, long arg3) {
        postLock.lock();
        try {
            boolean fits = commands.offer(type, slot, generation, request, arg0, arg1, arg2, arg3, 0L);
            return fits ? commands.position() : FULL;
        } finally {
            postLock.unlock();
        }
    }

    /** Whether the host stack has taken the command at a position, or never will. */
    boolean passed(long position) {
        return attachment.isDead() || bell.isTaken(position);
    }

    /** Waits until the host stack has taken a command: microseconds. */
    void awaitPassed(long position) {
        for (int i = 0; !passed(position); i++) {
            pause(i);
        }
    }

    /**
     * Posts a command and waits for its answer, draining meanwhile: some microseconds.
     *
     * @return the answer; its errno is ENETDOWN if none comes
     */
    Request ask(int type, int slot, int generation, long arg0, long arg1, long arg2, long arg3) {
        Request request = new Request();
        long id = attachment.nextRequest();
        requests.put(id, request);
        post(type, slot, generation, id, arg0, arg1, arg2, arg3);
        long deadline = System.nanoTime() + REPLY_TIMEOUT_NS;
        for (int i = 0; !request.done; i++) {
            if (attachment.isDead() || System.nanoTime() - deadline > 0) {
                requests.remove(id);
                if (!request.done) {
                    request.errno = Errno.ENETDOWN;
                }
                break;
            }
            if (drain() == 0) {
                pause(i);
            }
        }
        return request;
    }

    @SuppressWarnings("ThreadPriorityCheck") // the one waited for needs a processor and is not known here
    static void pause(int round) {
        if (round < SPINS) {
            Thread.onSpinWait();
        } else if (round < SPINS + YIELDS) {
            Thread.yield();
        } else {
            int naps = round - SPINS - YIELDS;
            LockSupport.parkNanos(NAP_NS << Math.min(naps / NAPS_OF_A_LENGTH, LONGEST_NAP_SHIFT));
        }
    }

    // ---- events ------------------------------------------------------------------------------

    @Override
    public boolean hasEvents() {
        return events.hasNext();
    }

    /** Takes all events out of the queue and tells whom they concern. @return how many */
    @Override
    public int drain() {
        if (!events.hasNext()) {
            return 0;
        }
        int count = 0;
        drainLock.lock();
        try {
            while (count < entries) {
                int type = events.poll();
                if (type == EntryQueueConsumer.EMPTY || type == EntryQueueConsumer.CORRUPT) {
                    break;
                }
                count++;
                dispatch(type);
            }
            events.publish();
        } finally {
            drainLock.unlock();
        }
        VarHandle.fullFence(); // the host sees the head, or we see that it waits for room
        if (ContextBlock.eventBacklog(region, offset) != 0) {
            attachment.ringHost();
        }
        return count;
    }

    private void dispatch(int type) {
        switch (type) {
            case Event.READY -> attachment.onReady(events.slot(), events.generation());
            case Event.RELEASED -> attachment.onReleased(events.slot());
            case Event.REPLY -> onReply();
            case Event.RING -> attachment.onRing(events.slot(), events.generation());
            default -> {} // of a later version of the ABI
        }
    }

    private void onReply() {
        Request request = requests.remove(events.request());
        if (request != null) {
            request.value = events.arg0();
            request.errno = (int) events.arg4();
            request.done = true;
        }
    }

    // ---- sleeping ----------------------------------------------------------------------------

    /**
     * Says that the guest sleeps. The caller then looks for events once more before it sleeps on the doorbell. Several
     * may say so: it is enough that the one who said it last looks.
     */
    @Override
    public void enterSleep() {
        int number = sleepNumber.incrementAndGet();
        ContextBlock.guestSleeping(region, offset, number != 0 ? number : sleepNumber.incrementAndGet());
        VarHandle.fullFence();
    }

    /** Says that somebody is going to take events, or to say again that the guest sleeps. */
    @Override
    public void leaveSleep() {
        ContextBlock.guestSleeping(region, offset, 0);
    }

    /** Empties the doorbell after it was found readable; finds out by it that the host stack is gone. */
    void clearDoorbell() {
        doorbellBytes.clear();
        long got = attachment.os().read(doorbell, doorbellBytes);
        boolean ended = got == 0 || (got < 0 && got != -Errno.EAGAIN && got != -Errno.EINTR);
        if (ended || attachment.wasEnded()) {
            attachment.died();
        }
    }
}
