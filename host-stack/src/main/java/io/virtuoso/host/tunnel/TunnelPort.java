package io.virtuoso.host.tunnel;

import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.port.UndoneChecksum;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.VirtioNetHeader;
import java.nio.ByteBuffer;
import java.util.function.IntConsumer;
import org.agrona.collections.IntArrayList;

/**
 * A virtual network's way over an {@link Underlay}: frames go to the peer behind which their destination was heard, or to
 * all peers (broadcasts, and stations not heard of); frames that come for the network are brought to its wire path. Large
 * TCP frames are cut before they come here, so each carries one segment.
 */
public final class TunnelPort implements Port {
    /** Most peers that are named. */
    public static final int MAX_PEERS = 1024;

    private final Underlay underlay;
    private final TunnelSettings settings;
    private final OuterHeaders headers;
    private final long mac;
    private final int overhead;
    private final IntArrayList peers = new IntArrayList(4, Ipv6Numbers.NONE);
    private final MacTable macs;
    private final TooBigAnswers answers = new TooBigAnswers();
    private Receiver receiver = (frame, now) -> {};

    TunnelPort(final Underlay underlay, final TunnelSettings settings, final OuterHeaders headers, final long key) {
        this.underlay = underlay;
        this.settings = settings;
        this.headers = headers;
        this.overhead = settings.kind().overhead(underlay.isIpv6());
        this.macs = settings.learn() ? new MacTable(key) : null;
        // Another on each machine and in each network, the same after a restart; Fibonacci hashing.
        final long seed = underlay.mac() + ((long) settings.vni() << 24) + underlay.addressBits() * 31;
        this.mac = 0x0276_0000_0000L | (seed * 0x9e37_79b9_7f4a_7c15L >>> 32);
    }

    /** Names a peer: an IPv4 address, or the number of an IPv6 address on the underlay. */
    public void addPeer(final int address) {
        if (!peers.containsInt(address)) {
            peers.addInt(address);
        }
    }

    TunnelSettings settings() {
        return settings;
    }

    @Override
    public void deliverTo(final Receiver newReceiver) {
        receiver = newReceiver;
    }

    /** {@inheritDoc} What others sent is brought to the receiver; here are only errors about what the network sent. */
    @Override
    public int receive(final Frame frame) {
        return answers.take(frame) ? RECEIVED : NONE;
    }

    /** @return true if {@link #receive} has something */
    boolean hasAnswers() {
        return !answers.isEmpty();
    }

    /**
     * Takes a frame for this network.
     *
     * @param frame with its outer headers
     * @param ipAt position of the outer IP header
     * @param innerAt position of the inner Ethernet header
     * @param innerLength bytes of the inner frame
     * @param aligned holds the inner frame if it does not lie where frames do
     * @return null, or why it was dropped
     */
    DropReason accept(
            final Frame frame,
            final int ipAt,
            final int innerAt,
            final int innerLength,
            final Frame aligned,
            final long now) {
        final ByteBuffer buffer = frame.buffer();
        if (innerLength < EthernetHeader.BYTES) {
            return DropReason.TUNNEL_MALFORMED;
        }
        final int type = EthernetHeader.type(buffer, innerAt);
        if (type == EthernetHeader.TYPE_VLAN || type == EthernetHeader.TYPE_OUTER_VLAN) {
            return DropReason.TUNNEL_VLAN;
        }
        final long source = EthernetHeader.source(buffer, innerAt);
        if (EthernetHeader.isGroup(source) || source == mac || source == 0) {
            return DropReason.TUNNEL_SOURCE;
        }
        final int remote = underlay.source(buffer, ipAt);
        if (macs == null ? !peers.containsInt(remote) : !learn(source, remote, now)) {
            return DropReason.TUNNEL_PEER;
        }
        final DropReason congestion = takeOverEcn(buffer, ipAt, innerAt, innerLength);
        if (congestion != null) {
            return congestion;
        }
        deliver(frame, innerAt, innerLength, aligned, now);
        return null;
    }

    /** A full table does not keep frames out. @return false if the sender's number cannot be kept */
    private boolean learn(final long source, final int remote, final long now) {
        final int kept = underlay.keep(remote);
        if (kept != Ipv6Numbers.NONE) {
            macs.learn(source, kept, now);
        }
        return kept != Ipv6Numbers.NONE;
    }

    /** Marks of congestion on the way reach the receiver (RFC 6040 section 4.2). */
    private static DropReason takeOverEcn(
            final ByteBuffer buffer, final int ipAt, final int innerAt, final int innerLength) {
        final boolean outer6 = Ipv6Header.isIpv6(buffer, ipAt);
        final int outer = (outer6 ? Ipv6Header.trafficClass(buffer, ipAt) : Ipv4Header.typeOfService(buffer, ipAt))
                & Ipv4Header.ECN;
        final int type = EthernetHeader.type(buffer, innerAt);
        final int at = innerAt + EthernetHeader.BYTES;
        if (outer == Ecn.NOT_CAPABLE || outer == Ecn.CAPABLE_0) {
            return null;
        }
        final boolean inner4 =
                type == EthernetHeader.TYPE_IPV4 && innerLength >= EthernetHeader.BYTES + Ipv4Header.BYTES;
        final boolean inner6 =
                type == EthernetHeader.TYPE_IPV6 && innerLength >= EthernetHeader.BYTES + Ipv6Header.BYTES;
        if (!inner4 && !inner6) {
            return null;
        }
        final int inner =
                (inner6 ? Ipv6Header.trafficClass(buffer, at) : Ipv4Header.typeOfService(buffer, at)) & Ipv4Header.ECN;
        final int combined = Ecn.combine(outer, inner);
        if (combined < 0) {
            return DropReason.TUNNEL_CONGESTION;
        }
        if (combined != inner && inner6) {
            Ipv6Header.putEcn(buffer, at, combined);
        } else if (combined != inner) {
            Ipv4Header.putEcn(buffer, at, combined);
        }
        return null;
    }

