package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.socket.ContextPort;
import io.virtuoso.host.socket.SocketSpace;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** Contexts with news for their guests: events that found no room go out, sleeping guests are woken. Stack thread only. */
final class Doorbells {
    private final Ledger ledger;
    private ContextPort[] pending = new ContextPort[16];
    private int size;
    private long rings;

    /** @param ledger charges each wake-up to the guest that sleeps */
    Doorbells(Ledger ledger) {
        this.ledger = ledger;
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
        int rung = 0;
        for (int i = 0; i < size; i++) {
            final ContextPort context = pending[i];
            pending[i] = null;
            if (context.mustRing()) {
                ledger.charge(context.space().node().account());
                context.ring();
                rung++;
            }
        }
        size = 0;
        rings += rung;
        return rung;
    }
}
