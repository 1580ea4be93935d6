package io.virtuoso.host.control;

import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.protocol.ContextBlock;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;

/**
 * Messages from the control thread to an island, whichever core it is on.
 *
 * <p>The island's epoll watches {@link #wakeFd}, edge-triggered and never read; it calls {@link #drain} after
 * waking, between passes, and once more after it has said that it goes to sleep.
 */
public final class StackMailbox {
    private static final int CALL_SECONDS = 10;

    private final MpscUnboundedVarHandleArrayQueue<Consumer<StackCommands>> queue =
            new MpscUnboundedVarHandleArrayQueue<>(256);
    private final int wakeFd;
    private final Runnable wake;
    private final ControlMailbox control;

    /**
     * @param wakeFd  an eventfd
     * @param wake    writes it; may be called by any thread
     * @param control where completions go
     */
    public StackMailbox(final int wakeFd, final Runnable wake, final ControlMailbox control) {
        this.wakeFd = wakeFd;
        this.wake = wake;
        this.control = control;
    }

    /** @return the eventfd that becomes readable, edge-triggered, when there are messages */
    public int wakeFd() {
        return wakeFd;
    }

    /** Wakes the island if it sleeps. Any thread. */
    public void ring() {
        wake.run();
    }

    /** @return true if there is nothing to {@link #drain} */
    public boolean isEmpty() {
        return queue.isEmpty();
    }

    /**
     * Executes what has been asked. Stack thread.
     *
     * @param limit at most so many messages: a guest can have the control thread ask without end
     * @return how many messages
     */
    public int drain(final StackCommands commands, final int limit) {
        int count = 0;
        Consumer<StackCommands> message;
        while (count < limit && (message = queue.poll()) != null) {
            message.accept(commands);
            count++;
        }
        return count;
    }

    /**
     * Has something done on the stack thread and waits until it is done. Any thread but that one.
     *
     * @throws IllegalStateException if the stack thread does not answer; what it may use must stay as it is then
     */
    public void call(final Runnable action) {
        final CountDownLatch done = new CountDownLatch(1);
        post(commands -> {
            try {
                action.run();
            } finally {
                done.countDown();
            }
        });
        try {
            if (!done.await(CALL_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the stack thread does not answer");
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the stack thread was to answer", e);
        }
    }

    private void post(final Consumer<StackCommands> message) {
        queue.offer(message);
        wake.run();
    }

    /** Messages about an attachment that the stack is finished with are dropped: its region is about to go. */
    private void post(final Attachment attachment, final Consumer<StackCommands> message) {
        post(commands -> {
            if (!attachment.isFinished()) {
                message.accept(commands);
            }
        });
    }

    void know(final List<Guest> guests) {
        post(commands -> commands.know(guests));
    }

    void attached(final Attachment attachment) {
        post(attachment, commands -> {
            commands.attached(attachment);
            control.post(events -> events.attached(attachment));
        });
    }

    void contextOpened(final Attachment attachment, final int index, final int doorbellFd) {
        post(attachment, commands -> {
            ContextBlock.reset(attachment.region(), attachment.layout(), index);
            commands.contextOpened(attachment, index, doorbellFd);
            control.post(events -> events.contextOpened(attachment, index));
        });
    }

    void contextClosed(final Attachment attachment, final int index) {
        post(attachment, commands -> {
            commands.contextClosed(attachment, index);
            control.post(events -> events.contextClosed(attachment, index));
        });
    }

    void removing(final List<String> guests) {
        post(commands -> commands.removing(guests));
    }

    void guestGone(final Attachment attachment) {
        post(attachment, commands -> commands.guestGone(attachment));
    }

    void shareSocket(final Attachment attachment, final int slot, final int generation, final long shareId) {
        post(attachment, commands -> {
            final int errno = commands.shareSocket(attachment, slot, generation, shareId);
            control.post(events -> events.shared(attachment, shareId, errno));
        });
    }

    void shareReleased(final long shareId) {
        post(commands -> commands.shareReleased(shareId));
    }

    void adopt(final Attachment attachment, final long shareId) {
        post(attachment, commands -> {
            final Adoption adoption = commands.adopt(attachment, shareId);
            control.post(events -> events.adopted(attachment, adoption));
        });
    }

    /** Comes back as {@link ControlEvents#released} behind everything posted before. */
    void barrier(final Attachment attachment) {
        post(commands -> control.post(events -> events.released(attachment)));
    }

    /** Has something done on the stack thread, behind everything posted before. */
    void run(final Runnable action) {
        post(commands -> action.run());
    }

    /**
     * Asks the stack something.
     *
     * @param question on the stack thread: collects facts, formats nothing
     * @param answer   on the control thread: what the question returned
     * @param failed   on the control thread: the question threw
     */
    <T> void query(
            final Function<StackCommands, T> question,
            final Consumer<T> answer,
            final Consumer<RuntimeException> failed) {
        post(commands -> {
            try {
                final T found = question.apply(commands);
                control.post(events -> answer.accept(found));
            } catch (final RuntimeException e) {
                control.post(events -> failed.accept(e));
            }
        });
    }
}
