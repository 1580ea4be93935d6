package io.virtuoso.host.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.ffm.XdpRings;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XdpQueueTest {
    private static final int PRODUCER = 0;
    private static final int CONSUMER = 64;
    private static final int FLAGS = 128;
    private static final int DESCRIPTORS = 192;

    /** The kernel's side of the rings. */
    private static final class Kernel implements XdpRings {
        final Ring receive = ring(XdpQueue.RECEIVE_CHUNKS, 16);
        final Ring fill = ring(XdpQueue.RECEIVE_CHUNKS, 8);
        final Ring transmit = ring(XdpQueue.TRANSMIT_CHUNKS, 16);
        final Ring completion = ring(XdpQueue.TRANSMIT_CHUNKS, 8);
        int framesPerKick = 32;
        int kicks;

        private static Ring ring(final int entries, final int entryBytes) {
            final ByteBuffer memory = ByteBuffer.allocateDirect(DESCRIPTORS + entries * entryBytes + 8)
                    .alignedSlice(8);
            return new Ring(memory.order(ByteOrder.nativeOrder()), PRODUCER, CONSUMER, FLAGS, DESCRIPTORS, entries);
        }

        void deliver(final long address, final int length) {
            final int at = receive.memory().getInt(PRODUCER);
            final int place = DESCRIPTORS + (at & receive.entries() - 1) * 16;
            receive.memory().putLong(place, address).putInt(place + 8, length).putInt(PRODUCER, at + 1);
        }

        static int waiting(final Ring ring) {
            return ring.memory().getInt(PRODUCER) - ring.memory().getInt(CONSUMER);
        }

        @Override
        public int kick() {
            kicks++;
            final int frames = Math.min(framesPerKick, waiting(transmit));
            for (int i = 0; i < frames; i++) {
                final int from = transmit.memory().getInt(CONSUMER);
                final int to = completion.memory().getInt(PRODUCER);
                final long address = transmit.memory().getLong(DESCRIPTORS + (from & transmit.entries() - 1) * 16);
                completion.memory().putLong(DESCRIPTORS + (to & completion.entries() - 1) * 8, address);
                completion.memory().putInt(PRODUCER, to + 1);
                transmit.memory().putInt(CONSUMER, from + 1);
            }
            return waiting(transmit) > 0 ? -Errno.EAGAIN : 0;
        }

        @Override
        public int wakeReceiver() {
            return 0;
        }

        @Override
        public Ring receive() {
            return receive;
        }

        @Override
        public Ring transmit() {
            return transmit;
        }

        @Override
        public Ring fill() {
            return fill;
        }

        @Override
        public Ring completion() {
            return completion;
        }
    }

    private final Kernel kernel = new Kernel();
    private final ByteBuffer memory = XdpQueue.memory();
    private final XdpQueue queue = new XdpQueue(memory, kernel);
    private final Frame frame = new Frame();

    XdpQueueTest() {
        kernel.transmit.memory().putInt(FLAGS, 1);
    }

    @Test
    void shouldOfferAllChunksForReceiving() {
        assertEquals(XdpQueue.RECEIVE_CHUNKS, Kernel.waiting(kernel.fill));
        assertEquals(Port.NONE, queue.receive(frame));
    }

    @Test
    void shouldCopyAFrameAndGiveItsChunkBack() {
        final int at = 3 * XdpQueue.CHUNK_BYTES + 256;
        memory.put(at + 13, (byte) 77);
        kernel.fill.memory().putInt(CONSUMER, 1);
        kernel.deliver(at, 60);
        VirtioNetHeader.writeNeedsChecksum(frame.buffer(), Frame.VIRTIO_AT, 1, 2);
        assertEquals(Port.RECEIVED, queue.receive(frame));
        assertEquals(60, frame.length());
        assertEquals(77, frame.buffer().get(Frame.ETHERNET_AT + 13));
        assertEquals(0, VirtioNetHeader.flags(frame.buffer(), Frame.VIRTIO_AT));
        assertEquals(XdpQueue.RECEIVE_CHUNKS, Kernel.waiting(kernel.fill));
        assertEquals(3L * XdpQueue.CHUNK_BYTES, kernel.fill.memory().getLong(DESCRIPTORS));
        assertEquals(0, Kernel.waiting(kernel.receive));
    }

    @ParameterizedTest
    @CsvSource({"-1,60", "8388608,60", "9223372036854775807,60", "0,13", "0,2049", "0,-5", "2000,60", "256,2000"})
    void shouldRefuseDescriptorsThatMakeNoSense(final long address, final int length) {
        kernel.fill.memory().putInt(CONSUMER, 1);
        kernel.deliver(address, length);
        kernel.deliver(0, 60);
        assertEquals(-Errno.EIO, queue.receive(frame));
        assertEquals(Port.RECEIVED, queue.receive(frame));
        assertEquals(Port.NONE, queue.receive(frame));
    }

    @Test
    void shouldKickUntilAllIsSent() {
        frame.length(60);
        for (int i = 0; i < 100; i++) {
            assertTrue(queue.transmit(frame));
        }
        assertEquals(0, kernel.kicks);
        queue.flush();
        assertEquals(4, kernel.kicks);
        assertEquals(0, Kernel.waiting(kernel.transmit));
        queue.flush();
        assertEquals(4, kernel.kicks, "nothing is left to send");
    }

    @Test
    void shouldNotKickWhoIsAwake() {
        kernel.transmit.memory().putInt(FLAGS, 0);
        frame.length(60);
        assertTrue(queue.transmit(frame));
        queue.flush();
        assertEquals(0, kernel.kicks);
        assertEquals(1, Kernel.waiting(kernel.transmit));
    }

    @Test
    void shouldSayThatThereIsNoRoomAndGoOnLater() {
        frame.length(60);
        kernel.framesPerKick = 0;
        for (int i = 0; i < XdpQueue.TRANSMIT_CHUNKS; i++) {
            assertTrue(queue.transmit(frame));
        }
        assertFalse(queue.transmit(frame));
        kernel.framesPerKick = 32;
        queue.flush();
        for (int i = 0; i < 3 * XdpQueue.TRANSMIT_CHUNKS; i++) {
            assertTrue(queue.transmit(frame));
        }
        frame.length(XdpQueue.CHUNK_BYTES + 1);
        assertFalse(queue.transmit(frame));
    }

    @Test
    void shouldIgnoreCompletionsThatMakeNoSense() {
        frame.length(60);
        for (int i = 0; i < XdpQueue.TRANSMIT_CHUNKS; i++) {
            assertTrue(queue.transmit(frame));
        }
        kernel.completion
                .memory()
                .putLong(DESCRIPTORS, 0)
                .putLong(DESCRIPTORS + 8, -1)
                .putInt(PRODUCER, 2);
        kernel.framesPerKick = 0;
        assertFalse(queue.transmit(frame));
    }
}
