package io.virtuoso.host.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LossPortTest {
    private static final int FRAMES = 10_000;

    private final WirePort near = WirePort.create(new WirePort.Traits(1500, 0, 4, true), () -> 0);
    private final Frame frame = new Frame();

    private void write(final int number, final int type) {
        VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
        EthernetHeader.write(frame.buffer(), Frame.ETHERNET_AT, 1, 2, type);
        Wire.put32(frame.buffer(), Frame.NETWORK_AT, number);
        frame.length(60);
    }

    private List<Integer> transmitAll(final LossPort port, final int type) {
        final List<Integer> arrived = new ArrayList<>();
        for (int i = 0; i < FRAMES; i++) {
            write(i, type);
            port.transmit(frame);
            drain(near.peer(), arrived);
        }
        for (int i = 0; i < 3; i++) {
            port.receive(frame);
        }
        drain(near.peer(), arrived);
        return arrived;
    }

    private List<Integer> receiveAll(final LossPort port) {
        final List<Integer> arrived = new ArrayList<>();
        for (int i = 0; i < FRAMES; i++) {
            write(i, EthernetHeader.TYPE_IPV4);
            near.peer().transmit(frame);
            drain(port, arrived);
        }
        drain(port, arrived);
        drain(port, arrived);
        return arrived;
    }

    private void drain(final Port port, final List<Integer> arrived) {
        while (port.receive(frame) == Port.RECEIVED) {
            arrived.add(Wire.i32(frame.buffer(), Frame.NETWORK_AT));
        }
    }

    @Test
    void shouldLoseAboutAsManyAsAskedFor() {
        final LossPort port = new LossPort(near, new LossPort.Rates(0.1, 0, 0, 0), 1);
        final int arrived = transmitAll(port, EthernetHeader.TYPE_IPV4).size();
        assertEquals(FRAMES - port.lost(), arrived);
        assertEquals(FRAMES * 0.1, (double) port.lost(), FRAMES * 0.02);
    }

    @Test
    void shouldDuplicateAndLoseNothing() {
        final LossPort port = new LossPort(near, new LossPort.Rates(0, 0.1, 0, 0), 1);
        final List<Integer> sent = transmitAll(port, EthernetHeader.TYPE_IPV4);
        assertEquals(FRAMES + port.duplicated(), sent.size());
        assertEquals(FRAMES, sent.stream().distinct().count());
        final List<Integer> received = receiveAll(port);
        assertEquals(FRAMES, received.stream().distinct().count());
        assertTrue(received.size() > FRAMES);
    }

    @Test
    void shouldReorderAndLoseNothing() {
        final LossPort port = new LossPort(near, new LossPort.Rates(0, 0, 0.1, 0), 1);
        for (final List<Integer> arrived : List.of(transmitAll(port, EthernetHeader.TYPE_IPV4), receiveAll(port))) {
            assertEquals(FRAMES, arrived.stream().distinct().count());
            assertNotEquals(arrived.stream().sorted().toList(), arrived);
        }
    }

    @Test
    void shouldDoTheSameForTheSameSeed() {
        final LossPort.Rates rates = new LossPort.Rates(0.05, 0.05, 0.05, 0);
        final List<Integer> first = transmitAll(new LossPort(near, rates, 42), EthernetHeader.TYPE_IPV4);
        final List<Integer> second = transmitAll(new LossPort(near, rates, 42), EthernetHeader.TYPE_IPV4);
        assertEquals(first, second);
    }

    @Test
    void shouldSpareArp() {
        final LossPort port = new LossPort(near, new LossPort.Rates(1.0, 0, 0, 0), 1);
        assertEquals(FRAMES, transmitAll(port, EthernetHeader.TYPE_ARP).size());
    }

    @Test
    void shouldCompleteChecksumsBeforeItCorrupts() {
        final LossPort port = new LossPort(near, new LossPort.Rates(0, 0, 0, 1.0), 3);
        assertFalse(port.checksumOffload());
        assertFalse(port.segmentationOffload());
        for (int i = 0; i < 100; i++) {
            writeTcpWithPartialChecksum();
            near.peer().transmit(frame);
            assertEquals(Port.RECEIVED, port.receive(frame));
            assertEquals(0, VirtioNetHeader.flags(frame.buffer(), Frame.VIRTIO_AT));
            final boolean ipHurt = Wire.i32(frame.buffer(), Frame.NETWORK_AT) != 0
                    || Wire.i32(frame.buffer(), Frame.NETWORK_AT + 4) != 0
                    || Wire.i32(frame.buffer(), Frame.NETWORK_AT + 8) != 0
                    || Wire.i32(frame.buffer(), Frame.NETWORK_AT + 12) != 0
                    || Wire.i32(frame.buffer(), Frame.NETWORK_AT + 16) != 0;
            assertTrue(ipHurt || !TcpHeader.checksumValid(frame.buffer(), Frame.TRANSPORT_AT, 40, 1, 2));
        }
        assertEquals(100, port.corrupted());
    }

    private void writeTcpWithPartialChecksum() {
        write(0, EthernetHeader.TYPE_IPV4);
        for (int at = Frame.NETWORK_AT; at < Frame.NETWORK_AT + 60; at++) {
            frame.buffer().put(at, (byte) 0);
        }
        TcpHeader.write(frame.buffer(), Frame.TRANSPORT_AT, 5, 6, 7, 20, TcpHeader.ACK, 8);
        TcpHeader.writePartialChecksum(frame.buffer(), Frame.TRANSPORT_AT, 40, 1, 2);
        VirtioNetHeader.writeNeedsChecksum(frame.buffer(), Frame.VIRTIO_AT, 34, TcpHeader.CHECKSUM);
        frame.length(14 + 20 + 40);
    }

    @Test
    void shouldRefuseRatesThatAreNone() {
        assertThrows(IllegalArgumentException.class, () -> new LossPort.Rates(1.1, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new LossPort.Rates(0, Double.NaN, 0, 0));
    }
}
