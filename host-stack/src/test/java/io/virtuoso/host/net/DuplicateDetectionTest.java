package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import org.junit.jupiter.api.Test;

/** RFC 4862 section 5.4, on a port with other stations. */
class DuplicateDetectionTest {
    private static final int AT = Ipv6Link.AT;

    private final Ipv6Link link = new Ipv6Link((address, port) -> null, true);

    /** Behind the reports of multicast listeners, which begin with hop-by-hop options. */
    private void expectProbe() {
        do {
            assertTrue(link.received());
        } while (Ipv6Header.nextHeader(link.buffer, Frame.NETWORK_AT) == 0);
        assertEquals(0x3333_ff00_0002L, EthernetHeader.destination(link.buffer, Frame.ETHERNET_AT));
        assertEquals(0, Ipv6Header.sourceHigh(link.buffer, Frame.NETWORK_AT));
        assertEquals(0, Ipv6Header.sourceLow(link.buffer, Frame.NETWORK_AT));
        assertEquals(NdMessage.BYTES, Ipv6Header.payloadLength(link.buffer, Frame.NETWORK_AT));
        assertEquals(NdMessage.SOLICITATION, Icmpv6Message.type(link.buffer, AT));
        assertEquals(Ipv6Link.GUEST, NdMessage.targetLow(link.buffer, AT));
        assertFalse(link.received());
    }

    private void aSecondPasses() {
        link.now += DuplicateDetection.WAIT_NANOS;
        link.path.onTimers(link.now);
        link.forgetReceived();
    }

    private void expectUnused() {
        aSecondPasses();
        assertEquals(1, link.path.counters().get(StackCounter.DUPLICATE_ADDRESSES));
        link.sourceHigh = Ipv6Link.HIGH;
        link.sourceLow = Ipv6Link.KERNEL;
        link.solicit(Ipv6Link.GUEST, true, true);
        assertFalse(link.received());
        final int guest = link.numbers.find(Ipv6Link.HIGH, Ipv6Link.GUEST);
        final int kernel = link.numbers.take(Ipv6Link.HIGH, Ipv6Link.KERNEL);
        assertFalse(link.path.datagramWriter().send(guest, 53, kernel, 4000, 10, link.now));
        assertEquals(1, link.path.counters().dropped(DropReason.SEND_TENTATIVE));
    }

    @Test
    void shouldUseAnAddressThatNobodyClaims() {
        expectProbe();
        link.solicit(Ipv6Link.GUEST, true, true);
        assertFalse(link.received());
        aSecondPasses();
        link.solicit(Ipv6Link.GUEST, true, true);
        assertTrue(link.received());
        assertEquals(NdMessage.ADVERTISEMENT, Icmpv6Message.type(link.buffer, AT));
        assertEquals(0, link.path.counters().get(StackCounter.DUPLICATE_ADDRESSES));
    }

    @Test
    void shouldNotUseAnAddressThatSomebodyHas() {
        expectProbe();
        final int length = NdMessage.BYTES_WITH_MAC;
        link.writeHeader(Ipv6Header.PROTOCOL_ICMP, length, NdMessage.HOP_LIMIT, false);
        Ipv6Header.putDestination(
                link.buffer, Frame.NETWORK_AT, NdMessage.SOLICITED_NODE_HIGH, NdMessage.ALL_NODES_LOW);
        NdMessage.write(
                link.buffer,
                AT,
                NdMessage.ADVERTISEMENT,
                NdMessage.OVERRIDE,
                Ipv6Link.HIGH,
                Ipv6Link.GUEST,
                link.far.mac());
        Icmpv6Message.writeChecksum(link.buffer, Frame.NETWORK_AT, AT, length);
        link.send(length, true);
        expectUnused();
    }

    @Test
    void shouldNotUseAnAddressThatSomebodyWants() {
        expectProbe();
        link.sourceHigh = 0;
        link.sourceLow = 0;
        link.solicit(Ipv6Link.GUEST, true, false);
        expectUnused();
    }
}
