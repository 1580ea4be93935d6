package io.virtuoso.host.control;

import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.MachineMemory;
import java.util.function.Consumer;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;

/** Messages from the stack thread and the VM thread to the control thread. */
public final class ControlMailbox {
    private final MpscUnboundedVarHandleArrayQueue<Consumer<ControlEvents>> queue =
            new MpscUnboundedVarHandleArrayQueue<>(256);
    private final Runnable wake;

    /** @param wake makes the control thread look; may be called by any thread */
    public ControlMailbox(final Runnable wake) {
        this.wake = wake;
    }

    void post(final Consumer<ControlEvents> event) {
        queue.offer(event);
        wake.run();
    }

    int drain(final ControlEvents events) {
        int count = 0;
        Consumer<ControlEvents> event;
        while ((event = queue.poll()) != null) {
            event.accept(events);
            count++;
        }
        return count;
    }

    /**
     * A program in a virtual machine attaches. VM thread.
     *
     * @param socket the control thread's end of a pair that its messages come by; owned by the callee
     * @param memory of the machine, for the region
     */
    public void machineAttaches(final Guest guest, final int socket, final MachineMemory memory) {
        post(events -> events.machineAttaches(guest, socket, memory));
    }

    /**
     * Something is to be done on the stack thread once it has been told of all processes that have ended by now, which only
     * the control thread hears of. Stack thread.
     *
     * @param asker on whose island it is to be done
     */
    public void afterEnds(final Attachment asker, final Runnable then) {
        post(events -> events.afterEnds(asker, then));
    }

    /**
     * The stack has ended an attachment: the guest is told the reason and its attach connection is closed. The stack
     * calls {@link #finished}, too, when it is. Stack thread.
     */
    public void ended(final Attachment attachment, final EndReason reason) {
        if (attachment.end(reason)) {
            post(events -> events.ended(attachment));
        }
    }

    /**
     * The stack touches the attachment's region and descriptors no more, and has removed them from its epoll: the guest
     * holds copies of them, so that closing ours would not. Exactly once for each attachment, after {@link
     * StackCommands#guestGone} or {@link #ended}. Stack thread.
     */
    public void finished(final Attachment attachment) {
        if (attachment.isFinished()) {
            throw new IllegalStateException(attachment + " was finished before");
        }
        attachment.markFinished();
        post(events -> events.finished(attachment));
    }
}
