package io.virtuoso.guest.core;

import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The context of a socket: its events come there, its commands leave from there.
 *
 * <p>It changes when another thread begins to wait for the socket. Commands whose order matters must have left the old
 * queue before; older events may stay behind there, so whoever moves a socket looks at it afterwards. Any thread.
 */
final class Home {
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Context context;
    private volatile SlotUse use;
    private volatile EventContext preferred; // changed under lock
    private long orderedPosition;

    /** The socket got a slot: its first home is where this thread will look, if it looks anywhere. */
    void enter(SlotUse entered) {
        lock.lock();
        try {
            Context first = first(entered.attachment());
            orderedPosition = 0;
            entered.deliverTo(first);
            use = entered;
            context = first;
        } finally {
            lock.unlock();
        }
    }

    private Context first(Attachment attachment) {
        EventContext loop = preferred != null ? preferred : EventContext.ofThisThread();
        Context candidate = loop == null ? null : loop.context();
        if (candidate == null || candidate.attachment() != attachment) {
            ThreadContext own = loop == null ? ThreadContext.ifLeased(attachment) : null;
            candidate = own == null ? null : own.context();
        }
        if (candidate == null) {
            return attachment.hubContext();
        }
        candidate.drain(); // of sockets that moved on: their events fill the queue if this thread never waits there
        return candidate;
    }

    /** Takes note of what has arrived: afterwards events come for what arrives later. */
    void look() {
        SlotUse now = use;
        VarHandle.fullFence();
        now.attachment().raiseSeen(now.index(), now.generation());
    }

    void leave() {
        lock.lock();
        try {
            use = null;
            context = null;
        } finally {
            lock.unlock();
        }
    }

    /** The event loop that the socket belongs to; null: none. */
    void prefer(EventContext loop) {
        lock.lock();
        try {
            preferred = loop;
            SlotUse now = use;
            if (now != null) {
                Context target = loop == null ? null : loop.context();
                boolean fits = target != null && target.attachment() == now.attachment();
                move(fits ? target : now.attachment().hubContext());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Moves to a context of the same attachment. @return false if there is no slot there */
    boolean moveTo(Context target) {
        if (context == target) {
            return true;
        }
        lock.lock();
        try {
            SlotUse now = use;
            if (now == null || now.attachment() != target.attachment()) {
                return false;
            }
            move(target);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The hub takes over, unless an event loop looks after the socket. */
    void moveToHub() {
        SlotUse now = use;
        if (now != null && !belongsToLoop()) {
            moveTo(now.attachment().hubContext());
        }
    }

    boolean belongsToLoop() {
        return preferred != null;
    }

    /** Takes the events of whichever context the socket is in. */
    void drain() {
        Context now = context;
        if (now != null) {
            now.drain();
        }
    }

    private void move(Context target) {
        if (context == target) {
            return;
        }
        awaitTaken();
        context = target;
        use.deliverTo(target);
        look();
    }

    /** Waits until the host stack has taken the socket's commands: microseconds. */
    void settle() {
        lock.lock();
        try {
            awaitTaken();
        } finally {
            lock.unlock();
        }
    }

    private void awaitTaken() {
        if (orderedPosition != 0) {
            context.awaitPassed(orderedPosition);
            orderedPosition = 0;
        }
    }

    /** Posts a notice. */
    void post(int type, SlotUse of, long arg0) {
        Context now = context;
        if (now != null) {
            now.post(type, of.index(), of.generation(), arg0, 0, 0);
        }
    }

    /** Posts a command whose order with the socket's other commands matters. */
    void postInOrder(int type, SlotUse of, long arg0, long arg1, long arg2) {
        postInOrder(type, of, arg0, arg1, arg2, 0);
    }

    void postInOrder(int type, SlotUse of, long arg0, long arg1, long arg2, long arg3) {
        lock.lock();
        try {
            Context now = context;
            if (now != null) {
                orderedPosition = now.post(type, of.index(), of.generation(), arg0, arg1, arg2, arg3);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Posts a command and waits for its answer. */
    Context.Request ask(int type, SlotUse of, long arg0, long arg1, long arg2, long arg3) {
        return context.ask(type, of.index(), of.generation(), arg0, arg1, arg2, arg3);
    }
}
