package io.virtuoso.host.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.virtuoso.host.ffm.EthernetTool;
import io.virtuoso.host.ffm.NetworkInterfaces;
import io.virtuoso.host.wire.ArpPacket;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the program in the driver redirects and what it leaves to the kernel, over a veth pair in a namespace. */
@Tag("system")
@Timeout(300)
class XdpPortTest {
    private static final int GUEST = 0x0a58_0002;
    private static final int ELSEWHERE = 0x0a63_0002;
    private static final int KERNELS_OWN = 0x0a58_0009;
    private static final XdpPort.Network NETWORK = new XdpPort.Network(0x0a58_0000, 16, 1500, null);
    private static final int UDP = 17;

    private final Frame frame = new Frame();

    /** The port, what a packet socket for the same station sees of the rest, and one that sends at the other end. */
    private record Ends(XdpPort xdp, PacketPort kernel, PacketPort sender) implements AutoCloseable {
        static Ends open() throws IOException {
            return new Ends(
                    XdpPort.open(VethPair.STACK_END, NETWORK),
                    PacketPort.open(VethPair.STACK_END, 1500, false),
                    PacketPort.open(VethPair.KERNEL_END, 1500, false));
        }

        @Override
        public void close() {
            sender.close();
            kernel.close();
            xdp.close();
        }
    }

    private interface Body {
        void run() throws Exception;
    }

    private static void inNamespace(final Body body) throws Exception {
        try {
            NetworkNamespace.call(() -> {
                body.run();
                return null;
            });
        } catch (final NetworkNamespace.NotPermittedException e) {
            assumeTrue(false, "skipped: " + e.getMessage());
        }
    }

    private void sendArp(final Ends ends, final long destination, final int target) {
        ArpPacket.write(frame.buffer(), Frame.NETWORK_AT, ArpPacket.REQUEST, ends.sender.mac(), 0x0a58_0001, 0, target);
        send(ends, destination, EthernetHeader.TYPE_ARP, ArpPacket.BYTES);
    }

    private void sendIpv4(final Ends ends, final long destination, final int target) {
        Ipv4Header.write(frame.buffer(), Frame.NETWORK_AT, 20, 1, UDP, 0x0a58_0001, target);
        send(ends, destination, EthernetHeader.TYPE_IPV4, 20);
    }

    private void send(final Ends ends, final long destination, final int type, final int length) {
        VirtioNetHeader.writeNone(frame.buffer(), Frame.VIRTIO_AT);
        EthernetHeader.write(frame.buffer(), Frame.ETHERNET_AT, destination, ends.sender.mac(), type);
        frame.length(EthernetHeader.BYTES + length);
        while (!ends.sender.transmit(frame)) {
            Thread.onSpinWait(); // a veth takes some hundred frames before the other end looks
        }
    }

    /** Waits for a frame of this test, which has an even Ethernet type and the sender's address. */
    private int receive(final Port port, final long from) {
        while (true) {
            if (port.receive(frame) == Port.RECEIVED
                    && EthernetHeader.source(frame.buffer(), Frame.ETHERNET_AT) == from) {
                return frame.length() == EthernetHeader.BYTES + 20
                        ? Ipv4Header.destination(frame.buffer(), Frame.NETWORK_AT)
                        : ArpPacket.targetAddress(frame.buffer(), Frame.NETWORK_AT);
            }
        }
    }

    /** No frame of this test is left; the kernel may have spoken, too. */
    private void assertNothing(final Port port, final long from) {
        while (port.receive(frame) == Port.RECEIVED) {
            assertNotEquals(from, EthernetHeader.source(frame.buffer(), Frame.ETHERNET_AT));
        }
    }

