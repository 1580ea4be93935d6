package io.virtuoso.host.control;

import io.virtuoso.host.capture.CaptureRing;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.policy.PolicyGate;
import java.util.List;
import java.util.Map;

/**
 * What the control thread asks of the stack. Executed on the stack thread by {@link StackMailbox#drain}.
 *
 * <p>Each attachment gets {@link #attached} first and {@link #guestGone} last, unless the stack itself ends it by
 * {@link ControlMailbox#ended}; then what was under way may still arrive. Once the stack has called
 * {@link ControlMailbox#finished}, nothing arrives for the attachment any more.
 */
public interface StackCommands {
    /** These guests are there from now on, with or without processes: their addresses are answered. */
    void know(List<Guest> guests);

    /** A guest has attached. It is welcomed as soon as this returns. */
    void attached(Attachment attachment);

    /**
     * A context has been opened; its queues are empty, positions begin at 0. The guest learns it as soon as this
     * returns.
     *
     * @param index      below the layout's context count, and not open
     * @param doorbellFd a non-blocking pipe, to be written when the guest sleeps; stays open until {@link
     *     #contextClosed} returns or the attachment is finished
     */
    void contextOpened(Attachment attachment, int index, int doorbellFd);

    /** A context has been closed by its guest; afterwards its doorbell is rung no more. */
    void contextClosed(Attachment attachment, int index);

    /**
     * The guest has ended, or misbehaved on its attach connection (see {@link Attachment#endReason}). The stack may
     * linger to deliver what was written, and calls {@link ControlMailbox#finished} at last, from within or later.
     */
    void guestGone(Attachment attachment);

    /**
     * A placeholder in other processes stands for a socket from now on: closing the socket here no longer ends it.
     *
     * @param slot       as the guest says, unchecked
     * @param generation as the guest says, unchecked
     * @param shareId    nonzero, unique in this run
     * @return 0, or an errno; then the placeholder is dropped and no {@link #shareReleased} follows
     */
    int shareSocket(Attachment attachment, int slot, int generation, long shareId);

    /** The last copy of a placeholder is gone: unless an attachment still uses the socket, it closes. */
    void shareReleased(long shareId);

    /** An attachment, of the same guest, wants to use the socket behind a placeholder, too. */
    Adoption adopt(Attachment attachment, long shareId);

    /**
     * Gives the island to another core, soon.
     *
     * @return false if there is no such core
     */
    boolean move(int core);

    /** Guests will be gone by the next {@link #update}: their connections end now, with their processes. */
    void removing(List<String> guests);

    /** Puts another configuration in force. @return how many connections are reset: of guests that are gone, and forbidden ones */
    int update(StackUpdate update);

    /** @return the policy of each network, by name, for {@code policy} */
    Map<String, PolicyGate.Report> policies();

    /** Notes packets in a ring from now on; with null no more. */
    void capture(CaptureRing ring);

    /** @return all sockets, for {@code ss} */
    List<SocketFacts> sockets();

    /** @return what everybody has used of the fast path's core, for {@code top} */
    Bills bills();

    /** Reports all counters of the stack, for {@code stats}. */
    void counters(CounterSink sink);

    /** Takes counters. */
    @FunctionalInterface
    interface CounterSink {
        /**
         * @param name  lower case, words joined by {@code _}, parts by {@code .}, such as {@code drop.bad_checksum}
         * @param value grows only
         */
        void counter(String name, long value);
    }
}
