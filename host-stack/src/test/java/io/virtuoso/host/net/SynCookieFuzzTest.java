package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A listener that is full now and then, and whatever may come to it: nothing is thrown, and nothing stays behind. */
class SynCookieFuzzTest {
    private static final int ROUNDS = 60_000;
    private static final int PORT = 80;
    private static final int MAX_OPTIONS = 40;

    private final SplittableRandom random = new SplittableRandom(12);
    private final List<StreamSocket> sockets = new ArrayList<>();
    private final Link link = new Link((address, port) -> new Moody());
    private final ByteBuffer buffer = link.frame.buffer();

    /** Of the last SYN,ACK. */
    private int cookie;

    private int acknowledged;
    private int remotePort = 40_000;

    private final class Moody implements WireListener {
        @Override
        public boolean mayAccept() {
            return random.nextInt(10) > 0;
        }

        @Override
        public boolean mayRemember() {
            return random.nextInt(4) == 0;
        }

        @Override
        public int maxSegment() {
            return random.nextInt(4) == 0 ? random.nextInt(2_000) : 0;
        }

        @Override
        public TcpEvents open(final WireConnection connection) {
            final StreamSocket socket = new StreamSocket(1 << 9, true, 0);
            socket.connection(connection);
            sockets.add(socket);
            return socket;
        }
    }

    private void send(final int seq, final int ack, final int flags, final int options, final int data) {
        final int header = TcpHeader.BYTES + options;
        TcpHeader.write(
                buffer, Frame.TRANSPORT_AT, remotePort << 16 | PORT, seq, ack, header, flags, random.nextInt(65_536));
        TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, header + data, Link.KERNEL, Link.GUEST);
        link.sendIp(Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST, header + data);
        while (link.received()) {
            if (link.type() == EthernetHeader.TYPE_IPV4
                    && (TcpHeader.flags(buffer, Frame.TRANSPORT_AT) & TcpHeader.SYN) != 0) {
                cookie = TcpHeader.sequence(buffer, Frame.TRANSPORT_AT);
                acknowledged = TcpHeader.acknowledgment(buffer, Frame.TRANSPORT_AT);
            }
        }
    }

    private int writeOptions() {
        final int bytes = 4 * random.nextInt(MAX_OPTIONS / 4 + 1);
        int at = Frame.TRANSPORT_AT + TcpHeader.BYTES;
        final int end = at + bytes;
        if (random.nextBoolean() && bytes >= 12) {
            buffer.put(at, (byte) 1).put(at + 1, (byte) 1).put(at + 2, (byte) 8).put(at + 3, (byte) 10);
            buffer.putInt(at + 4, random.nextInt()).putInt(at + 8, random.nextInt());
            at += 12;
        }
        for (; at < end; at++) {
            buffer.put(at, (byte) (random.nextBoolean() ? random.nextInt(12) : random.nextInt()));
        }
        return bytes;
    }

    private void round() {
        if (random.nextInt(3) == 0) {
            remotePort = 1 + random.nextInt(65_535);
            send(random.nextInt(), 0, TcpHeader.SYN | random.nextInt(4) << 6, writeOptions(), 0);
        } else {
            final int off = random.nextInt(3) == 0 ? random.nextInt(5) - 2 : 0;
            final int flags = random.nextInt(3) == 0 ? random.nextInt(256) : TcpHeader.ACK;
            send(acknowledged + off, cookie + 1 + off, flags, writeOptions(), random.nextInt(20));
        }
        link.now += random.nextInt(200) == 0 ? 20_000_000_000L : random.nextInt(1_000_000);
        link.path.onTimers(link.now);
        while (link.received()) {
            link.now++;
        }
    }

    @Test
    void shouldStandAnything() {
        link.introduce();
        for (int i = 0; i < ROUNDS; i++) {
            round();
            if (i % 16 == 0) {
                link.introduce(); // else the neighbour is asked for again and again
                sockets.removeIf(socket -> socket.closed);
            }
        }
        final StackCounters counters = link.path.counters();
        assertTrue(counters.get(StackCounter.SYN_COOKIES_SENT) > 1_000);
        assertTrue(counters.get(StackCounter.SYN_COOKIES_ACCEPTED) > 1_000);
        assertTrue(counters.get(StackCounter.SYN_COOKIES_FAILED) > 1_000);
        sockets.stream()
                .filter(socket -> !socket.closed)
                .forEach(socket -> socket.connection().abort(link.now));
        link.now += 120_000_000_000L;
        while (link.path.onTimers(link.now) > 0) {
            link.now++;
        }
        assertEquals(0, link.path.connections());
    }
}
