package io.virtuoso.host.net;

import io.virtuoso.host.net.Dialogues.Dialogue;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.TcpOptions;
import io.virtuoso.host.wire.Wire;

/** TCP segments with options of any kind, to a listener, to its SYN cookies, and to connections of both families. */
final class TcpTarget extends WireTarget {
    private static final int MAX_OPTION_BYTES = 40;
    private static final int PSH_ACK = TcpHeader.PSH | TcpHeader.ACK;

    @Override
    int write() {
        final Dialogue dialogue = dialogues.get(in.u8());
        final int at = dialogue.ipv6 ? Frame.TRANSPORT_AT_IPV6 : Frame.TRANSPORT_AT;
        final int header = TcpHeader.BYTES + options(at + TcpHeader.BYTES, dialogue);
        final int data = in.oneIn(2) ? in.below(60) : in.oneIn(8) ? in.below(1400) : 0;
        for (int i = 0; i < data; i++) {
            Wire.put8(buffer, at + header + i, i);
        }
        final int length = header + data;
        TcpHeader.write(
                buffer,
                at,
                dialogue.remotePort << 16 | dialogue.localPort,
                dialogue.seq + in.near(),
                dialogue.ack + in.near(),
                header,
                flags(),
                in.oneIn(4) ? in.u16() : 8_000);
        patch(at, header);
        final int frameLength =
                dialogue.ipv6 ? ipv6(Ipv4Header.PROTOCOL_TCP, length, 64) : ipv4(Ipv4Header.PROTOCOL_TCP, length);
        if (!in.oneIn(64)) {
            final long pseudo = dialogue.ipv6
                    ? Ipv6Header.pseudoHeader(buffer, Frame.NETWORK_AT, Ipv4Header.PROTOCOL_TCP, length)
                    : Checksum.pseudoHeader(
                            Ipv4Header.source(buffer, Frame.NETWORK_AT),
                            Ipv4Header.destination(buffer, Frame.NETWORK_AT),
                            Ipv4Header.PROTOCOL_TCP,
                            length);
            TcpHeader.writeChecksum(buffer, at, length, pseudo);
        }
        return frameLength;
    }

    private int flags() {
        return in.oneIn(8)
                ? in.u8()
                : in.oneOf(
                        TcpHeader.SYN,
                        TcpHeader.ACK,
                        PSH_ACK,
                        TcpHeader.ACK | TcpHeader.FIN,
                        TcpHeader.SYN | TcpHeader.ACK,
                        TcpHeader.RST | TcpHeader.ACK,
                        TcpHeader.SYN | TcpHeader.ECE | TcpHeader.CWR,
                        TcpHeader.ACK | TcpHeader.ECE);
    }

    /** @return bytes of options, a multiple of four */
    private int options(final int from, final Dialogue dialogue) {
        int at = from;
        final int end = from + MAX_OPTION_BYTES;
        for (int left = in.below(7); left > 0 && at < end; left--) {
            at += option(at, end, dialogue);
        }
        while ((at - from) % 4 != 0) {
            Wire.put8(buffer, at++, 1);
        }
        return at - from;
    }

    private int option(final int at, final int end, final Dialogue dialogue) {
        final int room = end - at;
        return switch (in.below(8)) {
            case 0 -> room >= 4 ? TcpOptions.writeMss(buffer, at, in.u16()) - at : 0;
            case 1 -> room >= 4 ? TcpOptions.writeWindowScale(buffer, at, in.u8()) - at : 0;
            case 2 -> room >= 4 ? TcpOptions.writeSackPermitted(buffer, at) - at : 0;
            case 3, 4 ->
                room >= TcpOptions.TIMESTAMPS_BYTES
                        ? TcpOptions.writeTimestamps(buffer, at, in.near(), dialogue.timestamp + in.near()) - at
                        : 0;
            case 5 -> sack(at, room, dialogue);
            default -> {
                final int length = Math.min(in.below(12), room);
                in.copyTo(buffer, at, length);
                yield length;
            }
        };
    }

    private int sack(final int at, final int room, final Dialogue dialogue) {
        final int blocks = Math.min(in.below(5), (room - 4) / 8);
        if (blocks <= 0) {
            return 0;
        }
        final int[] edges = new int[2 * blocks];
        for (int edge = 0; edge < edges.length; edge++) {
            edges[edge] = dialogue.ack - in.u16() % 4_000;
        }
        return TcpOptions.writeSack(buffer, at, edges, blocks) - at;
    }
}
