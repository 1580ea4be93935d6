package io.virtuoso.host.port;

import io.virtuoso.host.ffm.Linux.XdpDesc;
import io.virtuoso.host.ffm.XdpRings;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One end of a ring of an AF_XDP socket: single producer, single consumer, counters that run on and wrap at 2^32. As
 * producer: {@link #free}, put, {@link #publish}. As consumer: {@link #available}, read, {@link #release}.
 */
final class DescriptorRing {
    private static final VarHandle COUNTER =
            MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final ByteBuffer memory;
    private final int producerAt;
    private final int consumerAt;
    private final int flagsAt;
    private final int descriptorsAt;
    private final int mask;
    /** How far this end has come; the other end sees it by publish or release. */
    private int position;

    DescriptorRing(final XdpRings.Ring ring) {
        this.memory = ring.memory();
        this.producerAt = ring.producer();
        this.consumerAt = ring.consumer();
        this.flagsAt = ring.flags();
        this.descriptorsAt = ring.descriptors();
        this.mask = ring.entries() - 1;
    }

    /** Producer: @return entries that can be put. */
    int free() {
        return mask + 1 - (position - (int) COUNTER.getAcquire(memory, consumerAt));
    }

    /** Producer: @return entries that the consumer has not taken yet, published or not. */
    int waiting() {
        return mask + 1 - free();
    }

    /** Producer of a ring of addresses. */
    void putAddress(final long address) {
        memory.putLong(descriptorsAt + (position++ & mask) * Long.BYTES, address);
    }

    /** Producer of a ring of descriptors. */
    void putDescriptor(final long address, final int length) {
        final int at = descriptorsAt + (position++ & mask) * XdpDesc.BYTES;
        memory.putLong(at + XdpDesc.ADDR, address);
        memory.putInt(at + XdpDesc.LEN, length);
        memory.putInt(at + XdpDesc.OPTIONS, 0);
    }

    /** Producer: shows what was put. */
    void publish() {
        COUNTER.setRelease(memory, producerAt, position);
    }

    /** Producer: @return what the consumer says about itself, such as XDP_RING_NEED_WAKEUP. */
    int flags() {
        return (int) COUNTER.getAcquire(memory, flagsAt);
    }

    /** Consumer: @return entries that can be read. */
    int available() {
        return (int) COUNTER.getAcquire(memory, producerAt) - position;
    }

    /** Consumer of a ring of addresses: takes the next one. */
    long takeAddress() {
        return memory.getLong(descriptorsAt + (position++ & mask) * Long.BYTES);
    }

    /** Consumer of a ring of descriptors: @return address of the next one's frame. */
    long address() {
        return memory.getLong(descriptorsAt + (position & mask) * XdpDesc.BYTES + XdpDesc.ADDR);
    }

    /** Consumer of a ring of descriptors: @return bytes of the next one's frame. */
    int length() {
        return memory.getInt(descriptorsAt + (position & mask) * XdpDesc.BYTES + XdpDesc.LEN);
    }

    /** Consumer of a ring of descriptors: has done with the next one. */
    void skip() {
        position++;
    }

    /** Consumer: gives back what was taken. */
    void release() {
        COUNTER.setRelease(memory, consumerAt, position);
    }
}
