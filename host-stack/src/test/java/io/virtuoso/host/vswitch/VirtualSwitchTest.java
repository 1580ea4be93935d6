package io.virtuoso.host.vswitch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.virtuoso.host.net.StackCounter;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.virtio.TestDriver.Piece;
import io.virtuoso.host.virtio.VmFault.Reason;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames between machines, guests and the network's port: where they go, in whose name, and what cards cannot do. */
class VirtualSwitchTest {
    private static final long HIGH = 0xfd00_0088_0000_0000L;
    private static final Station ALPHA = new Station(0x0256_0a58_0101L, 0x0a58_0101, HIGH, 0x101);
    private static final Station BETA = new Station(0x0256_0a58_0102L, 0x0a58_0102, HIGH, 0x102);
    private static final Station STRANGER = new Station(0x0200_0000_0002L, 0x0a58_0901, HIGH, 0x901);
    private static final int GUEST = 0x0a58_0002;
    private static final int PORTS = 5000 << 16 | 80;
    private static final int SMALL = 2048;

    private final WirePort near = WirePort.create(new WirePort.Traits(1500, 0, 64, true), () -> 1);
    private final Frame seen = new Frame();
    private final Frame brought = new Frame();
    private int broughtFrames;

    private TestCard alpha;
    private TestCard beta;
    private VirtualSwitch virtualSwitch;

    private void make(final Port own, final boolean packed, final long features, final int buffer) {
        alpha = new TestCard(ALPHA, packed, TestCard.ALL, SMALL);
        beta = new TestCard(BETA, packed, features, buffer);
        virtualSwitch = new VirtualSwitch(own, 1500, 1, List.of(alpha.port, beta.port));
        virtualSwitch.deliverTo((frame, now) -> {
            brought.copyFrom(frame);
            broughtFrames++;
        });
    }

    private void make() {
        make(near, false, TestCard.ALL, SMALL);
    }

    private void send(final TestCard from, final Frame frame) {
        from.send(frame);
        assertEquals(1, virtualSwitch.poll(1, 64));
        virtualSwitch.flush();
    }

    private void assertDropped(final DropReason reason, final Frame frame) {
        final long before = virtualSwitch.counters().dropped(reason);
        final long all = virtualSwitch.counters().dropped();
        send(alpha, frame);
        assertEquals(before + 1, virtualSwitch.counters().dropped(reason));
        assertEquals(all + 1, virtualSwitch.counters().dropped());
        assertFalse(beta.take(seen));
        assertEquals(0, broughtFrames);
        assertEquals(Port.NONE, near.peer().receive(seen));
    }

    private Frame toBeta(final int bytes) {
        return Frames.tcp(ALPHA, BETA.mac(), BETA.address(), PORTS, TcpHeader.ACK, bytes);
    }

    // ---- where frames go

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCarryFramesBetweenMachines(final boolean packed) {
        make(null, packed, TestCard.ALL, SMALL);
        for (int i = 0; i < 300; i++) {
            final Frame sent = toBeta(i);
            send(alpha, sent);
            assertTrue(beta.take(seen));
            assertEquals(
                    -1,
                    seen.memory()
                            .asSlice(Frame.ETHERNET_AT, seen.length())
                            .mismatch(sent.memory().asSlice(Frame.ETHERNET_AT, sent.length())));
        }
        assertEquals(300, virtualSwitch.counters().get(StackCounter.FRAMES_IN));
        assertEquals(300, virtualSwitch.counters().get(StackCounter.FRAMES_OUT));
        assertNull(beta.fault);
        assertEquals(1, beta.calls & 1);
    }

    @Test
    void shouldBringFramesToGuestsAndTheOwnPort() {
        make();
        send(alpha, Frames.tcp(ALPHA, virtualSwitch.mac(), GUEST, PORTS, TcpHeader.SYN, 0));
        assertEquals(1, broughtFrames);
        assertEquals(GUEST, Ipv4Header.destination(brought.buffer(), Frame.NETWORK_AT));
        send(alpha, Frames.tcp(ALPHA, STRANGER.mac(), STRANGER.address(), PORTS, TcpHeader.SYN, 0));
        assertEquals(Port.RECEIVED, near.peer().receive(seen));
        assertEquals(ALPHA.mac(), EthernetHeader.source(seen.buffer(), Frame.ETHERNET_AT));
    }

