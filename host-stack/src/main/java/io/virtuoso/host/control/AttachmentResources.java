package io.virtuoso.host.control;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.guest.RegionFactory;
import java.util.ArrayDeque;
import java.util.Arrays;

/** Memory and descriptors of one attachment; given back when neither guest nor stack use them. Control thread only. */
final class AttachmentResources {
    private static final int NONE = -1;
    /** A doorbell never holds more than a few bytes; the default of 64 KiB would be charged to the user. */
    private static final int PIPE_BYTES = 4096;

    private final RegionFactory.Mapped memory;
    private final int hostDoorbell;
    private final int[] doorbells;
    private final ArrayDeque<Integer> guestEnds = new ArrayDeque<>(0);
    private final ArrayDeque<Integer> closing = new ArrayDeque<>(0);

    AttachmentResources(final RegionFactory.Mapped memory, final int hostDoorbell) {
        this.memory = memory;
        this.hostDoorbell = hostDoorbell;
        this.doorbells = new int[memory.region().layout().contextCount()];
        Arrays.fill(doorbells, NONE);
    }

    RegionFactory.Mapped memory() {
        return memory;
    }

    int hostDoorbell() {
        return hostDoorbell;
    }

    /** @return true if the number is one of a context, in use or not */
    boolean isContext(final long index) {
        return index >= 0 && index < doorbells.length;
    }

    boolean isOpen(final int index) {
        return doorbells[index] != NONE;
    }

    int doorbell(final int index) {
        return doorbells[index];
    }

    int openContexts() {
        int count = 0;
        for (final int fd : doorbells) {
            count += fd == NONE ? 0 : 1;
        }
        return count;
    }

    /** Makes a context's doorbell. @return 0 or an errno */
    int openContext(final int index) {
        final long pipe = Libc.pipe();
        if (pipe < 0) {
            return (int) -pipe;
        }
        Libc.setPipeBytes(Libc.second(pipe), PIPE_BYTES);
        doorbells[index] = Libc.second(pipe);
        guestEnds.add(Libc.first(pipe));
        return 0;
    }

    /** @return the guest's end of the doorbell made first of those not taken yet; the caller's from now on */
    int takeGuestEnd() {
        return guestEnds.remove();
    }

    /** Begins to close a context: the stack may still ring its doorbell. */
    void beginClose(final int index) {
        closing.add(doorbells[index]);
        doorbells[index] = NONE;
    }

    /** The stack rings the doorbell of the longest closing context no more. */
    void endClose() {
        Libc.close(closing.remove());
    }

    /** Wakes all threads of the guest, so that they see that the attachment has ended. */
    void ringAll() {
        for (final int doorbell : doorbells) {
            if (doorbell != NONE) {
                Libc.ringPipe(doorbell);
            }
        }
    }

    /** Gives everything back. */
    void free() {
        for (final int doorbell : doorbells) {
            Libc.close(doorbell);
        }
        closing.forEach(Libc::close);
        guestEnds.forEach(Libc::close);
        Libc.close(hostDoorbell);
        memory.close();
    }
}
