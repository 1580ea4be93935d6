package io.virtuoso.host.virtio;

import io.virtuoso.host.ffm.Virtio;

/**
 * The device's side of a ring that a machine's driver fills with buffers. One thread.
 *
 * <p>Buffers are used in the order in which they were taken, all before the next is taken: between two calls from outside
 * nothing is in flight. So a device that begins anew where the used ring ends has lost nothing.
 */
public sealed interface Virtqueue permits SplitQueue, PackedQueue {
    /** Feature bits that all rings know. */
    long FEATURES = 1L << Virtio.VIRTIO_RING_F_INDIRECT_DESC
            | 1L << Virtio.VIRTIO_RING_F_EVENT_IDX
            | 1L << Virtio.VIRTIO_F_RING_PACKED;

    /**
     * A ring at a position.
     *
     * @param features as agreed with the driver
     * @param base     as vhost-user's SET_VRING_BASE has it; see {@link #base}
     * @throws VmFault if it does not lie in the machine's memory
     */
    static Virtqueue open(final RingLayout layout, final GuestMemory memory, final long features, final int base)
            throws VmFault {
        final RingLayout.Parts parts = layout.resolve(memory);
        return layout.packed()
                ? new PackedQueue(parts, layout.size(), memory, features, base)
                : new SplitQueue(parts, layout.size(), memory, features, base);
    }

    /**
     * Takes the next buffer.
     *
     * @return false if there is none
     * @throws VmFault if what the driver wrote makes no sense; the ring is of no use any more
     */
    boolean pop(DescriptorChain chain) throws VmFault;

    /**
     * Gives a buffer back.
     *
     * @param written bytes that the device wrote into it
     */
    default void push(final DescriptorChain chain, final int written) {
        put(chain, written);
        publish();
    }

    /** As {@link #push}, but the driver sees it with {@link #publish} only: several buffers hold one packet. */
    void put(DescriptorChain chain, int written);

    /** Shows the driver what was put. */
    void publish();

    /** The buffers that were taken and not put were not taken: they come again. */
    void rewind();

    /** @return true if the driver wants to hear of the buffers given back since this was asked last */
    boolean needsCall();

    /** The driver need not kick. */
    void suppressKicks();

    /** The driver is to kick when it offers a buffer. @return true if one is there already: it may not kick for it */
    boolean allowKicks();

    /**
     * The position, as GET_VRING_BASE has it: of a split ring the next available index; of a packed ring the next
     * available position in bits 0 to 14 and the driver's wrap counter in bit 15, used position and device's wrap
     * counter above.
     */
    int base();
}
