package io.virtuoso.host.capture;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;
import java.nio.ByteBuffer;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One fast-path core's end of a {@link CaptureRing}: notes packets as they come and go. Stack thread only; allocates
 * nothing.
 */
@SuppressWarnings("EnumOrdinal") // DropReason.of is asked in this process
public final class CaptureTap {
    private static final int NONE = -1;

    private final CaptureRing ring;
    private final CaptureFilter filter;
    private final NanoClock clock;
    private final UnsafeBuffer buffer;
    private int arrival = NONE;
    private long arrivedNs;

    /** @param clock the time, in nanoseconds; looked at twice for a packet */
    public CaptureTap(final CaptureRing ring, final NanoClock clock) {
        this.ring = ring;
        this.filter = ring.filter();
        this.clock = clock;
        this.buffer = new UnsafeBuffer(ring.memory());
    }

    /** A frame came, of which nothing is known yet: {@link #judged} or {@link #waits} is to follow. */
    public void arrived(final Frame frame) {
        waits(); // of the one before, if an exception kept it from being judged: nobody reads beyond an open record
        arrivedNs = clock.nanoTime();
        arrival = claim(CaptureRecord.IN, frame.length());
        if (arrival >= 0) {
            copy(frame, Frame.ETHERNET_AT, arrival);
        }
    }

    /** What came has to wait for its guest's turn: it is noted then. */
    public void waits() {
        if (arrival >= 0) {
            ring.abort(arrival);
        }
        arrival = NONE;
    }

    /**
     * All was done that follows from what came.
     *
     * @param network  where it came from
     * @param payer    whose it was
     * @param waitedNs how long it has waited for its guest's turn, in nanoseconds
     * @param reason   why it was dropped, or null
     */
    public void judged(final String network, final Account payer, final long waitedNs, final DropReason reason) {
        final int at = arrival;
        arrival = NONE;
        if (at < 0) {
            return;
        }
        if (!filter.matches(payer.name())) {
            ring.abort(at);
            return;
        }
        buffer.putLong(at + CaptureRecord.TIME, arrivedNs);
        buffer.putLong(at + CaptureRecord.SPENT, clock.nanoTime() - arrivedNs);
        buffer.putLong(at + CaptureRecord.WAITED, waitedNs);
        finish(at, network, payer, null, reason);
    }

    /**
     * A frame is sent.
     *
     * @param network where it goes
     * @param payer   for whom
     * @param reason  why it was dropped instead, or null
     */
    public void sent(final Frame frame, final String network, final Account payer, final DropReason reason) {
        if (!filter.matches(payer.name())) {
            return;
        }
        final int at = claim(CaptureRecord.OUT, frame.length());
        if (at >= 0) {
            copy(frame, frame.ethernetAt(), at);
            untimed(at);
            finish(at, network, payer, null, reason);
        }
    }

    /**
     * Something is copied from guest to guest. The caller writes it, as the frame that it would have been, from {@link
     * #data} on into {@link #memory}: as much as {@link #kept} says; {@link #copied} is to follow.
     *
     * @param bytes of that packet
     * @return what to name it by, or a negative number: it is not to be noted
     */
    public int copies(final Account from, final Account to, final int bytes) {
        return filter.matches(from.name()) || filter.matches(to.name()) ? claim(CaptureRecord.LOCAL, bytes) : NONE;
    }

    /** @return where packets of {@link #copies} are written to */
    public ByteBuffer memory() {
        return ring.memory();
    }

    /** @return where the packet begins in {@link #memory} */
    public int data(final int record) {
        return record + CaptureRecord.DATA;
    }

    /** @return how many of the packet's bytes are kept: there is room for no more */
    public int kept(final int record) {
        return buffer.getInt(record + CaptureRecord.KEPT_BYTES);
    }

    /** What {@link #copies} announced has been written. */
    public void copied(final int record, final String network, final Account from, final Account to) {
        untimed(record);
        finish(record, network, from, to, null);
    }

    /** Hands over what was noted: at the end of each pass. */
    public void flush() {
        ring.publish();
    }

    private int claim(final int direction, final int bytes) {
        final int kept = Math.min(bytes, filter.snapLength());
        final int at = ring.claim(CaptureRecord.DATA + kept);
        if (at >= 0) {
            buffer.putInt(at + CaptureRecord.DIRECTION, direction);
            buffer.putInt(at + CaptureRecord.PACKET_BYTES, bytes);
            buffer.putInt(at + CaptureRecord.KEPT_BYTES, kept);
        }
        return at;
    }

    private void copy(final Frame frame, final int from, final int at) {
        buffer.putBytes(at + CaptureRecord.DATA, frame.buffer(), from, kept(at));
    }

    private void untimed(final int at) {
        buffer.putLong(at + CaptureRecord.TIME, clock.nanoTime());
        buffer.putLong(at + CaptureRecord.SPENT, CaptureRecord.UNKNOWN);
        buffer.putLong(at + CaptureRecord.WAITED, 0);
    }

    private void finish(
            final int at, final String network, final Account payer, final Account peer, final DropReason reason) {
        buffer.putInt(at + CaptureRecord.DROP_REASON, reason == null ? CaptureRecord.NOT_DROPPED : reason.ordinal());
        putName(at + CaptureRecord.NETWORK, network);
        putName(at + CaptureRecord.PAYER, payer.name());
        putName(at + CaptureRecord.PEER, peer == null ? "" : peer.name());
        ring.commit(at);
    }

    private void putName(final int at, final String name) {
        final int length = Math.min(name.length(), CaptureRecord.NAME_BYTES);
        buffer.putInt(at, length);
        buffer.putStringWithoutLengthAscii(at + Integer.BYTES, name, 0, length);
    }
}