    @Test
    void shouldRedirectWhatBelongsToTheStackAndLeaveTheRest() throws Exception {
        inNamespace(() -> {
            VethPair.create();
            NetworkInterfaces.setAddress(VethPair.STACK_END, KERNELS_OWN, 24);
            try (Ends ends = Ends.open()) {
                final long station = ends.xdp.mac();
                final long sender = ends.sender.mac();
                sendArp(ends, EthernetHeader.BROADCAST, ELSEWHERE);
                sendArp(ends, EthernetHeader.BROADCAST, KERNELS_OWN);
                sendIpv4(ends, station, ELSEWHERE);
                sendIpv4(ends, EthernetHeader.BROADCAST, GUEST + 1);
                sendArp(ends, EthernetHeader.BROADCAST, GUEST);
                sendIpv4(ends, station, GUEST);
                sendArp(ends, station, ELSEWHERE);
                assertEquals(ELSEWHERE, receive(ends.kernel, sender));
                assertEquals(KERNELS_OWN, receive(ends.kernel, sender));
                assertEquals(ELSEWHERE, receive(ends.kernel, sender));
                assertEquals(GUEST + 1, receive(ends.kernel, sender));
                assertEquals(GUEST, receive(ends.xdp, sender));
                assertEquals(GUEST, receive(ends.xdp, sender));
                assertEquals(ELSEWHERE, receive(ends.xdp, sender));
                assertNothing(ends.kernel, sender);
            }
        });
    }

    @Test
    void shouldReceiveFromEveryQueue() throws Exception {
        inNamespace(() -> {
            VethPair.create(3);
            assertEquals(3, EthernetTool.receiveQueues(VethPair.STACK_END));
            try (Ends ends = Ends.open()) {
                for (int i = 0; i < 64; i++) {
                    sendIpv4(ends, ends.xdp.mac(), GUEST + i);
                }
                int sum = 0;
                for (int i = 0; i < 64; i++) {
                    sum += receive(ends.xdp, ends.sender.mac()) - GUEST;
                }
                assertEquals(63 * 64 / 2, sum);
                assertNothing(ends.xdp, ends.sender.mac());
            }
        });
    }

    /** Packet ports are measured with it: one sends and receives at the other end. */
    @Test
    void shouldAllocateNothingPerFrame() throws Exception {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        inNamespace(() -> {
            VethPair.create();
            try (Ends ends = Ends.open()) {
                long least = Long.MAX_VALUE;
                for (int round = 0; round < 20 && least > 0; round++) {
                    final long before = threads.getCurrentThreadAllocatedBytes();
                    for (int i = 0; i < 2_000; i++) {
                        thereAndBack(ends);
                    }
                    least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
                }
                assertEquals(0, least);
            }
        });
    }

    private void thereAndBack(final Ends ends) {
        sendIpv4(ends, ends.xdp.mac(), GUEST);
        receive(ends.xdp, ends.sender.mac());
        EthernetHeader.write(
                frame.buffer(), Frame.ETHERNET_AT, ends.sender.mac(), ends.xdp.mac(), EthernetHeader.TYPE_IPV4);
        assertTrue(ends.xdp.transmit(frame));
        ends.xdp.flush();
        receive(ends.sender, ends.xdp.mac());
    }

    @Test
    void shouldCountWhatItHadNoRoomFor() throws Exception {
        inNamespace(() -> {
            VethPair.create();
            try (Ends ends = Ends.open()) {
                while (ends.xdp.missed() == 0) {
                    sendIpv4(ends, ends.xdp.mac(), GUEST);
                }
                while (ends.kernel.missed() == 0) {
                    sendIpv4(ends, ends.xdp.mac(), ELSEWHERE);
                }
                assertTrue(ends.kernel.missed() > 0, "what was told once is remembered");
            }
        });
    }

    @Test
    void shouldSayThatThereIsAProgramAlready() throws Exception {
        inNamespace(() -> {
            VethPair.create();
            try (XdpPort port = XdpPort.open(VethPair.STACK_END, NETWORK)) {
                assertEquals(1500, port.mtu());
                final IOException e = assertThrows(IOException.class, () -> XdpPort.open(VethPair.STACK_END, NETWORK));
                assertTrue(e.getMessage().contains(VethPair.STACK_END), e.getMessage());
                assertTrue(e.getMessage().contains("EBUSY"), e.getMessage());
            }
            XdpPort.open(VethPair.STACK_END, NETWORK).close();
        });
    }

    @Test
    void shouldSayThatTheDriverKnowsNoXdp() throws Exception {
        inNamespace(() -> {
            VethPair.create();
            VethPair.require("ip link add link " + VethPair.STACK_END + " name vtmac type macvlan");
            final IOException e = assertThrows(IOException.class, () -> XdpPort.open("vtmac", NETWORK));
            assertTrue(e.getMessage().endsWith("use a port of kind packet"), e.getMessage());
        });
    }
}
