package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.policy.Protocol;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Packets of IPv4 with options. */
class PacketOptionsTest {
    private static final String MALFORMED = "01 01 07 06 04 00 00 00";
    private static final int POINTER = 24;
    private static final int DATA = 12;

    private final Link link = new Link();
    private final ByteBuffer buffer = link.frame.buffer();

    @BeforeEach
    void introduce() {
        link.introduce();
    }

    /** Sends a packet with so many bytes behind the header, which begin with a word. @return its bytes */
    private byte[] send(
            final String options, final int protocol, final int word, final int fragment, final int length) {
        final byte[] bytes = HexFormat.of().parseHex(options.replace(" ", ""));
        final int headerLength = Ipv4Header.BYTES + bytes.length;
        final int at = Frame.NETWORK_AT + headerLength;
        for (int i = 0; i < length; i++) {
            buffer.put(at + i, (byte) i);
        }
        if (length >= IcmpMessage.BYTES) {
            Wire.put32(buffer, at, word);
            Wire.put16(buffer, at + 2, Checksum.complete(Checksum.partial(buffer, at, length, 0)));
        }
        Ipv4Header.write(buffer, Frame.NETWORK_AT, headerLength + length, 1, protocol, Link.KERNEL, Link.GUEST);
        buffer.put(Frame.NETWORK_AT + Ipv4Header.BYTES, bytes);
        Wire.put8(buffer, Frame.NETWORK_AT, 4 << 4 | headerLength >> 2);
        Wire.put16(buffer, Frame.NETWORK_AT + 6, fragment);
        Wire.put16(buffer, Frame.NETWORK_AT + 10, 0);
        Wire.put16(
                buffer,
                Frame.NETWORK_AT + 10,
                Checksum.complete(Checksum.partial(buffer, Frame.NETWORK_AT, headerLength, 0)));
        final byte[] packet = new byte[headerLength + length];
        buffer.get(Frame.NETWORK_AT, packet);
        link.send(EthernetHeader.TYPE_IPV4, link.near.mac(), packet.length);
        return packet;
    }

    private byte[] ping(final String options) {
        return send(options, Ipv4Header.PROTOCOL_ICMP, IcmpMessage.ECHO_REQUEST << 24, 0, IcmpMessage.BYTES + DATA);
    }

    private long dropped(final DropReason reason) {
        return link.path.counters().dropped(reason);
    }

    @Test
    void shouldTellWhichByteMakesNoSense() {
        final byte[] packet = ping(MALFORMED);
        assertTrue(link.received());
        final int length = IcmpMessage.BYTES + packet.length;
        assertNull(Ipv4Header.check(buffer, Frame.NETWORK_AT, Ipv4Header.BYTES + length));
        assertEquals(Ipv4Header.BYTES + length, Ipv4Header.totalLength(buffer, Frame.NETWORK_AT));
        assertEquals(Link.GUEST, Ipv4Header.source(buffer, Frame.NETWORK_AT));
        assertEquals(Link.KERNEL, Ipv4Header.destination(buffer, Frame.NETWORK_AT));
        assertNull(IcmpMessage.check(buffer, Frame.TRANSPORT_AT, length));
        assertEquals(IcmpMessage.PARAMETER_PROBLEM, IcmpMessage.type(buffer, Frame.TRANSPORT_AT));
        assertEquals(0, IcmpMessage.code(buffer, Frame.TRANSPORT_AT));
        assertEquals(POINTER << 24, Wire.i32(buffer, Frame.TRANSPORT_AT + 4));
        for (int i = 0; i < packet.length; i++) {
            assertEquals(packet[i], buffer.get(Frame.TRANSPORT_AT + IcmpMessage.BYTES + i));
        }
        assertFalse(link.received());
        assertEquals(1, dropped(DropReason.IP_OPTION));
        assertEquals(1, link.path.counters().get(StackCounter.PARAMETER_PROBLEMS_OUT));
    }

    @Test
    void shouldTellItOfEveryProtocol() {
        for (final int protocol : new int[] {Ipv4Header.PROTOCOL_TCP, Ipv4Header.PROTOCOL_UDP, 132}) {
            send(MALFORMED, protocol, 0, 0, 20);
            assertTrue(link.received());
            assertEquals(IcmpMessage.PARAMETER_PROBLEM, IcmpMessage.type(buffer, Frame.TRANSPORT_AT));
        }
        send(MALFORMED, Ipv4Header.PROTOCOL_ICMP, IcmpMessage.ECHO_REPLY << 24, 0, 20);
        assertTrue(link.received());
        send(MALFORMED, Ipv4Header.PROTOCOL_UDP, 0, 0x2000, 24); // the first fragment
        assertTrue(link.received());
        assertEquals(5, dropped(DropReason.IP_OPTION));
    }

