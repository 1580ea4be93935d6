package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.port.ForwardingPort;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.FrameLink;
import io.virtuoso.host.port.LossPort;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.RingPort;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.host.tunnel.TunnelKind;
import io.virtuoso.host.tunnel.TunnelPort;
import io.virtuoso.host.tunnel.TunnelSettings;
import io.virtuoso.host.tunnel.Underlay;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.VxlanHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * Two host stacks, joined by an underlay that carries two virtual networks of the same addresses. Each network has a
 * client on the left and an echo on the right. Between the underlay and the networks there may be rings.
 */
final class TunnelledStacks {
    static final int NETWORKS = 2;
    static final int SERVER_PORT = 80;
    private static final int LEFT_OUTER = 0xc000_0201;
    private static final int RIGHT_OUTER = 0xc000_0202;
    private static final int ROUTER = 0xc000_0209;
    private static final long HIGH6 = 0x2001_0db8_0000_0000L;

    /** One host stack. */
    final class Host {
        final Underlay underlay;
        final List<TunnelPort> tunnels = new ArrayList<>();
        final List<WirePath> paths = new ArrayList<>();
        /** None if wire paths and underlay are one thread's. */
        final List<FrameLink> links = new ArrayList<>();

        final List<Ipv6Numbers> numbers = new ArrayList<>();
        /** Bytes that each network's echo has read. */
        final List<StreamSocket> accepted = new ArrayList<>();

        private final WireListener echo = new OpenListener(() -> new StreamSocket(ringBytes, true, 0), this::opened);

        Host(final Port port, final TunnelKind kind, final boolean outer6, final boolean left) {
            final Ipv6Numbers outer = new Ipv6Numbers(left ? 3 : 4);
            final int number = left ? 1 : 2;
            final NetworkSettings settings = outer6
                    ? NetworkSettings.ofIpv6(new NetworkSettings.Ipv6(HIGH6, 0, 64, 0, 0))
                    : new NetworkSettings(LEFT_OUTER & -1 << 8, 24, 0);
            final int address = outer6 ? outer.takeForEver(HIGH6, number) : left ? LEFT_OUTER : RIGHT_OUTER;
            underlay = new Underlay(port, settings, address, outer, new SplittableRandom(number));
            final int peer = outer6 ? underlay.number(HIGH6, 3 - number) : left ? RIGHT_OUTER : LEFT_OUTER;
            for (int network = 0; network < NETWORKS; network++) {
                final int udpPort = kind == TunnelKind.VXLAN ? VxlanHeader.DEFAULT_PORT : 0;
                final TunnelPort tunnel =
                        underlay.open(new TunnelSettings(kind, 100 + network, udpPort, 1500, network == 0));
                tunnel.addPeer(peer);
                tunnels.add(tunnel);
                final Port tunnelled = rings ? joined(tunnel) : tunnel;
                final Ipv6Numbers inner = new Ipv6Numbers(number);
                numbers.add(inner);
                final WirePath path = new WirePath(
                        tunnelled,
                        Link.DUAL_NETWORK,
                        network,
                        TcpConfig.DEFAULTS,
                        (local, localPort) -> localPort == SERVER_PORT ? echo : null,
                        inner,
                        new SplittableRandom(number),
                        Ledger.unread());
                paths.add(path);
                path.addAddress(address(left, false, inner));
                path.addAddress(address(left, true, inner));
            }
        }

        private Port joined(final TunnelPort tunnel) {
            final FrameLink link = new FrameLink(ByteBuffer.allocateDirect(FrameLink.BYTES));
            links.add(link);
            underlay.relay(tunnel, link);
            return new RingPort(link, tunnel);
        }

        private void opened(final StreamSocket socket) {
            sockets.add(socket);
            accepted.add(socket);
        }

        boolean step() {
            underlay.wokeUp();
            int work = underlay.poll(now, 64);
            for (int i = 0; i < paths.size(); i++) { // no iterator: what is allocated here is counted
                work += paths.get(i).poll(now, 64) + paths.get(i).onTimers(now);
                paths.get(i).flush();
            }
            underlay.onTimers(now);
            underlay.flush();
            return work > 0;
        }

        long nextDeadline() {
            long next = underlay.nextDeadlineNs();
            for (final WirePath path : paths) {
                next = Math.min(next, path.nextDeadlineNs());
            }
            return next;
        }
    }

    final LossPort loss;
    final Host left;
    final Host right;
    final List<StreamSocket> sockets = new ArrayList<>();
    final int ringBytes;
    final boolean rings;
    final WirePort leftEnd;
    long now = 1_000_000_000L;
    private int routerMtu = Integer.MAX_VALUE;

