package io.virtuoso.host.socket;

import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * Takes a socket away from a process that may just be using it, so that both sides agree on what that has read and
 * written: {@link #begin}, then the last look at its cursors, then {@link #end} or {@link #cancel}. In between its guest
 * waits after each cursor that it stores; so there must not be much. See "Moving" in docs/abi.md. Stack thread only.
 */
public final class SocketMove {
    private SocketMove() {}

    /** What the guest stores from now on it finds out to be either seen or undone. */
    public static void begin(GuestSocket from) {
        from.showState(from.stateBits() | State.MOVING);
        VarHandle.fullFence();
    }

    /** The socket stays, and everything that its guest has done. */
    public static void cancel(GuestSocket from) {
        from.showState(from.stateBits() & ~State.MOVING);
    }

    /**
     * The socket is another's, with what {@link ReceiveRing#refresh} and {@link TransmitRing#refresh} saw last.
     *
     * @param errno what a guest sees that knows no moves; 0: it sees none
     * @param bits  of {@link State}, likewise
     */
    public static void end(GuestSocket from, int errno, int bits) {
        final ByteBuffer region = from.space().region();
        final int slot = from.space().slotOffset(from.index());
        SocketSlot.rxMoved(region, slot, (int) from.receive().head());
        from.transmit().publishSeen();
        if (errno != 0 && !from.is(State.FAILED)) {
            SocketSlot.error(region, slot, errno);
        }
        from.showState(from.stateBits() & ~State.MOVING | State.MOVED | bits);
    }

    /**
     * Lets a fresh socket send what another's guest has written and what is not sent yet.
     *
     * @return false if that is not possible
     */
    public static boolean takeUnsent(GuestSocket from, GuestSocket heir) {
        return from.transmit().pending() == 0
                || heir.space().takesUnsent() && heir.transmit().takeOver(from.transmit());
    }
}
