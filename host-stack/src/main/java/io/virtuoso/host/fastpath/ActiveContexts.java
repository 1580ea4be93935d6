package io.virtuoso.host.fastpath;

import io.virtuoso.host.socket.ContextPort;
import io.virtuoso.host.socket.SocketSpace;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The contexts that the fast path polls. Contexts that stay quiet are put to sleep, so that any number of idle ones
 * costs nothing; the doorbell brings them back. Stack thread only.
 */
final class ActiveContexts {
    /** Polls without a command after which a context is put to sleep. */
    private static final int IDLE_POLLS = 512;

    private static final int COMMANDS_PER_POLL = 64;

    private final CommandPoller poller;
    private ContextPort[] contexts = new ContextPort[16];
    private int size;
    private int first;

    ActiveContexts(CommandPoller poller) {
        this.poller = poller;
    }

    /** @return contexts polled now */
    int size() {
        return size;
    }

    /** Begins to poll a context. */
    void add(ContextPort context) {
        if (!context.active()) {
            if (size == contexts.length) {
                contexts = Arrays.copyOf(contexts, 2 * size);
            }
            contexts[size++] = context;
            context.activate();
        }
    }

    /** Takes commands of one context, whether it is among the polled ones or not. @return how many */
    int poll(ContextPort context, int limit) {
        return poller.poll(context, limit);
    }

    /** Ends polling of all contexts of an attachment. */
    void removeAll(SocketSpace space) {
        for (int i = size - 1; i >= 0; i--) {
            if (contexts[i].space() == space) {
                remove(i);
            }
        }
    }

    /** Ends polling of one context. */
    void remove(ContextPort context) {
        for (int i = size - 1; i >= 0; i--) {
            if (contexts[i] == context) {
                remove(i);
            }
        }
    }

    private void remove(int i) {
        contexts[i].deactivate();
        contexts[i] = contexts[--size];
        contexts[size] = null;
    }

    /** Serves every context once, beginning with another one each time. @return commands taken and events made up for */
    int poll() {
        int work = 0;
        first = first + 1 < size ? first + 1 : 0;
        for (int n = 0, i = first; n < size; n++) {
            if (i >= size) {
                i = 0;
            }
            final int taken = poller.poll(contexts[i], COMMANDS_PER_POLL) + postBacklog(contexts[i]);
            work += taken;
            if (taken > 0) {
                contexts[i].resetIdlePolls();
            } else if (contexts[i].countIdlePoll() > IDLE_POLLS && putToSleep(i)) {
                n--;
                continue;
            }
            i++;
        }
        return work;
    }

    private static int postBacklog(ContextPort context) {
        return context.hasBacklog() ? context.space().postBacklog(context) : 0;
    }

    private boolean putToSleep(int i) {
        final ContextPort context = contexts[i];
        context.announceSleep();
        VarHandle.fullFence();
        if (context.commands().hasNext() || postBacklog(context) > 0) {
            context.announceAwake();
            context.resetIdlePolls();
            return false;
        }
        remove(i);
        return true;
    }

    /**
     * Tells all guests that the stack goes to sleep.
     *
     * @return false if a command came in meanwhile, or room for events that wait: the stack must not sleep
     */
    boolean announceSleep() {
        for (int i = 0; i < size; i++) {
            contexts[i].announceSleep();
        }
        VarHandle.fullFence();
        for (int i = 0; i < size; i++) {
            if (contexts[i].commands().hasNext() || postBacklog(contexts[i]) > 0) {
                announceAwake();
                return false;
            }
        }
        return true;
    }

    /** Takes {@link #announceSleep} back. */
    void announceAwake() {
        for (int i = 0; i < size; i++) {
            contexts[i].announceAwake();
        }
    }

    /** @return how many of the polled contexts' guest threads run at the moment */
    int guestsAwake() {
        int awake = 0;
        for (int i = 0; i < size; i++) {
            if (contexts[i].guestAwake()) {
                awake++;
            }
        }
        return awake;
    }
}
