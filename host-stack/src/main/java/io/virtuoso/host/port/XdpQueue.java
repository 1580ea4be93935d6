package io.virtuoso.host.port;

import io.virtuoso.host.ffm.Linux;
import io.virtuoso.host.ffm.XdpRings;
import io.virtuoso.host.ffm.XdpSocket;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.protocol.Errno;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * One queue of an interface, by an AF_XDP socket with memory of its own: chunks of 2 KiB, the first ones for receiving
 * (frames of up to 1,792 bytes: the kernel leaves 256 in front), the others for sending. A chunk for receiving is in the kernel's hands but for the moment of copying.
 */
final class XdpQueue {
    static final int CHUNK_BYTES = 2048;
    static final int RECEIVE_CHUNKS = 4096;
    static final int TRANSMIT_CHUNKS = 2048;
    static final int MEMORY_BYTES = (RECEIVE_CHUNKS + TRANSMIT_CHUNKS) * CHUNK_BYTES;
    private static final int PAGE_BYTES = 4096;
    /** In copy mode the kernel sends a few dozen frames for each kick. */
    private static final int MAX_KICKS = TRANSMIT_CHUNKS / 16;

    private final ByteBuffer memory;
    private final XdpRings socket;
    private final DescriptorRing receive;
    private final DescriptorRing fill;
    private final DescriptorRing transmit;
    private final DescriptorRing completion;
    private final int[] freeChunks = new int[TRANSMIT_CHUNKS];
    private int free;
    private boolean unsent;

    /**
     * @param memory {@link #MEMORY_BYTES} for frames
     * @param socket with rings of {@link #RECEIVE_CHUNKS} and {@link #TRANSMIT_CHUNKS} entries
     */
    XdpQueue(final ByteBuffer memory, final XdpRings socket) {
        this.memory = memory;
        this.socket = socket;
        this.receive = new DescriptorRing(socket.receive());
        this.fill = new DescriptorRing(socket.fill());
        this.transmit = new DescriptorRing(socket.transmit());
        this.completion = new DescriptorRing(socket.completion());
        for (int i = 0; i < RECEIVE_CHUNKS; i++) {
            fill.putAddress((long) i * CHUNK_BYTES);
        }
        fill.publish();
        for (int i = 0; i < TRANSMIT_CHUNKS; i++) {
            freeChunks[free++] = (RECEIVE_CHUNKS + i) * CHUNK_BYTES;
        }
    }

    /** @return memory for a queue, as the kernel wants it */
    static ByteBuffer memory() {
        return ByteBuffer.allocateDirect(MEMORY_BYTES + PAGE_BYTES)
                .alignedSlice(PAGE_BYTES)
                .limit(MEMORY_BYTES)
                .slice();
    }

    /** @return how a socket is to be made for such memory */
    static XdpSocket.Geometry geometry(final ByteBuffer memory) {
        return new XdpSocket.Geometry(MemorySegment.ofBuffer(memory), CHUNK_BYTES, RECEIVE_CHUNKS, TRANSMIT_CHUNKS);
    }

    /** @return {@link Port#RECEIVED}, {@link Port#NONE}, or -EIO for a descriptor that makes no sense */
    int receive(final Frame frame) {
        if (receive.available() <= 0) {
            return Port.NONE;
        }
        final long address = receive.address();
        final int length = receive.length();
        receive.skip();
        final int result = copy(frame, address, length);
        receive.release();
        return result;
    }

    private int copy(final Frame frame, final long address, final int length) {
        final long chunk = address & -CHUNK_BYTES;
        if (chunk < 0 || chunk >= (long) RECEIVE_CHUNKS * CHUNK_BYTES) {
            return -Errno.EIO;
        }
        final int at = (int) address;
        final boolean valid = length >= EthernetHeader.BYTES && length <= chunk + CHUNK_BYTES - address;
        if (valid) {
            VirtioNetHeader.writeNone(frame.buffer(), frame.virtioAt());
            frame.buffer().put(frame.ethernetAt(), memory, at, length);
            frame.length(length);
        }
        fill.putAddress(chunk);
        fill.publish();
        return valid ? Port.RECEIVED : -Errno.EIO;
    }

    /** @return false if there is no room, or the frame is too long */
    boolean transmit(final Frame frame) {
        if (frame.length() > CHUNK_BYTES || !hasFreeChunk()) {
            return false;
        }
        final int chunk = freeChunks[--free];
        memory.put(chunk, frame.buffer(), frame.ethernetAt(), frame.length());
        transmit.putDescriptor(chunk, frame.length());
        unsent = true;
        return true;
    }

    private boolean hasFreeChunk() {
        if (free == 0) {
            reclaim();
        }
        if (free == 0) {
            send();
        }
        return free > 0;
    }

    /** Shows the kernel what is to be sent, and wakes it if it wants that. What it does not take waits for the next call. */
    void flush() {
        if ((fill.flags() & Linux.XDP_RING_NEED_WAKEUP) != 0) {
            socket.wakeReceiver();
        }
        if (unsent) {
            send();
        }
    }

    private void send() {
        transmit.publish();
        int waiting = transmit.waiting();
        for (int i = 0; i < MAX_KICKS && waiting > 0 && wantsKick(); i++) {
            socket.kick();
            final int left = transmit.waiting();
            if (left == waiting) {
                break; // the interface is down or its queue full, or a zero-copy driver takes them later
            }
            waiting = left;
        }
        unsent = waiting > 0;
        reclaim();
    }

    private boolean wantsKick() {
        return (transmit.flags() & Linux.XDP_RING_NEED_WAKEUP) != 0;
    }

    private void reclaim() {
        for (int i = completion.available(); i > 0 && free < TRANSMIT_CHUNKS; i--) {
            final long chunk = completion.takeAddress() & -CHUNK_BYTES;
            if (chunk >= (long) RECEIVE_CHUNKS * CHUNK_BYTES && chunk < MEMORY_BYTES) {
                freeChunks[free++] = (int) chunk;
            }
        }
        completion.release();
    }
}