    @Test
    void shouldGiveMachinesWhatGuestsAndThePortSend() {
        make();
        final Station own = new Station(virtualSwitch.mac(), GUEST, 0, 0);
        assertTrue(virtualSwitch.transmit(Frames.tcp(own, BETA.mac(), BETA.address(), PORTS, TcpHeader.SYN, 0)));
        assertTrue(beta.take(seen));
        near.peer().transmit(Frames.tcp(STRANGER, BETA.mac(), BETA.address(), PORTS, TcpHeader.SYN, 0));
        near.peer().transmit(Frames.tcp(STRANGER, virtualSwitch.mac(), GUEST, PORTS, TcpHeader.SYN, 0));
        assertEquals(Port.RECEIVED, virtualSwitch.receive(brought));
        assertEquals(GUEST, Ipv4Header.destination(brought.buffer(), Frame.NETWORK_AT));
        assertTrue(beta.take(seen));
        assertTrue(virtualSwitch.transmit(Frames.tcp(own, STRANGER.mac(), 9, PORTS, TcpHeader.SYN, 0)));
        assertEquals(Port.RECEIVED, near.peer().receive(seen));
    }

    @Test
    void shouldAskOnlyThoseWhoAreMeant() {
        make();
        final long all = EthernetHeader.BROADCAST;
        send(alpha, Frames.arp(ArpPacket.REQUEST, ALPHA.mac(), ALPHA.address(), all, BETA.address()));
        assertTrue(beta.take(seen));
        assertEquals(0, broughtFrames);
        assertEquals(Port.NONE, near.peer().receive(seen));
        send(alpha, Frames.arp(ArpPacket.REQUEST, ALPHA.mac(), ALPHA.address(), all, GUEST));
        assertFalse(beta.take(seen));
        assertEquals(1, broughtFrames);
        assertEquals(Port.RECEIVED, near.peer().receive(seen));
        near.peer().transmit(Frames.arp(ArpPacket.REQUEST, STRANGER.mac(), 1, all, ALPHA.address()));
        assertEquals(Port.NONE, virtualSwitch.receive(brought));
        assertTrue(alpha.take(seen));
        final Station own = new Station(virtualSwitch.mac(), GUEST, HIGH, 2);
        assertTrue(virtualSwitch.transmit(Frames.arp(ArpPacket.REQUEST, own.mac(), GUEST, all, BETA.address())));
        assertTrue(beta.take(seen));
        final Station group = new Station(0x3333_ff00_0102L, 0, NdMessage.SOLICITED_NODE_HIGH, 0x1_ff00_0102L);
        send(alpha, Frames.nd(ALPHA, group, NdMessage.SOLICITATION, BETA, ALPHA.mac()));
        assertTrue(beta.take(seen));
        assertEquals(1, broughtFrames);
    }

    @Test
    void shouldDropWhatHasNowhereToGo() {
        make(null, false, TestCard.ALL, SMALL);
        assertDropped(DropReason.MACHINE_NO_WAY, Frames.tcp(ALPHA, STRANGER.mac(), 9, PORTS, TcpHeader.SYN, 0));
        beta.port.disconnect();
        assertDropped(DropReason.MACHINE_AWAY, toBeta(10));
    }

    @Test
    void shouldDropWhatFindsNoBuffersAndGoOn() {
        make(null, false, TestCard.ALL, SMALL);
        for (int i = 0; i < 80; i++) {
            send(alpha, toBeta(1000));
        }
        assertEquals(16, virtualSwitch.counters().dropped(DropReason.MACHINE_NO_BUFFER));
        for (int i = 0; i < 64; i++) {
            assertTrue(beta.take(seen));
        }
        assertFalse(beta.take(seen));
        send(alpha, toBeta(1000));
        assertTrue(beta.take(seen));
    }

    // ---- in whose name

