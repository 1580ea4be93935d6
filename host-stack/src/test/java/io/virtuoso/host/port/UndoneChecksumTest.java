package io.virtuoso.host.port;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UndoneChecksumTest {
    private static final int FROM = 0x0a58_0001;
    private static final int TO = 0x0a58_0002;
    private static final int TCP_BYTES = TcpHeader.BYTES + 100;

    private final Frame frame = new Frame();

    private void write(final int protocol) {
        for (int i = 0; i < TCP_BYTES; i++) {
            Wire.put8(frame.buffer(), Frame.TRANSPORT_AT + i, i);
        }
        VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
        EthernetHeader.write(frame.buffer(), Frame.ETHERNET_AT, 1, 2, EthernetHeader.TYPE_IPV4);
        Ipv4Header.write(frame.buffer(), Frame.NETWORK_AT, Ipv4Header.BYTES + TCP_BYTES, 7, protocol, FROM, TO);
        frame.length(EthernetHeader.BYTES + Ipv4Header.BYTES + TCP_BYTES);
    }

    private int flagsAfterMark() {
        UndoneChecksum.mark(frame);
        return VirtioNetHeader.flags(frame.buffer(), Frame.VIRTIO_AT);
    }

    @Test
    void shouldRecogniseASumOverThePseudoHeaderOnly() {
        write(Ipv4Header.PROTOCOL_TCP);
        TcpHeader.writePartialChecksum(frame.buffer(), Frame.TRANSPORT_AT, TCP_BYTES, FROM, TO);
        assertEquals(VirtioNetHeader.NEEDS_CHECKSUM, flagsAfterMark());
        assertEquals(34, VirtioNetHeader.checksumStart(frame.buffer(), Frame.VIRTIO_AT));
        assertEquals(16, VirtioNetHeader.checksumOffset(frame.buffer(), Frame.VIRTIO_AT));
    }

    @Test
    void shouldLeaveOtherFramesToBeChecked() {
        write(Ipv4Header.PROTOCOL_TCP);
        TcpHeader.writeChecksum(frame.buffer(), Frame.TRANSPORT_AT, TCP_BYTES, FROM, TO);
        assertEquals(0, flagsAfterMark());
        TcpHeader.writePartialChecksum(frame.buffer(), Frame.TRANSPORT_AT, TCP_BYTES + 1, FROM, TO);
        assertEquals(0, flagsAfterMark());
        write(Ipv4Header.PROTOCOL_ICMP);
        TcpHeader.writePartialChecksum(frame.buffer(), Frame.TRANSPORT_AT, TCP_BYTES, FROM, TO);
        assertEquals(0, flagsAfterMark());
    }

    @Test
    void shouldThrowNothingWhateverTheHeaderSays() {
        final SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 100_000; i++) {
            write(Ipv4Header.PROTOCOL_TCP);
            frame.length(random.nextInt(EthernetHeader.BYTES, frame.length() + 1));
            final int at = Frame.NETWORK_AT + random.nextInt(Ipv4Header.BYTES);
            Wire.put8(frame.buffer(), at, random.nextInt(256));
            UndoneChecksum.mark(frame);
        }
    }
}
