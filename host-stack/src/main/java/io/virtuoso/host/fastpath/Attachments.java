package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.config.LimitsConfig;
import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.RegionFactory;
import io.virtuoso.host.slowpath.NodeTable;
import io.virtuoso.host.slowpath.SharedSockets;
import io.virtuoso.host.slowpath.SlowPath;
import io.virtuoso.host.slowpath.SlowPathAgent;
import io.virtuoso.host.socket.ContextPort;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.RingPool;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.GuestRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.NanoClock;

/**
 * The attachments that the stack serves: how they come, how their contexts open and close, and how they end. An
 * attachment whose guest is gone stays until what it wrote is delivered, or {@link #LINGER_NS} have passed. Stack
 * thread only.
 */
final class Attachments implements SocketSpace.EventSink {
    /** About as long as Linux keeps an orphaned connection that makes no progress. */
    private static final long LINGER_NS = 60_000_000_000L;

    /** So many commands that an ended process has left take effect at once, the others in its guest's turns. */
    private static final int AT_ONCE = 64;

    /** So many commands may take effect because of one message of the control thread. */
    private static final int BEFORE_A_MESSAGE = 1024;

    /** So long a guest that is over its limits has for what an ended process has left. */
    private static final long LEAVE_NS = 1_000_000_000L;

    private final Int2ObjectHashMap<SocketSpace> byId = new Int2ObjectHashMap<>();
    private final List<SocketSpace> faulted = new ArrayList<>();
    private final List<Lingering> leaving = new ArrayList<>();
    private final List<Lingering> lingering = new ArrayList<>();
    private final NodeTable nodes;
    private final SlowPathAgent slowPath;
    private final SharedSockets shared;
    private final ActiveContexts active;
    private final Doorbells doorbells;
    private final IntConsumer unwatch;
    private final ControlMailbox control;
    private final RegionMemory memory;
    private final LimitsConfig limits;
    private final NanoClock clock;
    private final Ledger ledger;

    private record Lingering(SocketSpace space, long deadlineNs) {}

    /** Gives memory of a region back to the machine. */
    @FunctionalInterface
    interface RegionMemory {
        void release(Attachment attachment, int offset, int bytes);
    }

    /**
     * @param parts   of the slow path of the same island
     * @param unwatch takes the doorbell of an attachment that ended, to be watched no more
     * @param clock   the stack thread's, updated once a pass
     */
    Attachments(
            SlowPath parts,
            ActiveContexts active,
            Doorbells doorbells,
            IntConsumer unwatch,
            ControlMailbox control,
            RegionMemory memory,
            LimitsConfig limits,
            NanoClock clock) {
        this.nodes = parts.nodes();
        this.slowPath = parts.agent();
        this.shared = parts.shared();
        this.active = active;
        this.doorbells = doorbells;
        this.unwatch = unwatch;
        this.control = control;
        this.memory = memory;
        this.limits = limits;
        this.clock = clock;
        this.ledger = parts.turns().ledger();
    }

    /** @return the attachment with this id, or null */
    SocketSpace find(int id) {
        return byId.get(id);
    }

    /** @return attachments now, lingering ones included */
    int count() {
        return byId.size() + lingering.size();
    }

    /** A guest has its addresses before its first process comes, as after its last one has gone. */
    void know(List<Guest> guests) {
        guests.forEach(nodes::node);
    }

    void attached(Attachment attachment) {
        final RingPool.ChunkReleaser releaser = (offset, bytes) -> memory.release(attachment, offset, bytes);
        final SocketSpace space = new SocketSpace(
                attachment,
                nodes.node(attachment.guest()),
                this,
                releaser,
                limits.maxSendBytes(),
                limits.maxReceiveBytes());
        byId.put(attachment.id(), space);
        ledger.charge(space.node().account());
    }

    void contextOpened(Attachment attachment, int index, int doorbellFd) {
        final SocketSpace space = byId.get(attachment.id());
        if (space != null) {
            ledger.charge(space.node().account());
            active.add(space.openContext(index, doorbellFd));
        }
    }

