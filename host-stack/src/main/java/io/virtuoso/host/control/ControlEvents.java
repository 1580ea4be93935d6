package io.virtuoso.host.control;

import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.MachineMemory;

/** What the stack thread and the VM thread report. Executed on the control thread by {@link ControlMailbox#drain}. */
interface ControlEvents {
    void attached(Attachment attachment);

    void contextOpened(Attachment attachment, int index);

    void contextClosed(Attachment attachment, int index);

    void shared(Attachment attachment, long shareId, int errno);

    void adopted(Attachment attachment, Adoption adoption);

    /** The stack has ended the attachment; {@link Attachment#endReason} says why. */
    void ended(Attachment attachment);

    /** The stack is finished with the attachment, but commands about it may be on their way. */
    void finished(Attachment attachment);

    /** No command about the attachment is on its way any more: its memory and descriptors may go. */
    void released(Attachment attachment);

    /**
     * A program in a virtual machine attaches.
     *
     * @param socket its connection, as if it had reached the guest's socket
     * @param memory for its region
     */
    void machineAttaches(Guest guest, int socket, MachineMemory memory);

    /** Something is to be done on the island of an attachment once all ends are known that there have been by now. */
    void afterEnds(Attachment asker, Runnable then);

    /** The configuration is to be read again. */
    void reload();

    /** The control thread is to end. */
    void stop();
}
