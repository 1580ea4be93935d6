package io.virtuoso.host.tunnel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.FrameLink;
import io.virtuoso.host.port.FrameRing;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.RingPort;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** A tunnel whose network is another thread's. */
class TunnelRelayTest {
    private static final int VNI = 7;
    private static final long STATION = 0x0200_0000_bbbbL;
    private static final int REMOTE = 0x0a01_0002;
    private static final int RED = 0x0a01_0003;
    private static final int BLUE = 0x0a01_0004;
    private static final long HIGH = 0xfd00_0001_0000_0000L;

    private final UnderlayLink link = new UnderlayLink(false);
    private final TunnelPort tunnel = link.tunnel(TunnelKind.VXLAN, VNI, false);
    private final FrameLink rings = new FrameLink(ByteBuffer.allocateDirect(FrameLink.BYTES));
    private final RingPort port = new RingPort(rings, tunnel);
    /** Of the underlay's thread. */
    private final Ledger ledger = Ledger.unread();
    /** Of the network's thread. */
    private final Ledger others = Ledger.unread();

    private final Frame frame = new Frame();
    private int rung;

    TunnelRelayTest() {
        tunnel.addPeer(UnderlayLink.PEER);
        link.underlay.relay(tunnel, rings);
        link.underlay.ledger(ledger);
        rings.in().bell(() -> rung++);
        link.introduce();
        ledger.begin(1);
    }

    private void comes(final int destination) {
        link.inner(port.mac(), STATION, 40);
        Ipv4Header.write(link.buffer, Frame.NETWORK_AT, 40, 7, Ipv4Header.PROTOCOL_TCP, REMOTE, destination);
        link.sendVxlan(VNI, UnderlayLink.PEER);
    }

    private boolean send(final int source, final int ipLength) {
        VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
        EthernetHeader.write(frame.buffer(), Frame.ETHERNET_AT, STATION, port.mac(), EthernetHeader.TYPE_IPV4);
        Ipv4Header.write(frame.buffer(), Frame.NETWORK_AT, ipLength, 7, Ipv4Header.PROTOCOL_TCP, source, REMOTE);
        frame.length(EthernetHeader.BYTES + ipLength);
        return port.transmit(frame);
    }

    private void name(final int address, final String guest) {
        port.payer(0, Integer.toUnsignedLong(address), others.open(guest, 1));
    }

    private Account account(final String guest) {
        return ledger.open(guest, 1);
    }

    @Test
    void shouldBeWhatTheTunnelIs() {
        assertEquals(tunnel.mac(), port.mac());
        assertEquals(tunnel.mtu(), port.mtu());
        assertEquals(tunnel.checksumOffload(), port.checksumOffload());
        assertFalse(port.segmentationOffload());
        assertEquals(-1, port.fd());
    }

    @Test
    void shouldBringTheNetworkWhatComes() {
        comes(RED);
        assertEquals(Port.RECEIVED, port.receive(frame));
        assertEquals(EthernetHeader.BYTES + 40, frame.length());
        assertEquals(RED, Ipv4Header.destination(frame.buffer(), Frame.NETWORK_AT));
        assertEquals(Port.NONE, port.receive(frame));
        assertTrue(link.delivered.isEmpty());
    }

    @Test
    void shouldSendWhatTheNetworkSends() {
        assertTrue(send(RED, 100));
        final byte[] sent = new byte[frame.length()];
        frame.buffer().get(Frame.ETHERNET_AT, sent);
        assertFalse(link.received());
        link.poll();
        assertTrue(link.received());
        assertEquals(frame.length() + TunnelKind.VXLAN.outerBytes(false), link.frame.length());
        final byte[] inner = new byte[sent.length];
        link.buffer.get(Frame.ETHERNET_AT + TunnelKind.VXLAN.outerBytes(false), inner);
        assertArrayEquals(sent, inner);
    }

    @Test
    void shouldLetThePayersOfAddressesPay() {
        name(RED, "red");
        name(BLUE, "blue");
        port.payer(HIGH, BLUE, others.open("blue", 1));
        comes(RED);
        assertSame(account("red"), ledger.payer());
        comes(BLUE);
        assertSame(account("blue"), ledger.payer());
        send(RED, 100);
        link.poll();
        assertSame(account("red"), ledger.payer());
        comes(RED + 9);
        assertSame(ledger.system(), ledger.payer());
        port.nobodyPays(0, Integer.toUnsignedLong(RED));
        comes(BLUE);
        comes(RED);
        assertSame(ledger.system(), ledger.payer());
    }