    void contextClosed(Attachment attachment, int index) {
        final SocketSpace space = byId.get(attachment.id());
        if (space != null) {
            ledger.charge(space.node().account());
            obeyCommands(space.context(index), space.layout().queueEntries());
        }
        final ContextPort context = space == null ? null : space.closeContext(index);
        if (context != null) {
            active.remove(context);
            doorbells.forget(context);
        }
    }

    /** The doorbell of an attachment was rung: those of its contexts that have commands are polled from now on. */
    void onDoorbell(int id) {
        final SocketSpace space = byId.get(id);
        if (space == null) {
            return;
        }
        ledger.charge(space.node().account());
        final int count = space.layout().contextCount();
        for (int i = 0; i < count; i++) {
            final ContextPort context = space.context(i);
            if (context != null && !context.active() && (context.commands().hasNext() || context.hasBacklog())) {
                active.add(context);
            }
        }
    }

    void guestGone(Attachment attachment) {
        final SocketSpace space = byId.get(attachment.id());
        if (space != null) {
            ledger.charge(space.node().account());
            final boolean fault = attachment.endReason().map(EndReason::isFault).orElse(false);
            if (fault || obeyCommands(space, AT_ONCE)) {
                byId.remove(attachment.id());
                finish(space, fault);
            } else {
                leave(space);
            }
        }
    }

    /** A call that returned has an effect, also on what other processes hold, however soon its process ended. */
    private void leave(SocketSpace space) {
        leaving.add(new Lingering(space, clock.nanoTime() + LEAVE_NS));
        for (int i = 0; i < space.layout().contextCount(); i++) {
            final ContextPort context = space.context(i);
            if (context != null && context.commands().hasNext()) {
                active.add(context);
            }
        }
    }

    /** Ends attachments whose processes are gone, and whose last commands have been obeyed. @return how many */
    private int finishLeaving() {
        int finished = 0;
        for (int i = leaving.size() - 1; i >= 0; i--) {
            final SocketSpace space = leaving.get(i).space();
            if (!hasCommands(space) || leaving.get(i).deadlineNs() - clock.nanoTime() <= 0) {
                leaving.remove(i);
                byId.remove(space.attachment().id());
                finish(space, false);
                finished++;
            }
        }
        return finished;
    }

    private static boolean hasCommands(SocketSpace space) {
        for (int i = 0; i < space.layout().contextCount(); i++) {
            final ContextPort context = space.context(i);
            if (context != null && context.commands().hasNext()) {
                return true;
            }
        }
        return false;
    }

    /**
     * What was commanded before a message of the control thread was sent takes effect before it; unless it is more than a
     * guest waits for that means no harm.
     *
     * @return false if that was not all
     */
    private boolean obeyCommands(SocketSpace space, int most) {
        int left = most;
        for (int i = 0; i < space.layout().contextCount(); i++) {
            left -= obeyCommands(space.context(i), left);
        }
        return left > 0 || !hasCommands(space);
    }

    /** @return how many commands of a context have been obeyed, at most as many as its queue holds */
    private int obeyCommands(ContextPort context, int most) {
        final int limit =
                context == null ? 0 : Math.min(most, context.space().layout().queueEntries());
        int left = limit;
        while (left > 0) {
            final int taken = active.poll(context, left);
            left -= taken;
            if (taken == 0 && slowPath.obey() == 0) {
                break; // neither was there a command, nor was the slow path too full to take it
            }
        }
        slowPath.obey();
        return limit - left;
    }

    /** Ends attachments whose guests broke the rules in this pass. @return how many */
    int endFaulted() {
        if (faulted.isEmpty()) {
            return 0;
        }
        final int count = faulted.size();
        for (int i = 0; i < count; i++) {
            final SocketSpace space = faulted.get(i);
            if (byId.remove(space.attachment().id()) != null) {
                if (!leaving.removeIf(entry -> entry.space() == space)) {
                    control.ended(space.attachment(), space.fault());
                }
                finish(space, true);
            }
        }
        faulted.subList(0, count).clear();
        return count;
    }