    /** Codepoints of RFC 3168. */
    private static final class Ecn {
        static final int NOT_CAPABLE = 0;
        static final int CAPABLE_1 = 1;
        static final int CAPABLE_0 = 2;
        static final int MARKED = 3;

        private Ecn() {}

        /** @return what the inner header says from now on, or -1: the packet is dropped */
        static int combine(final int outer, final int inner) {
            if (outer == MARKED) {
                return inner == NOT_CAPABLE ? -1 : MARKED;
            }
            return outer == CAPABLE_1 && inner == CAPABLE_0 ? CAPABLE_1 : inner;
        }
    }

    private void deliver(
            final Frame frame, final int innerAt, final int innerLength, final Frame aligned, final long now) {
        final ByteBuffer buffer = frame.buffer();
        final int outerAt = frame.ethernetAt();
        final int virtioAt = frame.virtioAt();
        final int flags = VirtioNetHeader.flags(buffer, virtioAt);
        final int start = VirtioNetHeader.checksumStart(buffer, virtioAt) - (innerAt - outerAt);
        final int offset = VirtioNetHeader.checksumOffset(buffer, virtioAt);
        final int gsoType = VirtioNetHeader.gsoType(buffer, virtioAt);
        final int gsoSize = VirtioNetHeader.gsoSize(buffer, virtioAt);
        final Frame inner;
        if (innerAt == Frame.ETHERNET_AT) {
            inner = frame;
            inner.strip(innerAt - outerAt);
        } else {
            inner = aligned;
            inner.buffer().put(Frame.ETHERNET_AT, buffer, innerAt, innerLength);
        }
        inner.length(innerLength);
        // Only what is about the inner frame holds for it: a checksum that begins in it was left undone by its sender.
        if ((flags & VirtioNetHeader.NEEDS_CHECKSUM) == 0 || start < EthernetHeader.BYTES) {
            VirtioNetHeader.writeNone(inner.buffer(), Frame.VIRTIO_AT);
            if (underlay.leavesChecksums()) {
                UndoneChecksum.mark(inner);
            }
        } else if (gsoType == VirtioNetHeader.GSO_NONE) {
            VirtioNetHeader.writeNeedsChecksum(inner.buffer(), Frame.VIRTIO_AT, start, offset);
        } else {
            VirtioNetHeader.writeTcpSegmentation(
                    inner.buffer(), Frame.VIRTIO_AT, gsoType, start, gsoSize, start, offset);
        }
        receiver.onFrame(inner, now);
    }

    /** {@inheritDoc} What is dropped is counted by the underlay, and may have reached some of the peers. */
    @Override
    public boolean transmit(final Frame frame) {
        final long now = underlay.now();
        final long destination = EthernetHeader.destination(frame.buffer(), Frame.ETHERNET_AT);
        final int remote =
                macs == null || EthernetHeader.isGroup(destination) ? MacTable.NONE : macs.find(destination, now);
        if (remote != MacTable.NONE) {
            send(frame, remote, now);
        } else if (peers.isEmpty()) {
            underlay.drop(DropReason.TUNNEL_NO_PEER);
        } else {
            for (int i = 0; i < peers.size(); i++) {
                send(frame, peers.getInt(i), now);
            }
        }
        return true;
    }

    private void send(final Frame frame, final int remote, final long now) {
        final int most = underlay.pathMtu(remote) - overhead;
        if (frame.length() - EthernetHeader.BYTES > most) {
            underlay.drop(DropReason.TUNNEL_TOO_LARGE);
            answers.add(frame, most);
            return;
        }
        headers.write(frame, remote);
        underlay.send(frame, remote, now);
        headers.remove(frame);
    }

    /** @return true if frames go to this station, as far as is known; slow */
    boolean sendsTo(final int remote) {
        return peers.containsInt(remote) || macs != null && macs.hasRemote(remote);
    }

    void forEachRemote(final IntConsumer consumer) {
        if (macs != null) {
            macs.forEachRemote(consumer);
        }
    }

    /** {@inheritDoc} The underlay's service does it for all tunnels. */
    @Override
    public void flush() {
        // Frames are in the underlay's port already.
    }

    /** {@inheritDoc} The underlay has one. */
    @Override
    public int fd() {
        return -1;
    }

    /** {@inheritDoc} As far as is known of the ways to all peers. */
    @Override
    public int mtu() {
        return Math.min(settings.mtu(), underlay.smallestMtu() - overhead);
    }

    @Override
    public long mac() {
        return mac;
    }

    @Override
    public boolean checksumOffload() {
        return underlay.checksumOffload();
    }

    /** {@inheritDoc} What the kernel takes as large frames carries no outer headers: segments are cut by their maker. */
    @Override
    public boolean segmentationOffload() {
        return false;
    }

    @Override
    public long missed() {
        return 0;
    }

    /** {@inheritDoc} The underlay stays open. */
    @Override
    public void close() {
        receiver = (frame, now) -> {};
    }
}
