package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.ffm.PipeRinger;
import io.virtuoso.host.socket.ContextPort;
import io.virtuoso.host.socket.SocketSpace;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** Contexts with news for their guests: events that found no room go out, sleeping guests are woken. Stack thread only. */
final class Doorbells {
    private final Ledger ledger;
    private final PipeRinger ringer;
    private ContextPort[] pending = new ContextPort[16];
    private Account[] payers = new Account[16];
    private int size;
    private long rings;

    /**
     * @param ledger charges each wake-up to the guest that sleeps
     * @param ringer how several are woken
     */
    Doorbells(Ledger ledger, PipeRinger ringer) {
        this.ledger = ledger;
        this.ringer = ringer;
    }

    /** @return doorbells rung since the start */
    long rings() {
        return rings;
    }

    /** Notes a context that has new events. */
    void later(ContextPort context) {
        if (context.markRingPending()) {
            if (size == pending.length) {
                pending = Arrays.copyOf(pending, 2 * size);
                payers = new Account[2 * size];
            }
            pending[size++] = context;
        }
    }

    /** A context closes: its doorbell is not to be touched any more. */
    void forget(ContextPort context) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (pending[i] != context) {
                pending[kept++] = pending[i];
            }
        }
        Arrays.fill(pending, kept, size, null);
        size = kept;
    }

    /** An attachment ends: none of its doorbells is to be touched any more. */
    void forgetAll(SocketSpace space) {
        for (int i = size - 1; i >= 0; i--) {
            if (pending[i].space() == space) {
                forget(pending[i]);
            }
        }
    }

    /** Wakes whom the events of this pass find asleep. @return how many */
    int ring() {
        if (size == 0) {
            return 0;
        }
        VarHandle.fullFence();
        int asleep = 0;
        for (int i = 0; i < size; i++) {
            final ContextPort context = pending[i];
            pending[i] = null;
            if (context.mustRing()) {
                pending[asleep++] = context;
            }
        }
        size = 0;
        if (asleep == 1) {
            ledger.charge(accountOf(pending[0]));
            pending[0].ring();
            pending[0] = null;
        } else if (asleep > 1) {
            ringTogether(asleep);
        }
        rings += asleep;
        return asleep;
    }

    /** Who is woken on the stack thread's own processor mostly interrupts it: once now, not each at its turn. */
    private void ringTogether(int asleep) {
        ledger.look();
        for (int i = 0; i < asleep; i++) {
            payers[i] = accountOf(pending[i]);
            pending[i].ring(ringer);
            pending[i] = null;
        }
        ringer.flush();
        ledger.share(payers, asleep);
    }

    private static Account accountOf(ContextPort context) {
        return context.space().node().account();
    }
}