    /** RFC 1122 section 3.2.2. */
    @Test
    void shouldBeSilentAboutErrorsAndLaterFragments() {
        for (final int type : new int[] {3, 4, 5, 11, 12}) {
            send(MALFORMED, Ipv4Header.PROTOCOL_ICMP, type << 24, 0, 20);
        }
        send(MALFORMED, Ipv4Header.PROTOCOL_ICMP, 0, 0, 0); // perhaps
        send(MALFORMED, Ipv4Header.PROTOCOL_UDP, 0, 3, 24);
        assertFalse(link.received());
        assertEquals(7, dropped(DropReason.IP_OPTION));
        assertEquals(7, link.path.counters().dropped());
    }

    @Test
    void shouldTellNoMoreThanOtherErrors() {
        for (int i = 0; i < IcmpOutput.BURST; i++) {
            ping(MALFORMED);
            assertTrue(link.received());
        }
        ping(MALFORMED);
        assertFalse(link.received());
        link.now += 1_000_000_000L / IcmpOutput.PER_SECOND;
        ping(MALFORMED);
        assertTrue(link.received());
        ping(MALFORMED);
        assertFalse(link.received());
    }

    /** A policy's silence is not to be broken by packets that make no sense. */
    @Test
    void shouldTellNobodyWhoMayNotPing() {
        link.path.policy((protocol, localAddress, localPort, remoteAddress, remotePort) ->
                protocol == Protocol.ICMP && remoteAddress == Link.KERNEL ? Policy.DROP : Policy.ALLOW);
        ping(MALFORMED);
        send(MALFORMED, Ipv4Header.PROTOCOL_TCP, 0, 0, 20);
        assertFalse(link.received());
        assertEquals(2, dropped(DropReason.IP_OPTION));
    }

    @Test
    void shouldDropSourceRoutesInSilence() {
        ping("83 07 04 0a 58 00 03 00");
        ping("89 07 08 0a 58 00 01 00");
        send("83 07 08 0a 58 00 01 00", Ipv4Header.PROTOCOL_TCP, 0, 0, 20);
        assertFalse(link.received());
        assertEquals(3, dropped(DropReason.IP_SOURCE_ROUTE));
        assertEquals(3, link.path.counters().dropped());
    }

    /** @return the options of the echo reply that came, which has the request's data */
    private String reflected() {
        assertTrue(link.received());
        final int headerLength = Ipv4Header.headerLength(buffer, Frame.NETWORK_AT);
        final int at = Frame.NETWORK_AT + headerLength;
        final int length = IcmpMessage.BYTES + DATA;
        assertNull(Ipv4Header.check(buffer, Frame.NETWORK_AT, headerLength + length));
        assertEquals(headerLength + length, Ipv4Header.totalLength(buffer, Frame.NETWORK_AT));
        assertEquals(EthernetHeader.BYTES + headerLength + length, link.frame.length());
        assertEquals(Link.GUEST, Ipv4Header.source(buffer, Frame.NETWORK_AT));
        assertEquals(Link.KERNEL, Ipv4Header.destination(buffer, Frame.NETWORK_AT));
        assertFalse(Ipv4Header.isFragment(buffer, Frame.NETWORK_AT));
        assertNull(IcmpMessage.check(buffer, at, length));
        assertEquals(IcmpMessage.ECHO_REPLY, IcmpMessage.type(buffer, at));
        for (int i = 4; i < length; i++) {
            assertEquals(i, buffer.get(at + i));
        }
        assertFalse(link.received());
        final byte[] options = new byte[headerLength - Ipv4Header.BYTES];
        buffer.get(Frame.NETWORK_AT + Ipv4Header.BYTES, options);
        return HexFormat.of().formatHex(options);
    }

    @Test
    void shouldRecordTheRouteOfAnEcho() {
        ping("01 07 0b 04 00 00 00 00 00 00 00 00");
        assertEquals("070b0c0a5800020a58000200", reflected());
        ping("94 04 00 00"); // a router alert is for routers on the request's way
        assertEquals("", reflected());
        assertEquals(2, link.path.counters().get(StackCounter.ECHO_REPLIES));
        assertEquals(0, link.path.counters().dropped());
    }

    @Test
    void shouldTellTheTimeOfAnEcho() {
        final long day = 86_400_000;
        final long before = System.currentTimeMillis();
        ping("44 0c 05 00 00 00 00 00 00 00 00 00");
        final long after = System.currentTimeMillis();
        final String options = reflected();
        assertEquals("440c0d00", options.substring(0, 8));
        assertEquals(options.substring(8, 16), options.substring(16));
        final long told = Long.parseLong(options.substring(8, 16), 16);
        assertTrue((told - before % day + day) % day <= after - before, options);
    }

    @Test
    void shouldNotReplyWithPartOfAnEntry() {
        ping("07 0a 04 00 00 00 00 00 00 00 00 00");
        assertFalse(link.received());
        assertEquals(1, dropped(DropReason.IP_OPTION));
    }

    @Test
    void shouldPassOverOptionsOfSegments() {
        send("94 04 00 00", Ipv4Header.PROTOCOL_TCP, 0, 0, 4);
        assertEquals(1, dropped(DropReason.TCP_TRUNCATED));
    }
}