    @Test
    void shouldLetNobodySpeakInAnothersName() {
        make();
        final Station thief = new Station(ALPHA.mac(), BETA.address(), HIGH, BETA.low());
        final Station disguise = new Station(BETA.mac(), ALPHA.address(), HIGH, ALPHA.low());
        final long all = EthernetHeader.BROADCAST;
        assertDropped(DropReason.MACHINE_MAC, Frames.tcp(disguise, STRANGER.mac(), 9, PORTS, TcpHeader.SYN, 0));
        assertDropped(DropReason.MACHINE_ADDRESS, Frames.tcp(thief, STRANGER.mac(), 9, PORTS, TcpHeader.SYN, 0));
        assertDropped(DropReason.MACHINE_ADDRESS, Frames.arp(ArpPacket.REPLY, ALPHA.mac(), GUEST, STRANGER.mac(), 9));
        final Frame lie = Frames.arp(ArpPacket.REQUEST, BETA.mac(), ALPHA.address(), all, GUEST);
        EthernetHeader.write(lie.buffer(), Frame.ETHERNET_AT, all, ALPHA.mac(), EthernetHeader.TYPE_ARP);
        assertDropped(DropReason.MACHINE_ADDRESS, lie);
        assertDropped(DropReason.MACHINE_ADDRESS, Frames.large6(thief, STRANGER, 0, 0));
        assertDropped(
                DropReason.MACHINE_ADDRESS, Frames.nd(ALPHA, STRANGER, NdMessage.ADVERTISEMENT, BETA, ALPHA.mac()));
        assertDropped(
                DropReason.MACHINE_ADDRESS, Frames.nd(ALPHA, STRANGER, NdMessage.ADVERTISEMENT, ALPHA, BETA.mac()));
        assertDropped(
                DropReason.MACHINE_ADDRESS, Frames.nd(thief, STRANGER, NdMessage.SOLICITATION, STRANGER, ALPHA.mac()));
        send(alpha, Frames.nd(ALPHA, STRANGER, NdMessage.ADVERTISEMENT, ALPHA, ALPHA.mac()));
        assertEquals(Port.RECEIVED, near.peer().receive(seen));
    }

    @Test
    void shouldDropGroupsAndTypesThatAreNotServed() {
        make();
        assertDropped(DropReason.MACHINE_GROUP, Frames.udp(ALPHA, EthernetHeader.BROADCAST, -1, 68 << 16 | 67, 100));
        assertDropped(
                DropReason.MACHINE_GROUP,
                Frames.arp(ArpPacket.REQUEST, ALPHA.mac(), 0, EthernetHeader.BROADCAST, ALPHA.address()));
        final Frame tagged = toBeta(10);
        EthernetHeader.write(tagged.buffer(), Frame.ETHERNET_AT, BETA.mac(), ALPHA.mac(), EthernetHeader.TYPE_VLAN);
        assertDropped(DropReason.FRAME_TYPE, tagged);
    }

    @Test
    void shouldTakeNothingInAMachinesNameFromOutside() {
        make();
        final Station imposter = new Station(STRANGER.mac(), ALPHA.address(), HIGH, ALPHA.low());
        near.peer().transmit(Frames.tcp(imposter, virtualSwitch.mac(), GUEST, PORTS, TcpHeader.SYN, 0));
        near.peer().transmit(Frames.arp(ArpPacket.REPLY, STRANGER.mac(), ALPHA.address(), virtualSwitch.mac(), GUEST));
        near.peer().transmit(Frames.large6(imposter, new Station(virtualSwitch.mac(), 0, HIGH, 2), 10, 1000));
        assertEquals(Port.NONE, virtualSwitch.receive(seen));
        assertEquals(3, virtualSwitch.counters().dropped(DropReason.MACHINE_ADDRESS));
    }

    // ---- what cards can do

    @Test
    void shouldCarryLargeFramesWholeOverSeveralBuffers() {
        make(null, true, TestCard.ALL, SMALL);
        final Frame sent = Frames.large(ALPHA, BETA.mac(), BETA.address(), 60_000, 1000);
        send(alpha, sent);
        assertTrue(beta.take(seen));
        assertEquals(
                -1,
                seen.memory()
                        .asSlice(Frame.ETHERNET_AT, seen.length())
                        .mismatch(sent.memory().asSlice(Frame.ETHERNET_AT, sent.length())));
        assertEquals(1000, VirtioNetHeader.gsoSize(seen.buffer(), Frame.VIRTIO_AT));
    }

