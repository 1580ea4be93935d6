package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.MldMessage;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Multicast listener reports for groups of solicited nodes (RFC 3810, RFC 2710). */
class GroupReportsTest {
    private static final long GROUP = NdMessage.solicitedNodeLow(Ipv6Link.GUEST);
    private static final int AT = Ipv6Link.AT + MldMessage.ALERT_BYTES;

    private final Ipv6Link link = new Ipv6Link((address, port) -> null, true);
    private final ByteBuffer buffer = link.buffer;

    /** @return kind and second half of the group of each record of each report that came */
    private List<String> reports() {
        final List<String> found = new ArrayList<>();
        while (link.received()) {
            if (Ipv6Header.nextHeader(buffer, Frame.NETWORK_AT) != 0) {
                continue;
            }
            assertEquals(1, Ipv6Header.hopLimit(buffer, Frame.NETWORK_AT));
            assertTrue(Ipv6Header.isLinkLocal(Ipv6Header.sourceHigh(buffer, Frame.NETWORK_AT)));
            final int length = Ipv6Header.payloadLength(buffer, Frame.NETWORK_AT) - MldMessage.ALERT_BYTES;
            assertEquals(0x3a00_0502_0000_0100L, Wire.i64(buffer, Ipv6Link.AT));
            assertEquals(null, Icmpv6Message.check(buffer, Frame.NETWORK_AT, AT, length));
            if (Icmpv6Message.type(buffer, AT) == MldMessage.REPORT_2) {
                assertEquals(0x3333_0000_0016L, EthernetHeader.destination(buffer, Frame.ETHERNET_AT));
                for (int i = 0; i < Wire.i32(buffer, AT + 4); i++) {
                    final int record = AT + 8 + i * MldMessage.RECORD_BYTES;
                    found.add(Wire.u8(buffer, record) + " " + Long.toHexString(Wire.i64(buffer, record + 12)));
                }
            } else {
                found.add(
                        "v" + Icmpv6Message.type(buffer, AT) + " " + Long.toHexString(MldMessage.groupLow(buffer, AT)));
            }
        }
        return found;
    }

    private void query(final int length, final long groupHigh, final long groupLow) {
        link.sourceHigh = 0xfe80_0000_0000_0000L;
        link.writeHeader(0, MldMessage.ALERT_BYTES + length, 1, true);
        Ipv6Header.putDestination(buffer, Frame.NETWORK_AT, NdMessage.SOLICITED_NODE_HIGH, NdMessage.ALL_NODES_LOW);
        MldMessage.writeAlert(buffer, Ipv6Link.AT);
        for (int i = 0; i < length; i++) {
            buffer.put(AT + i, (byte) 0);
        }
        Wire.put32(buffer, AT, MldMessage.QUERY << 24);
        Wire.put32(buffer, AT + 4, 1000 << 16);
        Wire.put64(buffer, AT + 8, groupHigh);
        Wire.put64(buffer, AT + 16, groupLow);
        Icmpv6Message.writeChecksum(buffer, Frame.NETWORK_AT, AT, length);
        link.send(MldMessage.ALERT_BYTES + length, true);
    }

    private void aSecondPasses() {
        link.now += GroupReports.REPEAT_NANOS;
        link.path.onTimers(link.now);
    }

    @Test
    void shouldReportAGroupTwiceWhenItIsJoined() {
        final List<String> first = reports();
        assertEquals(2, first.size()); // the link-local address has a group, too
        assertEquals("4 1ff000002", first.getLast());
        aSecondPasses();
        assertEquals(first, reports());
        aSecondPasses();
        assertEquals(List.of(), reports());
        link.path.removeAddress(link.numbers.find(Ipv6Link.HIGH, Ipv6Link.GUEST));
        assertEquals(List.of("3 1ff000002"), reports());
    }

    @Test
    void shouldAnswerQueries() {
        aSecondPasses();
        reports();
        query(MldMessage.QUERY_2_BYTES, 0, 0);
        assertFalse(link.received(), "after some time only");
        aSecondPasses();
        assertTrue(reports().contains("2 1ff000002"));
        query(MldMessage.QUERY_2_BYTES, NdMessage.SOLICITED_NODE_HIGH, GROUP + 5);
        aSecondPasses();
        assertEquals(List.of(), reports());
    }

    @Test
    void shouldAnswerVersion1InItsWords() {
        aSecondPasses();
        reports();
        query(MldMessage.BYTES, 0, 0);
        aSecondPasses();
        assertTrue(reports().contains("v131 1ff000002"));
    }

    @Test
    void shouldReportAgainAndAgainWhereNoQueriesAreHeard() {
        final Ipv6Link deaf = new Ipv6Link((address, port) -> null, true, false);
        deaf.now += GroupReports.REPEAT_NANOS;
        deaf.path.onTimers(deaf.now);
        deaf.forgetReceived();
        for (int i = 0; i < 3; i++) {
            final long before = deaf.path.counters().get(StackCounter.GROUP_REPORTS_OUT);
            final long deadline = deaf.path.nextDeadlineNs();
            assertTrue(deadline - deaf.now <= GroupReports.REFRESH_NANOS);
            deaf.now = deadline;
            deaf.path.onTimers(deadline);
            assertEquals(before + 1, deaf.path.counters().get(StackCounter.GROUP_REPORTS_OUT));
        }
    }

    @Test
    void shouldReadDelaysOfVersion2() {
        final ByteBuffer query = ByteBuffer.allocate(28);
        Wire.put32(query, 4, 0x9000 << 16);
        assertEquals(0x1000 << 4, MldMessage.maxDelayMillis(query, 0, 28));
        Wire.put32(query, 4, 0x7fff << 16);
        assertEquals(0x7fff, MldMessage.maxDelayMillis(query, 0, 28));
        assertEquals(0x7fff, MldMessage.maxDelayMillis(query, 0, 24));
    }
}
