package io.virtuoso.host.control;

import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Messages to all islands of the stack: each goes to the one that serves the guest's network, whichever core that is
 * on. Control thread only, but for {@link #call}.
 */
public final class StackMailboxes {
    private final List<StackMailbox> all;
    private final Map<String, StackMailbox> byNetwork;

    /**
     * @param all       one for each island
     * @param byNetwork of them, the one that serves a network, by its name, or an underlay, by {@link #underlay}; others
     *     are the first one's
     */
    public StackMailboxes(final List<StackMailbox> all, final Map<String, StackMailbox> byNetwork) {
        this.all = List.copyOf(all);
        this.byNetwork = Map.copyOf(byNetwork);
    }

    /** @return what an underlay is called where it is an island of its own: no network has such a name */
    public static String underlay(final String name) {
        return "underlay:" + name;
    }

    private StackMailbox of(final Attachment attachment) {
        return of(attachment.guest().network().name());
    }

    private StackMailbox of(final String network) {
        return byNetwork.getOrDefault(network, all.getFirst());
    }

    /** Makes guests known to the islands that serve their networks. */
    void know(final List<Guest> guests) {
        for (final StackMailbox mailbox : all) {
            final List<Guest> its = guests.stream()
                    .filter(guest -> of(guest.network().name()) == mailbox)
                    .toList();
            if (!its.isEmpty()) {
                mailbox.know(its);
            }
        }
    }

    void attached(final Attachment attachment) {
        of(attachment).attached(attachment);
    }

    void contextOpened(final Attachment attachment, final int index, final int doorbellFd) {
        of(attachment).contextOpened(attachment, index, doorbellFd);
    }

    void contextClosed(final Attachment attachment, final int index) {
        of(attachment).contextClosed(attachment, index);
    }

    void guestGone(final Attachment attachment) {
        of(attachment).guestGone(attachment);
    }

    void shareSocket(final Attachment attachment, final int slot, final int generation, final long shareId) {
        of(attachment).shareSocket(attachment, slot, generation, shareId);
    }

    /** All are told: ids are unique, and the others know nothing of it. */
    void shareReleased(final long shareId) {
        all.forEach(mailbox -> mailbox.shareReleased(shareId));
    }

    void adopt(final Attachment attachment, final long shareId) {
        of(attachment).adopt(attachment, shareId);
    }

    /** Comes back as {@link ControlEvents#released} behind everything posted before. */
    void barrier(final Attachment attachment) {
        of(attachment).barrier(attachment);
    }

    /** Has something done on the island of an attachment, behind everything posted before. */
    void run(final Attachment attachment, final Runnable action) {
        of(attachment).run(action);
    }

    /** Says which guests will be gone by the next {@link #update}, before their processes are ended. */
    void removing(final List<String> guests) {
        all.forEach(mailbox -> mailbox.removing(guests));
    }

    /** Puts another configuration in force everywhere; as {@link #query}. */
    void update(
            final StackUpdate update, final Consumer<List<Integer>> answer, final Consumer<RuntimeException> failed) {
        final Answers<Integer> answers = new Answers<>(answer, failed);
        for (int i = 0; i < all.size(); i++) {
            final int island = i;
            final StackMailbox mailbox = all.get(i);
            mailbox.query(
                    commands -> commands.update(update.of(network -> of(network) == mailbox)),
                    one -> answers.take(island, one),
                    answers::fail);
        }
    }

    /** Gives the island of a network to another core; as {@link #query}. */
    void move(
            final String network,
            final int core,
            final Consumer<Boolean> answer,
            final Consumer<RuntimeException> failed) {
        of(network).query(commands -> commands.move(core), answer, failed);
    }

    /** Has something done on the core that serves a network, as {@link StackMailbox#call}. */
    public void call(final String network, final Runnable action) {
        of(network).call(action);
    }

    /**
     * Asks all islands something.
     *
     * @param question on each island's core: collects facts, formats nothing
     * @param answer   on the control thread: what the question returned, in the order of the islands
     * @param failed   on the control thread: the question threw somewhere
     */
    <T> void query(
            final Function<StackCommands, T> question,
            final Consumer<List<T>> answer,
            final Consumer<RuntimeException> failed) {
        final Answers<T> answers = new Answers<>(answer, failed);
        for (int i = 0; i < all.size(); i++) {
            final int island = i;
            all.get(i).query(question, one -> answers.take(island, one), answers::fail);
        }
    }

    /** Waits for the answers of all. */
    private final class Answers<T> {
        private final Consumer<List<T>> done;
        private final Consumer<RuntimeException> failed;
        private final List<T> found = new ArrayList<>(Collections.nCopies(all.size(), null));
        private int missing = all.size();
        private boolean hasFailed;

        Answers(final Consumer<List<T>> done, final Consumer<RuntimeException> failed) {
            this.done = done;
            this.failed = failed;
        }

        void take(final int island, final T answer) {
            found.set(island, answer);
            if (--missing == 0) {
                done.accept(found);
            }
        }

        void fail(final RuntimeException e) {
            if (!hasFailed) {
                hasFailed = true;
                failed.accept(e);
            }
        }
    }
}