    @ParameterizedTest
    @CsvSource({"false, 59_900", "true, 60_000"})
    void shouldCutLargeFramesForCardsThatCannot(final boolean ipv6, final int bytes) {
        make(null, false, 0, SMALL);
        send(
                alpha,
                ipv6
                        ? Frames.large6(ALPHA, BETA, bytes, 1000)
                        : Frames.large(ALPHA, BETA.mac(), BETA.address(), bytes, 1000));
        final int at = ipv6 ? Frame.TRANSPORT_AT_IPV6 : Frame.TRANSPORT_AT;
        int done = 0;
        for (int i = 0; done < bytes; i++) {
            assertTrue(beta.take(seen));
            assertTrue(Frames.hasGoodChecksum(seen), "segment " + i);
            assertEquals(1000 + done, TcpHeader.sequence(seen.buffer(), at));
            final int part = seen.end() - at - TcpHeader.BYTES;
            assertEquals(Math.min(1000, bytes - done), part);
            assertEquals((byte) (done * 31 >>> 3), seen.buffer().get(at + TcpHeader.BYTES));
            done += part;
            if (!ipv6) {
                assertNull(Ipv4Header.check(seen.buffer(), Frame.NETWORK_AT, seen.length() - EthernetHeader.BYTES));
                assertEquals(7 + i, Ipv4Header.identification(seen.buffer(), Frame.NETWORK_AT));
                final int flags = TcpHeader.ACK | (i == 0 ? TcpHeader.CWR : 0) | (done == bytes ? TcpHeader.PSH : 0);
                assertEquals(flags, TcpHeader.flags(seen.buffer(), at));
            }
        }
        assertFalse(beta.take(seen));
    }

    @Test
    void shouldCutLargeFramesForPortsThatCannot() {
        final WirePort plain = WirePort.create(new WirePort.Traits(1500, 0, 64, false), () -> 1);
        make(plain, false, TestCard.ALL, SMALL);
        send(alpha, Frames.large(ALPHA, STRANGER.mac(), STRANGER.address(), 2500, 1000));
        for (int i = 0; i < 3; i++) {
            assertEquals(Port.RECEIVED, plain.peer().receive(seen));
            assertTrue(Frames.hasGoodChecksum(seen));
        }
        assertEquals(Port.NONE, plain.peer().receive(seen));
    }

