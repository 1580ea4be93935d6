package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.port.Frame;
import io.virtuoso.host.tcp.TcpEvents;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.host.wire.TcpOptions;
import io.virtuoso.host.wire.VirtioNetHeader;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Segments and ICMP errors on their way to connections and listeners, as a bare peer sees it. */
class TcpInputTest {
    private static final int CLIENT_PORT = 40_000;
    private static final int SERVER_PORT = 80;

    private boolean backlogHasRoom = true;
    private boolean handshakesHaveRoom = true;
    private final StreamSocket server = new StreamSocket(1 << 16, false, -1);
    private final Link link = new Link((address, port) -> port == SERVER_PORT ? new Listener() : null);
    private final ByteBuffer buffer = link.frame.buffer();

    private final class Listener implements WireListener {
        @Override
        public boolean mayAccept() {
            return backlogHasRoom;
        }

        @Override
        public boolean mayRemember() {
            return handshakesHaveRoom;
        }

        @Override
        public int maxSegment() {
            return 0;
        }

        @Override
        public TcpEvents open(final WireConnection connection) {
            server.connection(connection);
            return server;
        }
    }

    private void sendSegment(final int remotePort, final int localPort, final int seq, final int ack, final int flags) {
        TcpHeader.write(buffer, Frame.TRANSPORT_AT, remotePort << 16 | localPort, seq, ack, 20, flags, 1000);
        TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, 20, Link.KERNEL, Link.GUEST);
        link.sendIp(Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST, 20);
    }

    /** A segment of the client's port in the name of some station. */
    private void sendFrom(final int source, final int localPort, final int seq, final int ack, final int flags) {
        TcpHeader.write(buffer, Frame.TRANSPORT_AT, CLIENT_PORT << 16 | localPort, seq, ack, 20, flags, 1000);
        TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, 20, source, Link.GUEST);
        link.sendIp(Ipv4Header.PROTOCOL_TCP, source, Link.GUEST, 20);
    }

    @Test
    void shouldAcceptAConnection() {
        link.introduce();
        sendSegment(CLIENT_PORT, SERVER_PORT, 100, 0, TcpHeader.SYN);
        assertTrue(link.received());
        assertEquals(TcpHeader.SYN | TcpHeader.ACK, TcpHeader.flags(buffer, Frame.TRANSPORT_AT));
        assertEquals(101, TcpHeader.acknowledgment(buffer, Frame.TRANSPORT_AT));
        final TcpOptions options = new TcpOptions();
        options.parse(buffer, Frame.TRANSPORT_AT);
        assertEquals(1460, options.mss());
        assertFalse(server.isEstablished);

        final int iss = TcpHeader.sequence(buffer, Frame.TRANSPORT_AT);
        sendSegment(CLIENT_PORT, SERVER_PORT, 101, iss + 1, TcpHeader.ACK);
        assertTrue(server.isEstablished);
        assertEquals(1, link.path.connections());

        sendSegment(CLIENT_PORT, SERVER_PORT, 101, 0, TcpHeader.RST);
        assertTrue(server.closed);
        assertEquals(0, link.path.connections());
    }

    /** Opens a connection from outside and closes it, the server first: it is in TIME_WAIT. */
    private int closeByServer() {
        link.introduce();
        sendSegment(CLIENT_PORT, SERVER_PORT, 100, 0, TcpHeader.SYN);
        assertTrue(link.received());
        final int iss = TcpHeader.sequence(buffer, Frame.TRANSPORT_AT);
        sendSegment(CLIENT_PORT, SERVER_PORT, 101, iss + 1, TcpHeader.ACK);
        server.connection().close(link.now);
        assertTrue(link.received());
        assertTrue((TcpHeader.flags(buffer, Frame.TRANSPORT_AT) & TcpHeader.FIN) != 0);
        sendSegment(CLIENT_PORT, SERVER_PORT, 101, iss + 2, TcpHeader.FIN | TcpHeader.ACK);
        assertTrue(link.received());
        assertEquals(102, TcpHeader.acknowledgment(buffer, Frame.TRANSPORT_AT));
        return iss;
    }

    @Test
    void shouldKeepLittleOfAConnectionInTimeWait() {
        final int iss = closeByServer();
        assertTrue(server.closed, "nobody needs the connection itself");
        assertEquals(1, link.path.connections());
        link.now += TimeUnit.SECONDS.toNanos(30);
        sendSegment(CLIENT_PORT, SERVER_PORT, 101, iss + 2, TcpHeader.FIN | TcpHeader.ACK);
        assertTrue(link.received());
        assertEquals(TcpHeader.ACK, TcpHeader.flags(buffer, Frame.TRANSPORT_AT));
        assertEquals(102, TcpHeader.acknowledgment(buffer, Frame.TRANSPORT_AT));
        assertEquals(iss + 2, TcpHeader.sequence(buffer, Frame.TRANSPORT_AT));
        sendSegment(CLIENT_PORT, SERVER_PORT, 102, iss + 2, TcpHeader.RST);
        assertFalse(link.received());
        link.now += TimeUnit.SECONDS.toNanos(59);
        link.path.onTimers(link.now);
        assertEquals(1, link.path.connections(), "the repeated FIN began the wait anew");
        assertNull(link.path.prepare(Link.GUEST, SERVER_PORT, Link.KERNEL, CLIENT_PORT, server), "the names are taken");
        link.now += TimeUnit.SECONDS.toNanos(1);
        link.path.onTimers(link.now);
        assertEquals(0, link.path.connections());
        assertEquals(0, link.path.held());
        assertEquals(Long.MAX_VALUE, link.path.nextDeadlineNs(), "a host stack with nothing to do must sleep");
    }

    @Test
    void shouldOpenTheNextConnectionOutOfTimeWait() {
        closeByServer();
        sendSegment(CLIENT_PORT, SERVER_PORT, 50, 0, TcpHeader.SYN);
        assertTrue(link.received());
        assertEquals(TcpHeader.ACK, TcpHeader.flags(buffer, Frame.TRANSPORT_AT), "older than the last one");
        sendSegment(CLIENT_PORT, SERVER_PORT, 5000, 0, TcpHeader.SYN);
        assertTrue(link.received());
        assertEquals(TcpHeader.SYN | TcpHeader.ACK, TcpHeader.flags(buffer, Frame.TRANSPORT_AT));
        assertEquals(5001, TcpHeader.acknowledgment(buffer, Frame.TRANSPORT_AT));
        assertEquals(1, link.path.connections());
    }

    @Test
    void shouldIgnoreSynsWhileTheBacklogIsFull() {
        link.introduce();
        backlogHasRoom = false;
        sendSegment(CLIENT_PORT, SERVER_PORT, 100, 0, TcpHeader.SYN);
        assertFalse(link.received());
        assertEquals(1, link.path.counters().dropped(DropReason.TCP_LISTEN_OVERFLOW));
        assertEquals(0, link.path.connections());
    }

    @Test
    void shouldBoundTheNumberOfUnfinishedHandshakes() {
        link.introduce();
        final int flood = WirePath.MAX_HALF_OPEN + 10;
        for (int i = 0; i < flood; i++) {
            sendSegment(1 + i, SERVER_PORT, 100, 0, TcpHeader.SYN);
            assertTrue(link.received());
        }
        assertEquals(WirePath.MAX_HALF_OPEN, link.path.connections());
        assertEquals(10, link.path.counters().get(StackCounter.SYN_COOKIES_SENT));

        sendSegment(1, SERVER_PORT, 101, 0, TcpHeader.RST);
        assertEquals(WirePath.MAX_HALF_OPEN - 1, link.path.connections());
        sendSegment(flood, SERVER_PORT, 100, 0, TcpHeader.SYN);
        assertTrue(link.received());
        assertEquals(WirePath.MAX_HALF_OPEN, link.path.connections());
    }

    @Test
    void shouldConnectByACookie() {
        link.introduce();
        handshakesHaveRoom = false;
        sendSegment(CLIENT_PORT, SERVER_PORT, 100, 0, TcpHeader.SYN);
        assertTrue(link.received());
        assertEquals(TcpHeader.SYN | TcpHeader.ACK, TcpHeader.flags(buffer, Frame.TRANSPORT_AT));
        assertEquals(101, TcpHeader.acknowledgment(buffer, Frame.TRANSPORT_AT));
        assertEquals(0, link.path.connections());

        final int iss = TcpHeader.sequence(buffer, Frame.TRANSPORT_AT);
        sendSegment(CLIENT_PORT + 1, SERVER_PORT, 101, iss + 1, TcpHeader.ACK);
        assertTrue(link.received());
        assertEquals(TcpHeader.RST, TcpHeader.flags(buffer, Frame.TRANSPORT_AT), "another port");
        sendSegment(CLIENT_PORT, SERVER_PORT, 101, iss + 1, TcpHeader.ACK);
        assertTrue(server.isEstablished);
        assertEquals(1, link.path.connections());
        final StackCounters counters = link.path.counters();
        assertEquals(1, counters.get(StackCounter.SYN_COOKIES_SENT));
        assertEquals(1, counters.get(StackCounter.SYN_COOKIES_ACCEPTED));
        assertEquals(1, counters.get(StackCounter.SYN_COOKIES_FAILED));
    }

    @Test
    void shouldNotAskForAllStationsInWhoseNameItIsFlooded() {
        link.introduce();
        handshakesHaveRoom = false;
        for (int i = 0; i < 2 * NeighbourTable.MAX_NEIGHBOURS; i++) {
            sendFrom(Link.NETWORK.subnet() + 1000 + i, SERVER_PORT, 100, 0, TcpHeader.SYN);
            while (link.received()) {
                assertEquals(EthernetHeader.TYPE_ARP, link.type());
            }
        }
        final StackCounters counters = link.path.counters();
        assertTrue(counters.get(StackCounter.ARP_OUT) <= NeighbourTable.MAX_NEIGHBOURS / 2);
        assertTrue(counters.dropped(DropReason.SEND_NO_NEIGHBOUR) >= NeighbourTable.MAX_NEIGHBOURS);
        sendSegment(CLIENT_PORT, SERVER_PORT, 100, 0, TcpHeader.SYN);
        assertTrue(link.received(), "who is known gets an answer");
    }

    /** Makes the guest connect. @return its SYN's sequence number */
    private int connect(final StreamSocket socket) {
        link.introduce();
        socket.connection(link.path.connect(Link.GUEST, CLIENT_PORT, Link.KERNEL, SERVER_PORT, socket, link.now));
        assertTrue(link.received());
        return TcpHeader.sequence(buffer, Frame.TRANSPORT_AT);
    }

    private void sendIcmpError(final int type, final int code, final int mtu, final int quotedSeq) {
        final int quoted = Frame.TRANSPORT_AT + IcmpMessage.BYTES;
        final int length = IcmpMessage.BYTES + Ipv4Header.BYTES + 8;
        Wire.put32(buffer, Frame.TRANSPORT_AT, type << 24 | code << 16);
        Wire.put32(buffer, Frame.TRANSPORT_AT + 4, mtu);
        Ipv4Header.write(buffer, quoted, 60, 0, Ipv4Header.PROTOCOL_TCP, Link.GUEST, Link.KERNEL);
        Wire.put32(buffer, quoted + Ipv4Header.BYTES, CLIENT_PORT << 16 | SERVER_PORT);
        Wire.put32(buffer, quoted + Ipv4Header.BYTES + 4, quotedSeq);
        Wire.put16(
                buffer,
                Frame.TRANSPORT_AT + 2,
                Checksum.complete(Checksum.partial(buffer, Frame.TRANSPORT_AT, length, 0)));
        link.sendIp(Ipv4Header.PROTOCOL_ICMP, Link.KERNEL, Link.GUEST, length);
    }

    @ParameterizedTest
    @CsvSource({
        "3, 0, 101",
        "3, 1, 113",
        "3, 2, 92",
        "3, 3, 111",
        "3, 7, 112",
        "3, 13, 113",
        "3, 15, 113",
        "11, 0, 113",
        "12, 0, 71"
    })
    void shouldFailAConnectWithTheErrorThatLinuxGives(final int type, final int code, final int errno) {
        final StreamSocket socket = new StreamSocket(1 << 16, false, -1);
        final int iss = connect(socket);

        sendIcmpError(type, code, 0, iss);

        assertEquals(errno, socket.errno);
        assertTrue(socket.closed);
        assertEquals(0, link.path.connections());
        assertEquals(1, link.path.counters().get(StackCounter.ICMP_ERRORS_IN));
    }

    @Test
    void shouldIgnoreForgedIcmpErrors() {
        final StreamSocket socket = new StreamSocket(1 << 16, false, -1);
        final int iss = connect(socket);

        sendIcmpError(3, 3, 0, iss + 1000);

        assertFalse(socket.closed);
    }

    @Test
    void shouldKeepAnEstablishedConnectionThatIcmpCallsUnreachable() {
        final StreamSocket socket = new StreamSocket(1 << 16, false, -1);
        final int iss = connect(socket);
        sendSegment(SERVER_PORT, CLIENT_PORT, 500, iss + 1, TcpHeader.SYN | TcpHeader.ACK);
        assertTrue(socket.isEstablished);

        sendIcmpError(3, 1, 0, iss);

        assertFalse(socket.closed);
        assertEquals(0, socket.errno);
    }

    @Test
    void shouldSendSmallerSegmentsWhenTheWayIsNarrow() {
        final StreamSocket socket = new StreamSocket(1 << 16, false, 2_000);
        final int iss = connect(socket);
        TcpOptions.writeMss(buffer, Frame.TRANSPORT_AT + 20, 1460);
        TcpHeader.write(
                buffer,
                Frame.TRANSPORT_AT,
                SERVER_PORT << 16 | CLIENT_PORT,
                500,
                iss + 1,
                24,
                TcpHeader.SYN | TcpHeader.ACK,
                60_000);
        TcpHeader.writeChecksum(buffer, Frame.TRANSPORT_AT, 24, Link.KERNEL, Link.GUEST);
        link.sendIp(Ipv4Header.PROTOCOL_TCP, Link.KERNEL, Link.GUEST, 24);
        assertTrue(link.received(), "ACK of the SYN");
        socket.step(link.now);
        assertTrue(link.received());
        assertTrue(link.frame.length() > 1400);
        while (link.received()) {
            link.now++;
        }

        sendIcmpError(3, IcmpMessage.CODE_FRAGMENTATION_NEEDED, 1000, iss + 1);

        assertTrue(link.received());
        final int gso = VirtioNetHeader.gsoSize(buffer, Frame.VIRTIO_AT);
        assertEquals(960, gso != 0 ? gso : link.frame.length() - 14 - 40);
    }
}
