package io.virtuoso.host.net;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.TcpOptions;
import java.nio.ByteBuffer;

/** What a peer knows of its connections from the segments that came: how to go on with them. */
final class Dialogues {
    private static final int COUNT = 6;

    /** One connection, as the other side of the stack sees it. */
    static final class Dialogue {
        boolean ipv6;
        int remotePort;
        int localPort;
        /** What the stack expects next. */
        int seq;
        /** End of what the stack has sent. */
        int ack;
        /** Of the stack's last segment. */
        int timestamp;

        private void set(final boolean newIpv6, final int newRemotePort, final int newLocalPort) {
            ipv6 = newIpv6;
            remotePort = newRemotePort;
            localPort = newLocalPort;
            seq = 0;
            ack = 0;
            timestamp = 0;
        }
    }

    private final Dialogue[] all = new Dialogue[COUNT];
    private final TcpOptions options = new TcpOptions();
    private int next;

    Dialogues() {
        for (int i = 0; i < COUNT; i++) {
            all[i] = new Dialogue();
        }
    }

    void clear() {
        next = 0;
        for (int i = 0; i < COUNT; i++) {
            all[i].set(i == 1, 40_000 + i, i == 2 ? 81 : WireTarget.LISTENING);
        }
    }

    Dialogue get(final int index) {
        return all[index % COUNT];
    }

    /** The stack sent a frame, which has been checked. */
    void onSent(final Frame frame) {
        final ByteBuffer buffer = frame.buffer();
        final int ipAt = Frame.NETWORK_AT;
        final int type = EthernetHeader.type(buffer, Frame.ETHERNET_AT);
        if (type == EthernetHeader.TYPE_IPV4 && Ipv4Header.protocol(buffer, ipAt) == Ipv4Header.PROTOCOL_TCP) {
            onSegment(buffer, Frame.TRANSPORT_AT, Ipv4Header.totalLength(buffer, ipAt) - Ipv4Header.BYTES, false);
        } else if (type == EthernetHeader.TYPE_IPV6 && Ipv6Header.nextHeader(buffer, ipAt) == Ipv4Header.PROTOCOL_TCP) {
            onSegment(buffer, Frame.TRANSPORT_AT_IPV6, Ipv6Header.payloadLength(buffer, ipAt), true);
        }
    }

    private void onSegment(final ByteBuffer buffer, final int at, final int length, final boolean ipv6) {
        final int flags = TcpHeader.flags(buffer, at);
        final Dialogue dialogue = find(TcpHeader.destinationPort(buffer, at), TcpHeader.sourcePort(buffer, at), ipv6);
        options.parse(buffer, at);
        final int payload = length - TcpHeader.headerLength(buffer, at);
        final int marks = (flags & (TcpHeader.SYN | TcpHeader.FIN)) != 0 ? 1 : 0;
        dialogue.ack = TcpHeader.sequence(buffer, at) + payload + marks;
        dialogue.timestamp = options.timestampValue();
        if ((flags & TcpHeader.ACK) != 0) {
            dialogue.seq = TcpHeader.acknowledgment(buffer, at);
        }
    }

    private Dialogue find(final int remotePort, final int localPort, final boolean ipv6) {
        for (final Dialogue dialogue : all) {
            if (dialogue.remotePort == remotePort && dialogue.localPort == localPort && dialogue.ipv6 == ipv6) {
                return dialogue;
            }
        }
        final Dialogue replaced = all[next++ % COUNT];
        replaced.set(ipv6, remotePort, localPort);
        return replaced;
    }
}
