package io.virtuoso.host.socket;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.account.Turn;
import io.virtuoso.host.guest.Guest;
import java.util.ArrayDeque;
import java.util.Arrays;

/** What one guest has to do on a fast-path core: contexts with commands, sockets to go on with. Stack thread only. */
public final class GuestTurn extends Turn {
    /** To go on with a socket takes about as long as so many short commands. */
    private static final int SOCKET_COST = 8;

    private final GuestTurns turns;
    private final ArrayDeque<GuestSocket> sockets = new ArrayDeque<>(8);
    private ContextPort[] contexts = new ContextPort[2];
    private int size;
    private int next;
    private Source packets;

    GuestTurn(Account account, GuestLimits limits, GuestTurns turns) {
        super(account, limits);
        this.turns = turns;
    }

    /** The guest's settings have changed. */
    void change(Guest guest) {
        change(guest.weight(), guest.limits(), turns.ledger().passNs());
    }

    /** A context has commands. */
    public void ready(ContextPort context) {
        if (!context.ready()) {
            if (size == contexts.length) {
                contexts = Arrays.copyOf(contexts, 2 * size);
            }
            context.ready(true);
            contexts[size++] = context;
            turns.scheduler().add(this);
        }
    }

    /** A context is polled no more. */
    public void forget(ContextPort context) {
        for (int i = 0; context.ready() && i < size; i++) {
            if (contexts[i] == context) {
                remove(i);
            }
        }
    }

    private void remove(int index) {
        contexts[index].ready(false);
        contexts[index] = contexts[--size];
        contexts[size] = null;
    }

    /** A socket's guest wrote faster than one turn allowed: it goes on with it in the next. */
    public void again(GuestSocket socket) {
        if (!socket.pumpQueued()) {
            socket.pumpQueued(true);
            sockets.add(socket);
            turns.scheduler().add(this);
        }
    }

    @Override
    public boolean mayReceive() {
        return (packets == null || !packets.hasWork()) && turns.scheduler().mayReceive(this);
    }

    @Override
    public void waits(Source source) {
        packets = source;
        turns.scheduler().add(this);
    }

    @Override
    protected boolean hasWork() {
        return size > 0 || !sockets.isEmpty() || packets != null && packets.hasWork();
    }

    /** Commands come before sockets to go on with: a cork may be out by now. One of these there is in each turn. */
    @Override
    protected int serve(int limit) {
        final int due = sockets.size();
        int done = packets == null ? 0 : packets.serve(limit, turns.ledger().passNs());
        while (size > 0 && done < limit) {
            next = next < size ? next : 0;
            final ContextPort context = contexts[next];
            done += turns.server().serve(context, limit - done);
            if (next >= size || contexts[next] != context) {
                continue; // closed by what it did
            }
            if (turns.server().hasCommands(context)) {
                next++;
            } else {
                remove(next);
            }
        }
        return done + resume(due, Math.max(limit - done, SOCKET_COST));
    }

    private int resume(int due, int limit) {
        int done = 0;
        for (int left = Math.min(due, sockets.size()); left > 0 && done < limit; left--) {
            final GuestSocket socket = sockets.poll();
            socket.pumpQueued(false);
            turns.server().resume(socket);
            done += SOCKET_COST;
        }
        return done;
    }
}
