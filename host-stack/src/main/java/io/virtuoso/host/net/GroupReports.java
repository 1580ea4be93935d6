package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.MldMessage;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import org.agrona.collections.LongArrayList;

/**
 * Tells routers, and the switches that listen, which groups of solicited nodes are heard here (RFC 3810): when one is
 * joined or left, and when a router asks. If the last one that asked spoke version 1, so do the answers (RFC 2710).
 */
final class GroupReports {
    /** Unsolicited Report Interval of RFC 3810 section 9.11; each report is sent twice (section 9.1). */
    static final long REPEAT_NANOS = 1_000_000_000L;
    /** Where queries are not heard; routers forget a group after 260 seconds (section 9.4). */
    static final long REFRESH_NANOS = 60_000_000_000L;

    private static final int MAX_RECORDS = 60;
    private static final int AT = Frame.TRANSPORT_AT_IPV6 + MldMessage.ALERT_BYTES;
    private static final int HOP_LIMIT = 1;
    private static final int HOP_BY_HOP = 0;
    private static final long ALL_ROUTERS_LOW = 2;

    private final FrameSender sender;
    private final StackCounters counters;
    private final RandomGenerator random;
    private final long sourceLow;
    private final boolean hearsQueries;
    private final Frame frame = new Frame();
    private final ByteBuffer buffer = frame.buffer();
    private final LongArrayList groups = new LongArrayList();
    private final LongArrayList repeated = new LongArrayList();
    private boolean version1;
    private long repeatAt = Long.MAX_VALUE;
    private long answerAt = Long.MAX_VALUE;
    private long refreshAt = Long.MAX_VALUE;

    /**
     * @param sourceLow second half of our link-local address
     * @param hearsQueries whether queries come; if not reports are sent again and again
     */
    GroupReports(
            final FrameSender sender,
            final StackCounters counters,
            final RandomGenerator random,
            final long sourceLow,
            final boolean hearsQueries) {
        this.sender = sender;
        this.counters = counters;
        this.random = random;
        this.sourceLow = sourceLow;
        this.hearsQueries = hearsQueries;
    }

    /** @param group second half of its address */
    void join(final long group, final long now) {
        if (groups.contains(group)) {
            return;
        }
        groups.addLong(group);
        repeated.addLong(group);
        repeatAt = Math.min(repeatAt, now + REPEAT_NANOS);
        refreshAt = hearsQueries ? Long.MAX_VALUE : Math.min(refreshAt, now + REFRESH_NANOS);
        tell(MldMessage.TO_EXCLUDE, group);
    }

    void leave(final long group) {
        groups.removeLong(group);
        repeated.removeLong(group);
        tell(MldMessage.TO_INCLUDE, group);
    }

    /** Somebody asks for all groups, or one. */
    void onQuery(final ByteBuffer query, final int at, final int length, final long now) {
        final boolean all = MldMessage.groupHigh(query, at) == 0;
        if (groups.isEmpty() || !all && !groups.contains(MldMessage.groupLow(query, at))) {
            return;
        }
        version1 = length < MldMessage.QUERY_2_BYTES;
        final long delay = 1_000_000L * random.nextInt(MldMessage.maxDelayMillis(query, at, length) + 1);
        answerAt = Math.min(answerAt, now + delay);
    }

    /** @return when {@link #onTimers} has something to do; {@link Long#MAX_VALUE}: never */
    long nextDeadline() {
        return Math.min(Math.min(repeatAt, answerAt), refreshAt);
    }

    void onTimers(final long now) {
        if (answerAt - now <= 0) {
            answerAt = Long.MAX_VALUE;
            tellAll(groups, MldMessage.IS_EXCLUDE);
        }
        if (!hearsQueries && refreshAt - now <= 0) {
            refreshAt = groups.isEmpty() ? Long.MAX_VALUE : now + REFRESH_NANOS;
            tellAll(groups, MldMessage.IS_EXCLUDE);
        }
        if (repeatAt - now <= 0) {
            repeatAt = Long.MAX_VALUE;
            tellAll(repeated, MldMessage.TO_EXCLUDE);
            repeated.clear();
        }
    }

    private void tellAll(final LongArrayList all, final int kind) {
        for (int from = 0; from < all.size(); from += MAX_RECORDS) {
            tell(all, from, Math.min(all.size(), from + MAX_RECORDS), kind);
        }
    }

    private void tell(final LongArrayList all, final int from, final int to, final int kind) {
        if (version1) {
            for (int i = from; i < to; i++) {
                tell(kind, all.getLong(i));
            }
            return;
        }
        MldMessage.writeReport(buffer, AT, to - from);
        for (int i = from; i < to; i++) {
            final int at = AT + MldMessage.HEADER_BYTES + (i - from) * MldMessage.RECORD_BYTES;
            MldMessage.writeRecord(buffer, at, kind, all.getLong(i));
        }
        send(MldMessage.HEADER_BYTES + (to - from) * MldMessage.RECORD_BYTES, MldMessage.ROUTERS_LOW);
    }

    private void tell(final int kind, final long group) {
        if (version1) {
            final boolean left = kind == MldMessage.TO_INCLUDE;
            MldMessage.writeVersion1(buffer, AT, left ? MldMessage.DONE : MldMessage.REPORT, group);
            send(MldMessage.BYTES, left ? ALL_ROUTERS_LOW : group);
        } else {
            MldMessage.writeReport(buffer, AT, 1);
            MldMessage.writeRecord(buffer, AT + MldMessage.HEADER_BYTES, kind, group);
            send(MldMessage.HEADER_BYTES + MldMessage.RECORD_BYTES, MldMessage.ROUTERS_LOW);
        }
    }

    private void send(final int length, final long to) {
        final int total = MldMessage.ALERT_BYTES + length;
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        Ipv6Header.write(buffer, Frame.NETWORK_AT, 0, total, HOP_BY_HOP, HOP_LIMIT);
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, Ipv6Header.LINK_LOCAL_HIGH, sourceLow);
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, NdMessage.SOLICITED_NODE_HIGH, to);
        MldMessage.writeAlert(buffer, Frame.TRANSPORT_AT_IPV6);
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, length);
        frame.length(EthernetHeader.BYTES + Ipv6Header.BYTES + total);
        counters.count(StackCounter.GROUP_REPORTS_OUT);
        sender.send(frame, NdMessage.multicastMac(to), EthernetHeader.TYPE_IPV6);
    }
}