    private void finish(SocketSpace space, boolean abort) {
        ledger.charge(space.node().account());
        unwatch.accept(space.attachment().hostDoorbellFd());
        active.removeAll(space);
        space.guestGone();
        shared.guestGone(space);
        space.forEachSocket(socket -> {
            if (socket.role() == GuestSocket.Role.LISTENER) {
                slowPath.close(socket, abort); // first: others may accept what it did not
            }
        });
        space.forEachSocket(socket -> {
            if (abort && socket.closed()) {
                slowPath.abandon(socket); // it waits for its peer to read, who gets no more from this guest
            } else if (abort || socket.shareId() == 0) {
                slowPath.close(socket, abort); // what other processes hold stays until they let go
            }
        });
        lingering.add(new Lingering(space, clock.nanoTime() + LINGER_NS));
        releaseLingering();
    }

    /** Lets go of attachments that have delivered everything. @return how many */
    int releaseFinished() {
        return (leaving.isEmpty() ? 0 : finishLeaving()) + releaseLingering();
    }

    private int releaseLingering() {
        int released = 0;
        for (int i = lingering.size() - 1; i >= 0; i--) {
            final SocketSpace space = lingering.get(i).space();
            if (space.socketCount() > 0 && lingering.get(i).deadlineNs() - clock.nanoTime() <= 0) {
                ledger.charge(space.node().account());
                space.forEachSocket(this::abandonUnlessShared);
            }
            if (space.socketCount() == 0) {
                lingering.remove(i);
                doorbells.forgetAll(space);
                control.finished(space.attachment());
                released++;
            }
        }
        return released;
    }

    private void abandonUnlessShared(GuestSocket socket) {
        if (socket.shareId() == 0) {
            slowPath.abandon(socket);
        }
    }

    /** @return true if attachments wait for their last data to be delivered */
    boolean isLingering() {
        return !lingering.isEmpty() || !leaving.isEmpty();
    }

    int shareSocket(Attachment attachment, int slot, int generation, long shareId) {
        final SocketSpace space = byId.get(attachment.id());
        if (space != null) {
            ledger.charge(space.node().account());
            obeyCommands(space, BEFORE_A_MESSAGE);
        }
        final GuestSocket socket = space == null ? null : space.find(slot, generation);
        return socket == null ? Errno.EBADF : shared.share(socket, shareId);
    }

    void shareReleased(long shareId) {
        shared.released(shareId);
    }

    Adoption adopt(Attachment attachment, long shareId) {
        final SocketSpace space = byId.get(attachment.id());
        return space == null ? Adoption.refused(Errno.ENETDOWN) : shared.adopt(space, shareId);
    }

    void forEachSocket(Consumer<GuestSocket> action) {
        byId.forEach((id, space) -> space.forEachSocket(action));
        lingering.forEach(entry -> entry.space().forEachSocket(action));
    }

    /** Tells the guests' processes where destinations beyond their subnets belong, which may have changed. */
    void tellRoutes() {
        for (SocketSpace space : byId.values()) {
            GuestRoute.rewrite(
                    space.region(),
                    RegionFactory.routes(space.node().guest().network().reach()));
        }
    }

    /** @return bytes of all byte rings given out */
    long ringBytes() {
        long bytes = 0;
        for (SocketSpace space : byId.values()) {
            bytes += space.pool().usedBytes();
        }
        for (Lingering entry : lingering) {
            bytes += entry.space().pool().usedBytes();
        }
        return bytes;
    }

    /** Calls for each address of a peer that a socket has. */
    void forEachNumber(IntConsumer action) {
        forEachSocket(socket -> {
            action.accept(socket.remoteAddress());
            if (socket.datagram() != null) {
                socket.datagram().forEachPeer(action);
            }
        });
    }

    @Override
    public void ringLater(ContextPort context) {
        doorbells.later(context);
        if (context.takeBacklogBegun()) {
            active.add(context); // which looks for room once more before it puts it to sleep
        }
    }

    @Override
    public void faulted(SocketSpace space) {
        faulted.add(space);
    }

    @Override
    public void ringsGrew(GuestSocket socket) {
        slowPath.ringsGrew(socket);
    }

    @Override
    public void ringsFreed(GuestSocket socket) {
        slowPath.ringsFreed(socket);
    }
}
