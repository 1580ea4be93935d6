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

    /** A ring is there from now on; an earlier one of this number is not. */
    void queueStarted(int index, Virtqueue queue);

    /** A ring must not be touched any more. */
    void queueStopped(int index);

    /** The driver begins anew, or the machine is gone: what was under way is given up. */
    void reset();
}
