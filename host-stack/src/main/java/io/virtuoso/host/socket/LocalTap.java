package io.virtuoso.host.socket;

import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.net.Ipv6Numbers;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.UdpHeader;
import java.nio.ByteBuffer;

/**
 * Notes what guests of this host copy to each other as the frames that it would have been, without checksums and stations'
 * addresses: a copy is a segment, whatever its size, both ends count their bytes from 0, and there are no acknowledgements
 * of their own. Frames, because tcpdump wants all packets of a file to be of one kind.
 * Stack thread only; allocates nothing.
 */
final class LocalTap {
    /** Longer copies are noted as several packets, since an IP packet cannot be longer. */
    static final int MAX_PAYLOAD = 65_000;

    private static final int WINDOW = 0xffff;

    private final CaptureTap tap;

    LocalTap(CaptureTap tap) {
        this.tap = tap;
    }

    /** Bytes from a transmit ring are copied to the peer. */
    void stream(GuestSocket from, long cursor, int length) {
        for (int done = 0; done < length; done += MAX_PAYLOAD) {
            final int flags = TcpHeader.ACK | TcpHeader.PSH;
            segment(from, flags, cursor + done, Math.min(MAX_PAYLOAD, length - done));
        }
    }

    /** Something without bytes happens to a connection: its beginning or end. */
    void segment(GuestSocket from, int flags) {
        segment(from, flags, from.transmit().head(), 0);
    }

    private void segment(GuestSocket from, int flags, long cursor, int length) {
        final GuestNode source = from.space().node();
        final GuestNode destination = from.peer().space().node();
        final boolean ipv6 = Ipv6Numbers.isIpv6(from.localAddress());
        final int headers = headerBytes(ipv6) + TcpHeader.BYTES;
        final int record = tap.copies(source.account(), destination.account(), headers + length);
        if (record < 0) {
            return;
        }
        final ByteBuffer memory = tap.memory();
        final int tcpAt = writeIp(
                source.numbers(),
                from.localAddress(),
                from.remoteAddress(),
                tap.data(record),
                Ipv4Header.PROTOCOL_TCP,
                headers + length);
        final boolean first = (flags & TcpHeader.SYN) != 0;
        TcpHeader.write(
                memory,
                tcpAt,
                from.localPort() << 16 | from.remotePort(),
                (int) cursor + (first ? 0 : 1),
                (flags & TcpHeader.ACK) == 0 ? 0 : (int) from.peer().transmit().head() + 1,
                TcpHeader.BYTES,
                flags,
                WINDOW);
        copy(from, cursor, record, headers);
        tap.copied(record, network(source), source.account(), destination.account());
    }

    /**
     * A datagram is copied to another guest.
     *
     * @param address that the sender gave
     */
    void datagram(GuestSocket from, GuestNode destination, int address, int port, long cursor, int length) {
        final GuestNode source = from.space().node();
        final int headers = headerBytes(Ipv6Numbers.isIpv6(address)) + UdpHeader.BYTES;
        final int record = tap.copies(source.account(), destination.account(), headers + length);
        if (record < 0) {
            return;
        }
        final int udpAt = writeIp(
                source.numbers(),
                source.addressTowards(address),
                destination.addressTowards(address),
                tap.data(record),
                Ipv4Header.PROTOCOL_UDP,
                headers + length);
        UdpHeader.write(tap.memory(), udpAt, from.localPort(), port, UdpHeader.BYTES + length);
        copy(from, cursor, record, headers);
        tap.copied(record, network(source), source.account(), destination.account());
    }

    private static String network(GuestNode node) {
        return node.guest().network().name();
    }

    private static int headerBytes(boolean ipv6) {
        return EthernetHeader.BYTES + (ipv6 ? Ipv6Header.BYTES : Ipv4Header.BYTES);
    }

    /** @return where the transport's header is to be written */
    private int writeIp(Ipv6Numbers numbers, int source, int destination, int frameAt, int protocol, int frameBytes) {
        final ByteBuffer memory = tap.memory();
        final boolean ipv6 = Ipv6Numbers.isIpv6(destination);
        EthernetHeader.write(memory, frameAt, 0, 0, ipv6 ? EthernetHeader.TYPE_IPV6 : EthernetHeader.TYPE_IPV4);
        final int at = frameAt + EthernetHeader.BYTES;
        final int bytes = frameBytes - EthernetHeader.BYTES;
        if (!ipv6) {
            Ipv4Header.write(memory, at, bytes, 0, protocol, source, destination);
            return at + Ipv4Header.BYTES;
        }
        Ipv6Header.write(memory, at, 0, bytes - Ipv6Header.BYTES, protocol, Ipv6Header.DEFAULT_HOP_LIMIT);
        Ipv6Header.putSource(memory, at, numbers.high(source), numbers.low(source));
        Ipv6Header.putDestination(memory, at, numbers.high(destination), numbers.low(destination));
        return at + Ipv6Header.BYTES;
    }

    /** Copies the payload, as much of it as is kept. */
    private void copy(GuestSocket from, long cursor, int record, int headers) {
        final int kept = tap.kept(record) - headers;
        if (kept > 0) {
            from.transmit().copyTo(cursor, kept, tap.memory(), tap.data(record) + headers);
        }
    }
}