    TunnelledStacks(
            final TunnelKind kind,
            final boolean outer6,
            final WirePort.Traits traits,
            final LossPort.Rates rates,
            final int ringBytes) {
        this(kind, outer6, traits, rates, ringBytes, false);
    }

    /** @param rings between the underlay and the wire paths of its tunnels, as if they were threads of their own */
    TunnelledStacks(
            final TunnelKind kind,
            final boolean outer6,
            final WirePort.Traits traits,
            final LossPort.Rates rates,
            final int ringBytes,
            final boolean rings) {
        this.ringBytes = ringBytes;
        this.rings = rings;
        leftEnd = WirePort.create(traits, () -> now);
        loss = new LossPort(new Router(leftEnd), rates, 7);
        left = new Host(loss, kind, outer6, true);
        right = new Host(leftEnd.peer(), kind, outer6, false);
    }

    /** Drops what is too large for its next link, and says so (RFC 1191 section 4). */
    private final class Router extends ForwardingPort {
        private final Frame answer = new Frame();
        private boolean answering;

        Router(final Port port) {
            super(port);
        }

        @Override
        public boolean transmit(final Frame frame) {
            if (frame.length() - EthernetHeader.BYTES <= routerMtu) {
                return port.transmit(frame);
            }
            final ByteBuffer buffer = answer.buffer();
            final int ipAt = frame.ethernetAt() + EthernetHeader.BYTES;
            final int length = IcmpMessage.BYTES + Ipv4Header.BYTES + 8;
            buffer.put(Frame.TRANSPORT_AT + IcmpMessage.BYTES, frame.buffer(), ipAt, Ipv4Header.BYTES + 8);
            IcmpMessage.writeFragmentationNeeded(buffer, Frame.TRANSPORT_AT, routerMtu, length);
            Ipv4Header.write(buffer, Frame.NETWORK_AT, 20 + length, 1, Ipv4Header.PROTOCOL_ICMP, ROUTER, LEFT_OUTER);
            EthernetHeader.write(
                    buffer,
                    Frame.ETHERNET_AT,
                    mac(),
                    EthernetHeader.destination(frame.buffer(), frame.ethernetAt()),
                    EthernetHeader.TYPE_IPV4);
            VirtioNetHeader.writeNone(buffer, Frame.VIRTIO_AT);
            answer.length(EthernetHeader.BYTES + 20 + length);
            answering = true;
            return true;
        }

        @Override
        public int receive(final Frame frame) {
            if (!answering) {
                return port.receive(frame);
            }
            answering = false;
            frame.copyFrom(answer);
            return RECEIVED;
        }
    }

    /** From now on there is a router, whose next link carries so much. */
    void router(final int mtu) {
        routerMtu = mtu;
    }

    private static int address(final boolean left, final boolean ipv6, final Ipv6Numbers numbers) {
        final int number = left ? 2 : 3;
        return ipv6 ? numbers.takeForEver(Link.PREFIX6, number) : 0x0a58_0000 | number;
    }

    /** Begins to write in one of the networks, over IPv4 or IPv6 inside. */
    StreamSocket connect(final int network, final boolean ipv6, final long toWrite) {
        final StreamSocket socket = new StreamSocket(ringBytes, false, toWrite);
        final Ipv6Numbers numbers = left.numbers.get(network);
        final int from = address(true, ipv6, numbers);
        final int to = address(false, ipv6, numbers);
        socket.connection(left.paths.get(network).connect(from, 40_000, to, SERVER_PORT, socket, now));
        sockets.add(socket);
        return socket;
    }

    boolean step() {
        boolean worked = left.step() | right.step();
        for (int i = 0; i < sockets.size(); i++) {
            worked |= sockets.get(i).step(now);
        }
        return worked;
    }

    /** Runs until something is true; fails if nothing can happen any more, or after an hour. */
    void runUntil(final BooleanSupplier done) {
        final long limit = now + 3_600_000_000_000L;
        while (!done.getAsBoolean()) {
            boolean worked = false;
            for (int round = 0; round < 3; round++) {
                worked |= step();
            }
            if (!worked && !done.getAsBoolean()) {
                final long arrival =
                        Math.min(leftEnd.nextArrival(), leftEnd.peer().nextArrival());
                final long next = Math.min(arrival, Math.min(left.nextDeadline(), right.nextDeadline()));
                assertTrue(next < limit, "nothing happens any more");
                now = Math.max(now, next);
            }
        }
    }
}