    @Test
    void shouldKnowPayersByIpv6AddressesAndInArp() {
        name(RED, "red");
        port.payer(HIGH, BLUE, others.open("blue", 1));
        link.inner(port.mac(), STATION, 40);
        EthernetHeader.write(link.buffer, Frame.ETHERNET_AT, port.mac(), STATION, EthernetHeader.TYPE_IPV6);
        Ipv6Header.write(link.buffer, Frame.NETWORK_AT, 0, 0, 59, 64);
        Ipv6Header.putDestination(link.buffer, Frame.NETWORK_AT, HIGH, BLUE);
        link.sendVxlan(VNI, UnderlayLink.PEER);
        assertSame(account("blue"), ledger.payer());
        VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
        ArpPacket.write(frame.buffer(), Frame.NETWORK_AT, ArpPacket.REQUEST, port.mac(), RED, 0, REMOTE);
        EthernetHeader.write(
                frame.buffer(), Frame.ETHERNET_AT, EthernetHeader.BROADCAST, port.mac(), EthernetHeader.TYPE_ARP);
        frame.length(EthernetHeader.BYTES + ArpPacket.BYTES);
        port.transmit(frame);
        link.poll();
        assertSame(account("red"), ledger.payer());
    }

    @Test
    void shouldStandFramesThatAreCutShort() {
        for (int length = EthernetHeader.BYTES; length < 60; length++) {
            link.inner(port.mac(), STATION, 60);
            link.frame.length(length);
            link.sendVxlan(VNI, UnderlayLink.PEER);
            assertEquals(Port.RECEIVED, port.receive(frame));
            assertEquals(length, frame.length());
        }
    }

    @Test
    void shouldHaveWhatFindsNoRoomCounted() {
        int sent = 0;
        while (send(RED, 1000)) {
            sent++;
        }
        assertTrue(sent > 400);
        final int room = FrameRing.BYTES / 1000;
        for (int i = 0; i < 20 * room; i++) {
            comes(RED);
        }
        assertTrue(port.missed() > 0);
    }

    @Test
    void shouldGiveEachNetworkItsTurn() {
        final TunnelPort second = link.tunnel(TunnelKind.VXLAN, VNI + 1, false);
        second.addPeer(UnderlayLink.PEER);
        final FrameLink itsRings = new FrameLink(ByteBuffer.allocateDirect(FrameLink.BYTES));
        link.underlay.relay(second, itsRings);
        for (int i = 0; i < 200; i++) {
            send(RED, 40);
        }
        itsRings.out().offer(frame);
        assertEquals(11, link.underlay.poll(link.now, 10));
    }

    @Test
    void shouldBringTheAnswerToWhatIsTooLarge() {
        send(RED, 1500);
        link.poll();
        assertFalse(link.received());
        assertEquals(Port.RECEIVED, port.receive(frame));
        assertEquals(RED, Ipv4Header.destination(frame.buffer(), Frame.NETWORK_AT));
        assertEquals(Ipv4Header.PROTOCOL_ICMP, Ipv4Header.protocol(frame.buffer(), Frame.NETWORK_AT));
        assertEquals(Long.MAX_VALUE, link.underlay.nextDeadlineNs());
    }

    @Test
    void shouldWakeTheNetworkAtTheEndOfAPass() {
        assertTrue(port.fallAsleep());
        comes(RED);
        comes(BLUE);
        assertEquals(0, rung);
        link.underlay.flush();
        link.underlay.flush();
        assertEquals(1, rung);
        port.wokeUp();
        assertFalse(port.fallAsleep());
    }

    @Test
    void shouldStayAwakeWhileTheNetworkHasFrames() {
        assertTrue(link.underlay.fallAsleep());
        link.underlay.wokeUp();
        send(RED, 100);
        assertFalse(link.underlay.fallAsleep());
        link.poll();
        assertTrue(link.underlay.fallAsleep());
    }

    @Test
    void shouldSendWhatWaitsBeforeItsPortIsClosed() {
        for (int i = 0; i < 50; i++) {
            send(RED, 1000);
        }
        link.underlay.close();
        assertFalse(rings.out().take(frame));
    }
}
