package io.virtuoso.host.port;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.virtuoso.host.ffm.Ipv6Prefix;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Icmpv6Message;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.NdMessage;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of IPv6 the program in the driver redirects and what it leaves to the kernel, over a veth pair in a namespace. */
@Tag("system")
@Timeout(300)
class XdpIpv6RedirectTest {
    private static final long SUBNET = 0xfd00_0088_0000_0000L;
    private static final long ELSEWHERE = 0xfd00_0099_0000_0000L;
    private static final long GUEST = 2;
    private static final long KERNELS = 0x9_0000;
    private static final int AT = Frame.TRANSPORT_AT_IPV6;
    private static final long ALL_NODES = NdMessage.multicastMac(NdMessage.ALL_NODES_LOW);

    private final Frame frame = new Frame();
    private final ByteBuffer buffer = frame.buffer();
    private XdpPort xdp;
    private PacketPort kernel;
    private PacketPort sender;
    private int sent;

    private interface Body {
        void run() throws Exception;
    }

    private void onPorts(final int kernelAddresses, final int prefixLength, final Body body) throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/net/if_inet6")), "skipped: this kernel has no IPv6");
        try {
            NetworkNamespace.call(() -> {
                VethPair.create();
                for (int i = 0; i < kernelAddresses; i++) {
                    VethPair.require(
                            "ip address add fd00:88::9:" + Integer.toHexString(i) + "/64 dev " + VethPair.STACK_END);
                }
                open(new XdpPort.Network(0x0a58_0000, 16, 1500, new Ipv6Prefix(SUBNET, 0, prefixLength)), body);
                return null;
            });
        } catch (final NetworkNamespace.NotPermittedException e) {
            assumeTrue(false, "skipped: " + e.getMessage());
        }
    }

    private void open(final XdpPort.Network network, final Body body) throws Exception {
        try (XdpPort first = XdpPort.open(VethPair.STACK_END, network);
                PacketPort second = PacketPort.open(VethPair.STACK_END, 1500, true);
                PacketPort third = PacketPort.open(VethPair.KERNEL_END, 1500, true)) {
            xdp = first;
            kernel = second;
            sender = third;
            body.run();
        }
    }

    /** Sends a message about a target; it carries how many were sent before. */
    private void send(final long to, final int type, final int hopLimit, final long targetHigh, final long targetLow) {
        NdMessage.write(buffer, AT, type, 0, targetHigh, targetLow, sender.mac());
        Wire.put8(buffer, AT + NdMessage.BYTES_WITH_MAC, sent++);
        Ipv6Header.write(buffer, Frame.NETWORK_AT, 0, NdMessage.BYTES_WITH_MAC + 1, Ipv6Header.PROTOCOL_ICMP, hopLimit);
        Ipv6Header.putSource(buffer, Frame.NETWORK_AT, SUBNET, 1);
        Ipv6Header.putDestination(
                buffer, Frame.NETWORK_AT, NdMessage.SOLICITED_NODE_HIGH, NdMessage.solicitedNodeLow(targetLow));
        VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
        EthernetHeader.write(buffer, Frame.ETHERNET_AT, to, sender.mac(), EthernetHeader.TYPE_IPV6);
        frame.length(EthernetHeader.BYTES + Ipv6Header.BYTES + NdMessage.BYTES_WITH_MAC + 1);
        while (!sender.transmit(frame)) {
            Thread.onSpinWait(); // a veth takes some hundred frames before the other end looks
        }
    }

    private void solicit(final long targetHigh, final long targetLow) {
        send(
                NdMessage.multicastMac(NdMessage.solicitedNodeLow(targetLow)),
                NdMessage.SOLICITATION,
                NdMessage.HOP_LIMIT,
                targetHigh,
                targetLow);
    }

    /** Waits for so many messages of this test. @return their numbers */
    private List<Integer> receive(final Port port, final int count) throws IOException {
        final List<Integer> numbers = new ArrayList<>();
        while (numbers.size() < count) {
            if (port.receive(frame) == Port.RECEIVED
                    && EthernetHeader.source(buffer, Frame.ETHERNET_AT) == sender.mac()) {
                numbers.add(Wire.u8(buffer, AT + NdMessage.BYTES_WITH_MAC));
            }
        }
        return numbers;
    }

    @Test
    void shouldRedirectWhatBelongsToTheStackAndLeaveTheRest() throws Exception {
        onPorts(1, 64, () -> {
            solicit(SUBNET, GUEST);
            solicit(SUBNET, KERNELS);
            solicit(ELSEWHERE, GUEST);
            solicit(Ipv6Header.LINK_LOCAL_HIGH, Ipv6Header.linkLocalLow(xdp.mac()));
            solicit(Ipv6Header.LINK_LOCAL_HIGH, GUEST);
            send(ALL_NODES, NdMessage.ADVERTISEMENT, NdMessage.HOP_LIMIT, SUBNET, GUEST);
            send(ALL_NODES, NdMessage.ADVERTISEMENT, NdMessage.HOP_LIMIT, SUBNET, KERNELS);
            send(ALL_NODES, NdMessage.SOLICITATION, 64, SUBNET, GUEST);
            send(ALL_NODES, Icmpv6Message.ECHO_REQUEST, NdMessage.HOP_LIMIT, SUBNET, GUEST);
            send(xdp.mac(), Icmpv6Message.ECHO_REQUEST, 64, ELSEWHERE, GUEST);
            assertEquals(List.of(0, 3, 5, 9), receive(xdp, 4));
            assertEquals(List.of(1, 2, 4, 6, 7, 8), receive(kernel, 6));
            while (xdp.receive(frame) == Port.RECEIVED) { // the kernel may have spoken, too
                assertNotEquals(sender.mac(), EthernetHeader.source(buffer, Frame.ETHERNET_AT));
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 65, 95, 96})
    void shouldCompareAsFarAsThePrefixReaches(final int bits) throws Exception {
        onPorts(0, bits, () -> {
            final long last = -1L >>> bits - 64;
            solicit(SUBNET, last);
            if (bits > 64) {
                solicit(SUBNET, last + 1);
            }
            solicit(SUBNET | 1, last);
            solicit(SUBNET, 0);
            assertEquals(bits > 64 ? List.of(0, 3) : List.of(0, 2), receive(xdp, 2));
            assertEquals(bits > 64 ? List.of(1, 2) : List.of(1), receive(kernel, bits > 64 ? 2 : 1));
        });
    }

    @Test
    void shouldKnowManyAddressesOfTheKernel() throws Exception {
        onPorts(40, 64, () -> {
            solicit(SUBNET, KERNELS + 39);
            solicit(SUBNET, KERNELS + 40);
            assertEquals(List.of(0), receive(kernel, 1));
            assertEquals(List.of(1), receive(xdp, 1));
        });
    }
}
