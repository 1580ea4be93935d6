package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Established connections allocate nothing, with loss or without. */
class AllocationTest {
    private static final int SLOTS = 256;

    @Test
    void shouldAllocateNothingPerSegment() {
        Pair pair = new Pair();
        pair.open();
        pair.exchange(20_000);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        // The compiler may cause a stray allocation once; what TCP allocates comes with every segment.
        long least = Long.MAX_VALUE;
        for (int phase = 0; phase < 4; phase++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            pair.exchange(10_000);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, least, "bytes allocated in 10000 rounds");
        assertTrue(pair.delivered > 50_000, "segments " + pair.delivered);
        assertTrue(pair.client.connection.info().totalRetransmits() > 100, "losses were repaired");
    }

    /** Two connections back to back; each 64th segment with data is lost. */
    private static final class Pair {
        final Side client = new Side(this);
        final Side server = new Side(this);
        private final Slot[] slots = new Slot[SLOTS];
        private int head;
        private int tail;
        private long nowNs = 1_000_000_000L;
        private long delivered;
        private long data;

        void open() {
            for (int i = 0; i < SLOTS; i++) {
                slots[i] = new Slot();
            }
            client.connection.connect(1, 0, nowNs);
            deliverAll();
            assertEquals(TcpState.ESTABLISHED, server.connection.state());
        }

        void push(Side from, OutgoingSegment out) {
            if (out.payloadLength > 0 && ++data % 64 == 0 || tail - head == SLOTS) {
                return;
            }
            Slot slot = slots[tail++ % SLOTS];
            slot.target = from == client ? server : client;
            TcpSegment in = slot.segment;
            in.clear();
            in.seq = out.seq;
            in.ack = out.ack;
            in.flags = out.flags;
            in.window = out.window;
            in.mss = out.mss;
            in.windowScale = out.windowScale;
            in.sackPermitted = out.sackPermitted;
            in.hasTimestamps = out.hasTimestamps;
            in.tsVal = out.tsVal;
            in.tsEcr = out.tsEcr;
            in.sackCount = out.sackCount;
            System.arraycopy(out.sackEdges, 0, in.sackEdges, 0, out.sackEdges.length);
            in.payload = slot.payload;
            in.payloadLength = out.payloadLength;
        }

        private void deliverAll() {
            while (head != tail) {
                Slot slot = slots[head++ % SLOTS];
                nowNs += 1_000;
                slot.target.receive(slot.segment, nowNs);
                delivered++;
            }
        }

        void exchange(int rounds) {
            for (int round = 0; round < rounds; round++) {
                client.step(nowNs, 3_000);
                server.step(nowNs, 100);
                deliverAll();
                nowNs += 1_000_000;
                client.onTime(nowNs);
                server.onTime(nowNs);
                deliverAll();
            }
        }
    }

    private static final class Slot {
        final TcpSegment segment = new TcpSegment();
        final ByteBuffer payload = ByteBuffer.allocate(70_000);
        Side target;
    }

    private static final class Side implements TcpOutput, TcpEvents, SendBuffer, ReceiveBuffer, TcpListener.Acceptor {
        private static final int CAPACITY = 256 * 1024;

        private final Pair pair;
        private final OutgoingSegment outgoing = new OutgoingSegment();
        private final TcpConnection connection;
        private long written;
        private long released;
        private long read;

        Side(Pair pair) {
            this.pair = pair;
            connection = new TcpConnection(TcpConfig.DEFAULTS, this, this);
        }

        void receive(TcpSegment segment, long nowNs) {
            if (connection.state() == TcpState.CLOSED) {
                TcpListener.onSegment(segment, this, nowNs);
            } else {
                connection.onSegment(segment, nowNs);
            }
        }

        void step(long nowNs, int bytes) {
            if (written - released + bytes <= CAPACITY) {
                written += bytes;
                connection.onDataToSend(nowNs);
            }
            connection.onRoomMade(nowNs);
        }

        void onTime(long nowNs) {
            if (connection.nextDeadlineNs() <= nowNs) {
                connection.onDeadline(nowNs);
            }
        }

        @Override
        public OutgoingSegment claim() {
            return outgoing;
        }

        @Override
        public void send(TcpConnection sender, OutgoingSegment segment) {
            pair.push(this, segment);
        }

        @Override
        public void established(TcpConnection established) {
            established.attachBuffers(this, this);
        }

        @Override
        public void peerClosed(TcpConnection closing) {}

        @Override
        public void failed(TcpConnection failing, int errno) {}

        @Override
        public void buffersDone(TcpConnection done) {}

        @Override
        public void closed(TcpConnection closed) {}

        @Override
        public long tail() {
            return written;
        }

        @Override
        public void copyTo(long cursor, int length, ByteBuffer target, int targetOffset) {}

        @Override
        public void release(long cursor) {
            released = cursor;
        }

        @Override
        public long head() {
            return read;
        }

        @Override
        public int capacity() {
            return CAPACITY;
        }

        @Override
        public void tune(int bytes) {}

        @Override
        public int makeRoom(long cursor, int length) {
            return length;
        }

        @Override
        public void write(long cursor, ByteBuffer source, int sourceOffset, int length) {}

        @Override
        public void commit(long cursor) {
            read = cursor;
        }

        @Override
        public boolean mayAccept() {
            return true;
        }

        @Override
        public boolean mayRemember() {
            return true;
        }

        @Override
        public SynCookies cookies() {
            throw new AssertionError("every SYN may be remembered");
        }

        @Override
        public TcpConnection newConnection(TcpSegment syn) {
            return connection;
        }

        @Override
        public int initialSequence(long nowNs) {
            return 77;
        }

        @Override
        public int timestampOffset() {
            return 0;
        }
    }
}
