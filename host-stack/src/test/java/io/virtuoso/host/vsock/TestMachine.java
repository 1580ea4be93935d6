package io.virtuoso.host.vsock;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VirtioVsockHdr;
import io.virtuoso.host.virtio.GuestRam;
import io.virtuoso.host.virtio.TestDriver;
import io.virtuoso.host.virtio.TestDriver.Piece;
import io.virtuoso.host.virtio.Virtqueue;
import io.virtuoso.host.virtio.VmFault;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A machine's vsock driver, packet by packet. */
public final class TestMachine {
    public static final long CID = 3;
    static final int GUEST_PORT = 1000;
    private static final int RING = 16;
    private static final int BUFFER = 4096;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    final VsockDevice device;
    final GuestRam ram = GuestRam.ofBytes(1 << 18);
    final TestDriver receive;
    final TestDriver transmit;
    public int room = 1 << 20;
    public int forwarded;
    private final Map<Integer, Long> offered = new HashMap<>();
    private final ArrayDeque<Long> freeBuffers = new ArrayDeque<>();
    private final long packet;

    /** A packet that the device sent. */
    public record Packet(
            int operation, int hostPort, int guestPort, int flags, int room, int forwarded, MemorySegment data) {
        public byte[] bytes() {
            return data.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    public TestMachine(final boolean packed, final VsockPorts ports) throws VmFault {
        receive = TestDriver.of(packed, ram, RING, true);
        transmit = TestDriver.of(packed, ram, RING, true);
        packet = ram.allocate(1 << 17, 16);
        device = new VsockDevice(CID, ports);
        device.queueStarted(0, open(receive));
        device.queueStarted(1, open(transmit));
        for (int i = 0; i < RING; i++) {
            freeBuffers.add(ram.allocate(BUFFER, 16));
        }
    }

    private Virtqueue open(final TestDriver driver) throws VmFault {
        return Virtqueue.open(driver.layout(), ram.region(), driver.features(), driver.base());
    }

    /** @return connections that are open, or on their way to their end */
    public int connections() {
        return device.connectionCount();
    }

    /** Offers buffers to receive into. */
    public void offer(final int count) {
        for (int i = 0; i < count && !freeBuffers.isEmpty(); i++) {
            final long at = freeBuffers.remove();
            offered.put(receive.offer(false, List.of(new Piece(at, BUFFER, true))), at);
        }
    }

    public void serve() throws VmFault {
        while (device.serve()) {
            // A device that has more to do says so; it must come to an end by itself.
        }
    }

    public void send(final int operation, final int hostPort, final int flags, final byte[] bytes) throws VmFault {
        sendRaw(CID, Virtio.VIRTIO_VSOCK_TYPE_STREAM, operation, hostPort, flags, bytes, bytes.length);
        serve();
    }

    public void send(final int operation, final int hostPort) throws VmFault {
        send(operation, hostPort, 0, new byte[0]);
    }

    /** Puts a packet into the ring, header and bytes in two pieces. */
    void sendRaw(
            final long cid,
            final int type,
            final int operation,
            final int hostPort,
            final int flags,
            final byte[] bytes,
            final int length) {
        while (transmit.used().isPresent()) {
            // Takes back what the device has read.
        }
        final MemorySegment header = ram.memory.asSlice(packet, VirtioVsockHdr.BYTES);
        header.set(LONG, VirtioVsockHdr.SRC_CID, cid);
        header.set(LONG, VirtioVsockHdr.DST_CID, VsockDevice.HOST_CID);
        header.set(INT, VirtioVsockHdr.SRC_PORT, GUEST_PORT);
        header.set(INT, VirtioVsockHdr.DST_PORT, hostPort);
        header.set(INT, VirtioVsockHdr.LEN, length);
        header.set(SHORT, VirtioVsockHdr.TYPE, (short) type);
        header.set(SHORT, VirtioVsockHdr.OP, (short) operation);
        header.set(INT, VirtioVsockHdr.FLAGS, flags);
        header.set(INT, VirtioVsockHdr.BUF_ALLOC, room);
        header.set(INT, VirtioVsockHdr.FWD_CNT, forwarded);
        MemorySegment.copy(bytes, 0, ram.memory, ValueLayout.JAVA_BYTE, packet + 64, bytes.length);
        final Piece first = new Piece(packet, VirtioVsockHdr.BYTES, false);
        transmit.offer(
                false,
                bytes.length == 0 ? List.of(first) : List.of(first, new Piece(packet + 64, bytes.length, false)));
    }

    /** @return the next packet of the device; its buffer is free again */
    public Optional<Packet> next() {
        return receive.used().map(used -> {
            final long at = offered.remove(used.id());
            freeBuffers.add(at);
            final MemorySegment header = ram.memory.asSlice(at, VirtioVsockHdr.BYTES);
            final int length = header.get(INT, VirtioVsockHdr.LEN);
            if (used.written() != VirtioVsockHdr.BYTES + length || header.get(LONG, VirtioVsockHdr.DST_CID) != CID) {
                throw new AssertionError("a packet's header does not fit");
            }
            return new Packet(
                    header.get(SHORT, VirtioVsockHdr.OP),
                    header.get(INT, VirtioVsockHdr.SRC_PORT),
                    header.get(INT, VirtioVsockHdr.DST_PORT),
                    header.get(INT, VirtioVsockHdr.FLAGS),
                    header.get(INT, VirtioVsockHdr.BUF_ALLOC),
                    header.get(INT, VirtioVsockHdr.FWD_CNT),
                    MemorySegment.ofArray(ram.memory
                            .asSlice(at + VirtioVsockHdr.BYTES, length)
                            .toArray(ValueLayout.JAVA_BYTE)));
        });
    }
}
