package io.virtuoso.host.vhost;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.virtio.GuestMemory;
import io.virtuoso.host.virtio.RingLayout;
import io.virtuoso.host.virtio.Virtqueue;
import io.virtuoso.host.virtio.VmFault;
import java.util.Optional;

/** What the front end said about one ring. */
final class Vring {
    private static final int NONE = -1;

    private int size;
    private long descriptors;
    private long driver;
    private long device;
    private boolean hasAddresses;
    private int base;
    private int kickFd = NONE;
    private int callFd = NONE;
    private boolean enabled;
    private Virtqueue queue;

    void size(final int descriptorCount) {
        size = descriptorCount;
    }

    void addresses(final long descriptorTable, final long driverPart, final long devicePart) {
        descriptors = descriptorTable;
        driver = driverPart;
        device = devicePart;
        hasAddresses = true;
    }

    /** @return the monitor's address of the descriptors */
    long descriptors() {
        return descriptors;
    }

    void base(final int position) {
        base = position;
    }

    /** @return the position now, or where it was when it stopped */
    int base() {
        return queue == null ? base : queue.base();
    }

    void enable(final boolean on) {
        enabled = on;
    }

    boolean isEnabled() {
        return enabled;
    }

    /** Takes a descriptor, or none. The one before it is closed. */
    void kick(final int fd) {
        Libc.close(kickFd);
        kickFd = fd;
    }

    int kick() {
        return kickFd;
    }

    /** Takes a descriptor, or none, and makes it one that never waits. The one before it is closed. */
    void call(final int fd) {
        Libc.close(callFd);
        callFd = fd;
        if (fd != NONE) {
            Libc.setNonBlocking(fd);
        }
    }

    int call() {
        return callFd;
    }

    Optional<Virtqueue> queue() {
        return Optional.ofNullable(queue);
    }

    /** @return true if everything is known that a ring needs */
    boolean isReady() {
        return enabled && size != 0 && hasAddresses && kickFd != NONE;
    }

    Virtqueue open(final boolean packed, final GuestMemory memory, final long features) throws VmFault {
        queue = Virtqueue.open(new RingLayout(packed, size, descriptors, driver, device), memory, features, base());
        return queue;
    }

    /** The queue is not to be used any more; its position is kept. */
    void close() {
        base = base();
        queue = null;
    }

    /** Forgets everything but whether it is enabled. */
    void reset() {
        queue = null;
        size = 0;
        hasAddresses = false;
        base = 0;
        kick(NONE);
        call(NONE);
    }
}