    @Test
    void shouldCompleteChecksumsForCardsThatCannot() {
        make(null, false, 0, SMALL);
        final Frame sent = toBeta(101);
        TcpHeader.writePartialChecksum(
                sent.buffer(), Frame.TRANSPORT_AT, TcpHeader.BYTES + 101, ALPHA.address(), BETA.address());
        VirtioNetHeader.writeNeedsChecksum(sent.buffer(), Frame.VIRTIO_AT, Frames.TCP, TcpHeader.CHECKSUM);
        send(alpha, sent);
        assertTrue(beta.take(seen));
        assertTrue(Frames.hasGoodChecksum(seen));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 54, 100, 34, 16", // segments too small
        "1, 54, 1500, 34, 16", // too large for the network
        "1, 54, 1000, 38, 16", // not at the TCP header
        "1, 54, 1000, 34, 6", // not TCP's checksum
        "4, 54, 1000, 34, 16", // IPv6 in IPv4
        "3, 54, 1000, 34, 16", // UDP
        "0, 0, 0, 34, 16", // longer than the network's packets
    })
    void shouldRefuseOffloadHeadersThatLie(
            final int type, final int header, final int size, final int start, final int offset) {
        make();
        final Frame frame = Frames.large(ALPHA, BETA.mac(), BETA.address(), 3000, 1000);
        VirtioNetHeader.writeTcpSegmentation(frame.buffer(), Frame.VIRTIO_AT, type, header, size, start, offset);
        assertDropped(DropReason.MACHINE_OFFLOAD, frame);
    }

    @ParameterizedTest
    @CsvSource({"14, 16", "34, 2000", "65000, 16", "34, 0"})
    void shouldRefuseChecksumsOutsideTheFrame(final int start, final int offset) {
        make();
        final Frame frame = toBeta(100);
        VirtioNetHeader.writeNeedsChecksum(frame.buffer(), Frame.VIRTIO_AT, start, offset);
        assertDropped(DropReason.MACHINE_OFFLOAD, frame);
    }

    // ---- hostile drivers

    @Test
    void shouldCutOffDriversWhoseBuffersMakeNoSense() {
        make();
        alpha.transmit.offer(false, List.of(new Piece(0, 20, false)));
        assertEquals(0, virtualSwitch.poll(1, 64));
        assertEquals(Reason.PACKET, alpha.fault.reason());
        alpha.transmit.offer(false, List.of(new Piece(0, 200, false)));
        assertEquals(0, virtualSwitch.poll(1, 64));
        final TestCard tiny = new TestCard(ALPHA, false, TestCard.ALL, 8);
        assertEquals(DropReason.MACHINE_AWAY, tiny.port.give(toBeta(10)));
        assertEquals(Reason.PACKET, tiny.fault.reason());
    }

    /** Memory of the machines is overwritten at random places while good frames go both ways. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldStandRandomCorruption(final boolean packed) {
        final SplittableRandom random = new SplittableRandom(packed ? 3 : 4);
        int passed = 0;
        int faults = 0;
        for (int round = 0; round < 300; round++) {
            make(null, packed, TestCard.ALL, SMALL);
            for (int i = 0; i < 60 && alpha.fault == null && beta.fault == null; i++) {
                corrupt(alpha, random);
                corrupt(beta, random);
                if (alpha.transmit.free() >= 2) {
                    alpha.put(
                            random.nextInt(4) == 0
                                    ? Frames.large(ALPHA, BETA.mac(), BETA.address(), random.nextInt(30_000), 1000)
                                    : toBeta(random.nextInt(1400)));
                }
                virtualSwitch.poll(1, 64);
                virtualSwitch.flush();
            }
            passed += virtualSwitch.counters().get(StackCounter.FRAMES_OUT) > 0 ? 1 : 0;
            faults += alpha.fault != null || beta.fault != null ? 1 : 0;
        }
        assertTrue(
                passed > 100 && faults > 100, passed + " rounds passed frames, in " + faults + " a card was cut off");
    }

    private static void corrupt(final TestCard card, final SplittableRandom random) {
        for (int i = random.nextInt(3); i > 0; i--) {
            final int value = random.nextInt(2) == 0 ? random.nextInt() : random.nextInt(16);
            card.ram.memory.set(ValueLayout.JAVA_BYTE, random.nextInt(4 * 1024), (byte) value);
        }
    }

    /** Every frame of random bytes goes somewhere or is counted. */
    @Test
    void shouldStandRandomFrames() {
        make();
        final SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 20_000; i++) {
            final Frame frame = i % 2 == 0
                    ? Frames.large(ALPHA, BETA.mac(), BETA.address(), random.nextInt(3000), 1000)
                    : Frames.nd(ALPHA, BETA, NdMessage.SOLICITATION + random.nextInt(2), ALPHA, ALPHA.mac());
            final int from = random.nextInt(3) == 0 ? Frame.VIRTIO_AT : Frame.NETWORK_AT;
            for (int j = random.nextInt(4); j > 0; j--) {
                frame.buffer().put(from + random.nextInt(70), (byte) random.nextInt());
            }
            frame.length(random.nextInt(8) == 0 ? random.nextInt(14, 100) : frame.length());
            send(alpha, frame);
            while (beta.take(seen) || near.peer().receive(seen) == Port.RECEIVED) {
                assertEquals(ALPHA.mac(), EthernetHeader.source(seen.buffer(), Frame.ETHERNET_AT));
            }
        }
        assertNull(alpha.fault);
    }

    // ---- no allocation

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAllocateNothingPerFrame(final boolean packed) {
        make(null, packed, 0, SMALL);
        final Frame small = toBeta(1000);
        final Frame large = Frames.large(ALPHA, BETA.mac(), BETA.address(), 20_000, 1000);
        final Frame toGuest = Frames.tcp(ALPHA, virtualSwitch.mac(), GUEST, PORTS, TcpHeader.ACK, 1000);
        final Station own = new Station(virtualSwitch.mac(), GUEST, 0, 0);
        final Frame toAlpha = Frames.large(own, ALPHA.mac(), ALPHA.address(), 20_000, 1000);
        exchange(small, large, toGuest, toAlpha, 20_000);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 5 && least > 0; round++) {
            least = Math.min(least, exchange(small, large, toGuest, toAlpha, 2_000));
        }
        assertEquals(0, least);
    }

    /** @return bytes that the switch has allocated meanwhile; the cards are the test's */
    private long exchange(
            final Frame small, final Frame large, final Frame toGuest, final Frame toAlpha, final int rounds) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = 0;
        for (int i = 0; i < rounds; i++) {
            alpha.send(i % 8 == 0 ? large : i % 8 == 1 ? toGuest : small);
            final long before = threads.getCurrentThreadAllocatedBytes();
            virtualSwitch.poll(1, 64);
            virtualSwitch.transmit(toAlpha);
            virtualSwitch.isWaiting();
            virtualSwitch.flush();
            allocated += threads.getCurrentThreadAllocatedBytes() - before;
            while (beta.take(seen)) {
                // Its buffers are offered again.
            }
            assertTrue(alpha.take(seen));
        }
        assertEquals(0, virtualSwitch.counters().dropped());
        return allocated;
    }
}
