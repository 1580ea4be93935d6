package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.slowpath.SlowPath;
import io.virtuoso.host.slowpath.SlowPathAgent;
import io.virtuoso.host.socket.ContextPort;
import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.host.socket.GuestTurn;
import io.virtuoso.host.socket.GuestTurns;
import io.virtuoso.host.socket.SocketSpace;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The contexts that the fast path polls, and what is done in guests' turns. Contexts that stay quiet are put to sleep, so that any number of idle ones
 * costs nothing; the doorbell brings them back. Stack thread only.
 */
final class ActiveContexts implements GuestTurns.Server {
    /** Polls without a command after which a context is put to sleep. */
    private static final int IDLE_POLLS = 512;

    private final CommandPoller poller;
    private final SlowPathAgent slowPath;
    private final DatagramPath datagrams;
    private final Ledger ledger;
    private ContextPort[] contexts = new ContextPort[16];
    private int size;

    ActiveContexts(CommandPoller poller, SlowPath slowPath) {
        this.poller = poller;
        this.slowPath = slowPath.agent();
        this.datagrams = slowPath.datagrams();
        this.ledger = slowPath.turns().ledger();
        slowPath.turns().server(this);
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
            context.lookedNs(ledger.passNs());
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
        turn(contexts[i]).forget(contexts[i]);
        contexts[i].deactivate();
        contexts[i] = contexts[--size];
        contexts[size] = null;
    }

    /** Looks for contexts with commands, and gives them to their guests' turns. @return events made up for */
    int look() {
        int work = 0;
        for (int i = 0; i < size; ) {
            final ContextPort context = contexts[i];
            final int posted = postBacklog(context);
            work += posted;
            if (context.isWaiting()) {
                context.resetIdlePolls();
            } else if (hasCommands(context)) {
                context.resetIdlePolls();
                turn(context).ready(context);
            } else {
                context.lookedNs(ledger.sinceNs());
                if (posted > 0) {
                    context.resetIdlePolls();
                } else if (context.countIdlePoll() > IDLE_POLLS && putToSleep(i)) {
                    continue;
                }
            }
            i++;
        }
        return work;
    }

    /** Looks for new commands only, within a pass. */
    void lookBetween() {
        for (int i = 0; i < size; i++) {
            final ContextPort context = contexts[i];
            if (context.isWaiting()) {
                continue;
            }
            if (hasCommands(context)) {
                context.resetIdlePolls();
                turn(context).ready(context);
            } else {
                context.lookedNs(ledger.sinceNs());
            }
        }
    }

    private static GuestTurn turn(ContextPort context) {
        return context.space().node().turn();
    }

    @Override
    public boolean hasCommands(ContextPort context) {
        return context.commands().hasNext() && context.space().fault() == null;
    }

    @Override
    public int serve(ContextPort context, int limit) {
        poller.poll(context, limit);
        context.lookedNs(ledger.sinceNs());
        return poller.cost() + slowPath.obey();
    }

    @Override
    public void resume(GuestSocket socket) {
        ledger.charge(socket.space().node().account());
        if (socket.role() == GuestSocket.Role.STREAM) {
            socket.transport().onDataToSend(socket);
        } else if (socket.role() == GuestSocket.Role.DATAGRAM) {
            datagrams.pump(socket);
        }
    }

    private int postBacklog(ContextPort context) {
        if (!context.hasBacklog()) {
            return 0;
        }
        ledger.charge(context.space().node().account());
        return context.space().postBacklog(context);
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
            if (!contexts[i].isWaiting()) { // whose guest is over its limits goes on by itself
                contexts[i].announceSleep();
            }
        }
        VarHandle.fullFence();
        for (int i = 0; i < size; i++) {
            if (!contexts[i].isWaiting() && contexts[i].commands().hasNext() || postBacklog(contexts[i]) > 0) {
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
            contexts[i].lookedNs(ledger.passNs());
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
