package io.virtuoso.host.ffm;

import java.nio.ByteBuffer;

/** The rings of an AF_XDP socket, and how the kernel is made to look at them. */
public interface XdpRings {
    /**
     * A ring of descriptors in memory shared with the kernel, in the machine's byte order.
     *
     * @param producer position of the producer's counter, 4 bytes
     * @param consumer position of the consumer's counter, 4 bytes
     * @param flags position of the flags, 4 bytes
     * @param descriptors position of the first descriptor
     * @param entries a power of two
     */
    record Ring(ByteBuffer memory, int producer, int consumer, int flags, int descriptors, int entries) {}

    /** What was received: descriptors of 16 bytes as {@link Linux.XdpDesc}; the kernel produces. */
    Ring receive();

    /** What is to be sent: descriptors of 16 bytes; the kernel consumes. */
    Ring transmit();

    /** Where to receive to: addresses of 8 bytes; the kernel consumes. */
    Ring fill();

    /** What has been sent: addresses of 8 bytes; the kernel produces. */
    Ring completion();

    /** Makes the kernel look at the transmit ring. 0 or minus errno; -EAGAIN: there may be more to do. */
    int kick();

    /** Makes a zero-copy driver look at the fill ring. 0 or minus errno. */
    int wakeReceiver();
}
