package io.virtuoso.host.net;

import io.virtuoso.host.account.Turn;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;

/**
 * Frames of a guest that is over its budget or its limits: they wait for its turn, up to {@link #BYTES}. From a quarter of
 * that on, packets that may be marked are (RFC 3168: Congestion Experienced), so that senders slow down before frames are
 * lost. Its memory is taken from what all guests of a network have for that. Stack thread only.
 */
final class PacketQueue implements Turn.Source {
    /** Memory of one guest's queue. */
    static final int BYTES = 1 << 18;

    private static final int MARK_FROM = BYTES / 4;
    private static final int MASK = BYTES - 1;
    private static final int RECORD = 16;
    private static final int LENGTH = 8;
    private static final int SKIP = -1;
    private static final int ALIGNMENT = 16;
    /** One frame takes about as long as so many short commands. */
    private static final int FRAME_COST = 4;

    private final Turn turn;
    private final PacketMemory pieces;
    private final Frame frame;
    private final Receiver receiver;
    private ByteBuffer memory;
    private long head;
    private long tail;

    /** Goes on with a frame where it was stopped. */
    @FunctionalInterface
    interface Receiver {
        /** @param waitedNs how long it has waited, in nanoseconds */
        void resume(Frame frame, long waitedNs);
    }

    /**
     * @param pieces   where memory comes from
     * @param frame    may be used for frames that go on
     * @param receiver gets them
     */
    PacketQueue(final Turn turn, final PacketMemory pieces, final Frame frame, final Receiver receiver) {
        this.turn = turn;
        this.pieces = pieces;
        this.frame = frame;
        this.receiver = receiver;
    }

    @Override
    public boolean hasWork() {
        return head != tail;
    }

    /** Puts a frame behind the others. @return false if there is no room */
    boolean add(final Frame added, final long nowNs) {
        final int bytes = RECORD + VirtioNetHeader.BYTES + added.length() + ALIGNMENT - 1 & -ALIGNMENT;
        final int toEnd = BYTES - (int) (tail & MASK);
        final int skipped = bytes > toEnd ? toEnd : 0;
        if (tail - head + skipped + bytes > BYTES) {
            return false;
        }
        if (memory == null) {
            memory = pieces.take();
            if (memory == null) {
                return false;
            }
        }
        if (skipped > 0) {
            memory.putInt((int) (tail & MASK) + LENGTH, SKIP);
            tail += skipped;
        }
        if (tail - head >= MARK_FROM && mark(added)) {
            turn.account().marked();
        }
        final int at = (int) (tail & MASK);
        memory.putLong(at, nowNs);
        memory.putInt(at + LENGTH, added.length());
        memory.put(at + RECORD, added.buffer(), Frame.VIRTIO_AT, VirtioNetHeader.BYTES + added.length());
        tail += bytes;
        turn.account().queued();
        return true;
    }

    private static boolean mark(final Frame marked) {
        final ByteBuffer buffer = marked.buffer();
        if (EthernetHeader.type(buffer, Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV6) {
            final int trafficClass = Ipv6Header.trafficClass(buffer, Frame.NETWORK_AT);
            if ((trafficClass & Ipv6Header.ECN) == 0) {
                return false;
            }
            Ipv6Header.putEcn(buffer, Frame.NETWORK_AT, Ipv6Header.ECN);
            return true;
        }
        final int typeOfService = Ipv4Header.typeOfService(buffer, Frame.NETWORK_AT);
        final boolean options = Ipv4Header.headerLength(buffer, Frame.NETWORK_AT) != Ipv4Header.BYTES;
        if ((typeOfService & Ipv4Header.ECN) == 0 || options) {
            return false;
        }
        Ipv4Header.putTypeOfService(buffer, Frame.NETWORK_AT, typeOfService | Ipv4Header.ECN);
        return true;
    }

    @Override
    public int serve(final int limit, final long nowNs) {
        int done = 0;
        while (head != tail && done < limit) {
            int at = (int) (head & MASK);
            int length = memory.getInt(at + LENGTH);
            if (length == SKIP) {
                head += BYTES - at;
                at = 0;
                length = memory.getInt(LENGTH);
            }
            final long waitedNs = nowNs - memory.getLong(at);
            turn.account().delayed(waitedNs);
            frame.buffer().put(Frame.VIRTIO_AT, memory, at + RECORD, VirtioNetHeader.BYTES + length);
            frame.length(length);
            head += RECORD + VirtioNetHeader.BYTES + length + ALIGNMENT - 1 & -ALIGNMENT;
            receiver.resume(frame, waitedNs);
            done += FRAME_COST;
        }
        if (head == tail && memory != null) {
            pieces.give(memory);
            memory = null;
        }
        return done;
    }
}
