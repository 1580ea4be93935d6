package io.virtuoso.host.guest;

import io.virtuoso.host.ffm.Libc;
import java.util.BitSet;
import java.util.OptionalLong;

/**
 * The memory of one virtual machine from which the regions of its attachments are cut, all of one size. Any thread: the VM
 * thread makes it, the control thread takes and gives back.
 *
 * <p>It is the machine's own memory, so that whatever is written into it, or how often it is used, costs the machine only.
 */
public final class MachineMemory implements AutoCloseable {
    private final long address;
    private final long bytes;
    private final int fd;
    private final BitSet taken = new BitSet();
    private long size;
    private boolean closed;

    /**
     * @param address where the machine sees it
     * @param bytes   its length
     * @param fd      a file sealed against shrinking; owned by this object, which closes it when nothing is taken any more
     */
    public MachineMemory(final long address, final long bytes, final int fd) {
        this.address = address;
        this.bytes = bytes;
        this.fd = fd;
    }

    /** @return where the machine sees it */
    public long address() {
        return address;
    }

    /** @return its length */
    public long bytes() {
        return bytes;
    }

    int fd() {
        return fd;
    }

    /**
     * Takes a part of it.
     *
     * @param partBytes the same at each call
     * @return where it begins; empty if all are taken, or the machine is gone
     */
    synchronized OptionalLong take(final long partBytes) {
        final int index = taken.nextClearBit(0);
        if (closed || index >= bytes / partBytes) {
            return OptionalLong.empty();
        }
        size = partBytes;
        taken.set(index);
        return OptionalLong.of(index * partBytes);
    }

    synchronized void give(final long place) {
        taken.clear((int) (place / size));
        closeIfUnused();
    }

    /** The machine is gone: no part is given out any more. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            closeIfUnused();
        }
    }

    private void closeIfUnused() {
        if (closed && taken.isEmpty()) {
            Libc.close(fd);
        }
    }
}
