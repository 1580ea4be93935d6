package io.virtuoso.host.guest;

import io.virtuoso.protocol.RegionHeader;
import io.virtuoso.protocol.RegionLayout;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One process of a guest, connected to the host stack: what both the control thread and the stack thread know of it.
 *
 * <p>The control thread makes it, hands it to the stack thread and, once that has said that it is finished, unmaps the
 * region and closes the descriptors. Until then both threads may use {@link #region}.
 */
public final class Attachment {
    private final int id;
    private final Guest guest;
    private final int pid;
    private final int uid;
    private final String program;
    private final int abiMinor;
    private final Region region;
    private final int hostDoorbellFd;
    private final AtomicReference<EndReason> endReason = new AtomicReference<>();
    /** Stack thread only. */
    private boolean finished;

    /**
     * @param id             unique in this run of the host stack
     * @param pid            from SO_PEERCRED, as this machine counts
     * @param uid            from SO_PEERCRED
     * @param program        what the guest calls itself, for people
     * @param abiMinor       of the ABI that it knows
     * @param region         its memory
     * @param hostDoorbellFd an eventfd that the guest writes; watched edge-triggered and never read
     */
    public Attachment(
            final int id,
            final Guest guest,
            final int pid,
            final int uid,
            final String program,
            final int abiMinor,
            final Region region,
            final int hostDoorbellFd) {
        this.id = id;
        this.guest = guest;
        this.pid = pid;
        this.uid = uid;
        this.program = program;
        this.abiMinor = abiMinor;
        this.region = region;
        this.hostDoorbellFd = hostDoorbellFd;
    }

    public int id() {
        return id;
    }

    public Guest guest() {
        return guest;
    }

    /** @return the process, as this machine counts */
    public int pid() {
        return pid;
    }

    public int uid() {
        return uid;
    }

    /** @return what the guest calls itself; printable */
    public String program() {
        return program;
    }

    /** @return minor version of the ABI that the process knows */
    public int abiMinor() {
        return abiMinor;
    }

    /** @return the shared memory: every word that the guest may write is to be read once and checked */
    public ByteBuffer region() {
        return region.memory();
    }

    /** @return the region's memfd, for giving pages back */
    public int memoryFd() {
        return region.memoryFd();
    }

    /** @return largest transmit ring, a power of two */
    public int maxSendBytes() {
        return region.maxSendBytes();
    }

    /** @return largest receive ring, a power of two */
    public int maxReceiveBytes() {
        return region.maxReceiveBytes();
    }

    /** @return where things are, from the host's own memory */
    public RegionLayout layout() {
        return region.layout();
    }

    /** @return the eventfd that the guest writes; for an edge-triggered epoll */
    public int hostDoorbellFd() {
        return hostDoorbellFd;
    }

    /**
     * Ends the attachment and shows the reason to the guest, which is yet to be woken. The first reason stays. Not to
     * be called after the stack thread is finished with the attachment.
     *
     * @return true if this call ended it
     */
    public boolean end(final EndReason reason) {
        final boolean first = endReason.compareAndSet(null, reason);
        if (first) {
            RegionHeader.end(region.memory(), reason.code());
        }
        return first;
    }

    /** @return why it ended; empty while it lives */
    public Optional<EndReason> endReason() {
        return Optional.ofNullable(endReason.get());
    }

    /** @return true once the stack thread has given everything up; stack thread only */
    public boolean isFinished() {
        return finished;
    }

    /** Notes that the stack thread has given everything up; stack thread only. */
    public void markFinished() {
        finished = true;
    }

    @Override
    public String toString() {
        return guest.name() + "/" + program + "[" + pid + "]";
    }
}
