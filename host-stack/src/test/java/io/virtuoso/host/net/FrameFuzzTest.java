package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whatever comes from the wire is handed on or counted as dropped; nothing is thrown. */
class FrameFuzzTest {
    private static final int ROUNDS = 30_000;

    private final Link link = new Link();
    private final ByteBuffer buffer = link.frame.buffer();
    private final SplittableRandom random = new SplittableRandom(11);

    private void run(final int length) {
        final long before = accounted();
        link.frame.length(length);
        link.far.transmit(link.frame);
        assertEquals(1, link.path.poll(link.now, 10));
        assertEquals(before + 1, accounted());
        while (link.received()) {
            link.now++;
        }
    }

    /** Frames whose fate is known. */
    private long accounted() {
        return accounted(link.path.counters());
    }

    private static long accounted(final StackCounters counters) {
        return counters.dropped()
                + counters.get(StackCounter.ARP_IN)
                + counters.get(StackCounter.ND_IN)
                + counters.get(StackCounter.ECHO_REPLIES)
                + counters.get(StackCounter.ICMP_ERRORS_IN)
                + counters.get(StackCounter.FRAGMENTS_IN)
                + counters.get(StackCounter.SEGMENTS_IN);
    }

    private void randomize(final int from, final int length) {
        for (int i = 0; i < length; i++) {
            buffer.put(from + i, (byte) random.nextInt());
        }
    }

    private void writeEthernet(final int type) {
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        EthernetHeader.write(buffer, Frame.ETHERNET_AT, link.near.mac(), link.far.mac(), type);
    }

    @Test
    void shouldSurviveNoise() {
        link.introduce();
        for (int round = 0; round < ROUNDS; round++) {
            final int length = random.nextInt(120);
            randomize(0, Frame.ETHERNET_AT + length);
            buffer.put(Frame.VIRTIO_AT + 1, (byte) random.nextInt(3));
            run(length);
        }
    }

    @Test
    void shouldSurviveNoiseBehindAGoodIpHeader() {
        link.introduce();
        for (int round = 0; round < ROUNDS; round++) {
            final int length = random.nextInt(100);
            writeEthernet(EthernetHeader.TYPE_IPV4);
            randomize(Frame.NETWORK_AT, Ipv4Header.BYTES + length);
            final int protocol = random.nextBoolean() ? Ipv4Header.PROTOCOL_TCP : Ipv4Header.PROTOCOL_ICMP;
            Ipv4Header.write(buffer, Frame.NETWORK_AT, 20 + length, 0, protocol, Link.KERNEL, Link.GUEST);
            repairTransport(protocol, length);
            run(EthernetHeader.BYTES + 20 + length);
        }
    }

    /** Now and then noise has a right checksum, and so comes further. */
    private void repairTransport(final int protocol, final int length) {
        final int at = Frame.TRANSPORT_AT;
        if (protocol == Ipv4Header.PROTOCOL_TCP && length >= TcpHeader.BYTES) {
            Wire.put8(buffer, at + 12, (5 + random.nextInt(11)) << 4);
            TcpHeader.writeChecksum(buffer, at, length, Link.KERNEL, Link.GUEST);
        } else if (protocol == Ipv4Header.PROTOCOL_ICMP && length >= IcmpMessage.BYTES) {
            Wire.put8(buffer, at, new int[] {0, 3, 8, 11, 12}[random.nextInt(5)]);
            if (length >= IcmpMessage.BYTES + 20) {
                Wire.put8(buffer, at + 8, 0x45 + random.nextInt(3));
                Wire.put8(buffer, at + 8 + 9, Ipv4Header.PROTOCOL_TCP);
                Wire.put32(buffer, at + 8 + 12, Link.GUEST);
            }
            Wire.put16(buffer, at + 2, 0);
            Wire.put16(buffer, at + 2, Checksum.complete(Checksum.partial(buffer, at, length, 0)));
        }
    }

    @Test
    void shouldSurviveFragmentsOfNoise() {
        link.introduce();
        final int[] protocols = {Ipv4Header.PROTOCOL_TCP, Ipv4Header.PROTOCOL_ICMP, Ipv4Header.PROTOCOL_UDP};
        for (int round = 0; round < ROUNDS; round++) {
            final int length = random.nextInt(5) * 8 + random.nextInt(2) * random.nextInt(8);
            writeEthernet(EthernetHeader.TYPE_IPV4);
            randomize(Frame.NETWORK_AT, Ipv4Header.BYTES + length);
            Ipv4Header.writeFragment(
                    buffer,
                    Frame.NETWORK_AT,
                    20 + length,
                    random.nextInt(20),
                    protocols[random.nextInt(3)],
                    Link.KERNEL,
                    Link.GUEST,
                    random.nextInt(10) == 0 ? 8 * random.nextInt(8192) : 8 * random.nextInt(5),
                    random.nextBoolean());
            run(EthernetHeader.BYTES + 20 + length);
        }
    }

    @Test
    void shouldSurviveNoiseBehindAGoodIpv6Header() {
        final Ipv6Link six = new Ipv6Link();
        six.introduce();
        final int[] protocols = {0, 6, 17, 43, 44, 58, 58, 58, 60};
        for (int round = 0; round < ROUNDS; round++) {
            final int length = random.nextInt(120);
            for (int i = 0; i < length; i++) {
                six.buffer.put(Frame.TRANSPORT_AT_IPV6 + i, (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0));
            }
            final int protocol = protocols[random.nextInt(protocols.length)];
            final boolean group = random.nextInt(4) == 0;
            six.writeHeader(protocol, length, random.nextBoolean() ? 255 : 64, group);
            six.repair(protocol, length, random);
            final long before = accounted(six.path.counters());
            six.send(length, group);
            assertEquals(before + 1, accounted(six.path.counters()));
            six.forgetReceived();
        }
        assertTrue(six.path.counters().get(StackCounter.ND_IN) > 0);
        assertTrue(six.path.counters().get(StackCounter.ECHO_REPLIES) > 0);
        assertTrue(six.path.counters().get(StackCounter.RESETS_OUT) > 0);
    }

    @Test
    void shouldSurviveGoodFramesCutAnywhere() {
        link.introduce();
        for (int length = 0; length < 14 + 20 + 20 + 10; length++) {
            writeEthernet(EthernetHeader.TYPE_IPV4);
            Ipv4Header.write(buffer, Frame.NETWORK_AT, 50, 0, Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST);
            TcpHeader.write(buffer, Frame.TRANSPORT_AT, 1 << 16 | 2, 0, 0, 20, TcpHeader.SYN, 0);
            TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, 30, Link.KERNEL, Link.GUEST);
            run(length);
        }
    }

    @Test
    void shouldSurviveGoodFramesWithAFewBitsChanged() {
        link.introduce();
        for (int round = 0; round < ROUNDS; round++) {
            writeEthernet(random.nextInt(4) == 0 ? EthernetHeader.TYPE_ARP : EthernetHeader.TYPE_IPV4);
            Ipv4Header.write(buffer, Frame.NETWORK_AT, 60, 0, Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST);
            TcpHeader.write(buffer, Frame.TRANSPORT_AT, 1 << 16 | 2, 0, 0, 40, TcpHeader.SYN, 0);
            TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, 40, Link.KERNEL, Link.GUEST);
            for (int flips = random.nextInt(4); flips > 0; flips--) {
                final int at = Frame.VIRTIO_AT + random.nextInt(12 + 14 + 60);
                buffer.put(at, (byte) (buffer.get(at) ^ 1 << random.nextInt(8)));
            }
            run(14 + 60);
        }
    }
}
