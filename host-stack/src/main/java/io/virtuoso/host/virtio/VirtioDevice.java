package io.virtuoso.host.virtio;

import java.nio.ByteBuffer;

/** A device that a virtual machine sees, apart from how its rings are agreed on. One thread. */
public interface VirtioDevice {
    /** @return feature bits of this kind of device */
    long features();

    /** @return rings that it serves */
    int queueCount();

    /** @return its configuration space, to be read only */
    ByteBuffer config();

    /** @return rings as GET_QUEUE_NUM counts them: a network card's in pairs */
    default int announcedQueues() {
        return queueCount();
    }

    /** The driver has chosen among the features; rings that start afterwards follow it. */
    default void accepted(final long features) {
        // Most devices have nothing to choose.
    }

    /** A ring is there from now on; an earlier one of this number is not. */
    void queueStarted(int index, Virtqueue queue);

    /** A ring must not be touched any more. */
    void queueStopped(int index);

    /** The driver begins anew, or the machine is gone: what was under way is given up. */
    void reset();
}
