package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.capture.CaptureFilter;
import io.virtuoso.host.capture.CaptureRing;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.capture.PcapngFile;
import io.virtuoso.host.capture.PcapngFile.Packet;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.TcpHeader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a capture shows of connections, of guests on one host and over a wire. */
class CaptureTest {
    private static final int PORT = 80;
    private static final CaptureFilter EVERYTHING = new CaptureFilter(null, Frame.MAX_LENGTH);
    private static final int HEADERS = EthernetHeader.BYTES + Ipv4Header.BYTES + TcpHeader.BYTES;

    private final byte[] question = "question".repeat(20).getBytes(StandardCharsets.US_ASCII);
    private int wakes;
    private long now;

    private CaptureRing capture(final StackHarness stack, final CaptureFilter filter) {
        final CaptureRing ring = new CaptureRing(filter, () -> wakes++);
        capture(stack, new CaptureTap(ring, () -> now += 500));
        return ring;
    }

    private static void capture(final StackHarness stack, final CaptureTap tap) {
        stack.slowPath.wire().capture(tap);
        stack.slowPath.localPath().capture(tap);
        stack.slowPath.datagrams().capture(tap);
    }

    private static List<Packet> read(final CaptureRing ring, final CaptureFilter filter) {
        return PcapngFile.of(ring, filter, 1_000_000_000L).packets();
    }

    /** Asks and answers, and closes both ends. */
    private void talk(final Handle listener, final Handle client, final Runnable run) {
        listener.bind(PORT);
        listener.listen(8);
        run.run();
        client.connect(StackPair.SERVER, PORT);
        run.run();
        final Handle accepted = listener.accept();
        client.write(question, 0, question.length);
        run.run();
        assertArrayEquals(question, accepted.read());
        accepted.write(question, 0, 3);
        run.run();
        assertEquals(3, client.read().length);
        client.close();
        run.run();
        accepted.close();
        run.run();
    }

    private static ByteBuffer tcp(final Packet packet) {
        final ByteBuffer data = packet.data();
        final int ipAt = EthernetHeader.BYTES;
        assertEquals(packet.length() - ipAt, Ipv4Header.totalLength(data, ipAt));
        return data.slice(ipAt + Ipv4Header.BYTES, data.limit() - ipAt - Ipv4Header.BYTES);
    }

    @Test
    void shouldShowALocalConnectionAsSegments() {
        final StackHarness stack = new StackHarness();
        final ScriptedGuest client = stack.guest("client", 0);
        final ScriptedGuest server = stack.guest("server", 1);
        final CaptureRing ring = capture(stack, EVERYTHING);
        talk(server.socket(), client.socket(), () -> stack.run(client, server));
        final List<Packet> packets = read(ring, EVERYTHING);
        final int[] flags = packets.stream()
                .mapToInt(packet -> TcpHeader.flags(tcp(packet), 0))
                .toArray();
        final int data = TcpHeader.PSH | TcpHeader.ACK;
        final int end = TcpHeader.FIN | TcpHeader.ACK;
        assertArrayEquals(new int[] {TcpHeader.SYN, TcpHeader.SYN | TcpHeader.ACK, data, data, end}, flags);
        final Packet asked = packets.get(2);
        assertEquals("client to server, one copy", asked.comment());
        assertEquals(new PcapngFile.Interface("default (guest to guest)", 1), asked.on());
        assertEquals(1_000_000_000L + 3 * 500, asked.time());
        assertEquals(ByteBuffer.wrap(question), asked.data().slice(HEADERS, question.length));
        assertEquals(PORT, TcpHeader.destinationPort(tcp(asked), 0));
        final ByteBuffer answer = tcp(packets.get(3));
        assertEquals(1, TcpHeader.sequence(answer, 0));
        assertEquals(1 + question.length, TcpHeader.acknowledgment(answer, 0));
        assertEquals(1 + question.length, TcpHeader.sequence(tcp(packets.get(4)), 0));
    }

    @Test
    void shouldShowAConnectionOverAWire() {
        final StackPair pair = new StackPair();
        final CaptureRing ring = capture(pair.near, EVERYTHING);
        talk(pair.server.socket(), pair.client.socket(), pair::run);
        final List<Packet> packets = read(ring, EVERYTHING);
        final Packet asked = packets.stream()
                .filter(packet -> packet.length() == HEADERS + 12 + question.length)
                .findFirst()
                .orElseThrow();
        assertEquals(2, asked.direction());
        assertEquals("client", asked.comment());
        assertEquals(new PcapngFile.Interface("default", 1), asked.on());
        final Packet answered = packets.stream()
                .filter(packet -> packet.length() == HEADERS + 12 + 3)
                .findFirst()
                .orElseThrow();
        assertEquals(1, answered.direction());
        assertTrue(answered.comment().matches("client; CPU [0-9]+\\.[05] us"), answered.comment());
        assertEquals(TcpHeader.PSH | TcpHeader.ACK, TcpHeader.flags(tcp(answered), 0));
        final long resets = packets.stream()
                .filter(packet -> packet.length() >= HEADERS)
                .filter(packet -> (TcpHeader.flags(tcp(packet), 0) & TcpHeader.RST) != 0)
                .count();
        assertEquals(0, resets);
    }

    @Test
    void shouldShowOnlyTheGuestThatIsAskedFor() {
        assertEquals(5, packetsOf("client"));
        assertEquals(5, packetsOf("server"));
        assertEquals(0, packetsOf("other"));
        final CaptureFilter other = new CaptureFilter("other", Frame.MAX_LENGTH);
        final StackPair pair = new StackPair();
        final CaptureRing ring = capture(pair.near, other);
        talk(pair.server.socket(), pair.client.socket(), pair::run);
        assertEquals(List.of(), read(ring, other));
    }

    private int packetsOf(final String guest) {
        final StackHarness stack = new StackHarness();
        final ScriptedGuest client = stack.guest("client", 0);
        final ScriptedGuest server = stack.guest("server", 1);
        final CaptureFilter filter = new CaptureFilter(guest, Frame.MAX_LENGTH);
        final CaptureRing ring = capture(stack, filter);
        talk(server.socket(), client.socket(), () -> stack.run(client, server));
        return read(ring, filter).size();
    }

    @Test
    void shouldKeepOnlyTheBeginningOfPackets() {
        final CaptureFilter filter = new CaptureFilter(null, CaptureFilter.MIN_SNAP);
        final StackPair pair = new StackPair();
        final CaptureRing ring = capture(pair.near, filter);
        talk(pair.server.socket(), pair.client.socket(), pair::run);
        final List<Packet> packets = read(ring, filter);
        assertTrue(packets.stream().allMatch(packet -> packet.data().limit() <= CaptureFilter.MIN_SNAP));
        assertTrue(packets.stream()
                .anyMatch(packet -> packet.length() > packet.data().limit()));
    }

    @Test
    void shouldLoseAndCountWhatFindsNoRoom() {
        final StackHarness stack = new StackHarness();
        final ScriptedGuest client = stack.guest("client", 0);
        final ScriptedGuest server = stack.guest("server", 1);
        final CaptureRing ring = capture(stack, EVERYTHING);
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.listen(8);
        stack.run(client, server);
        final Handle sender = client.socket();
        sender.connect(StackPair.SERVER, PORT);
        stack.run(client, server);
        final Handle receiver = listener.accept();
        final byte[] bytes = new byte[512];
        while (ring.lost() == 0) {
            sender.write(bytes, 0, bytes.length);
            stack.run(client, server);
            assertEquals(bytes.length, receiver.read().length);
        }
        assertEquals(1, ring.lost());
        assertEquals(1, PcapngFile.of(ring, EVERYTHING, 0).lost());
    }

    @Test
    void shouldWakeTheReaderOnceUntilItReads() {
        final StackPair pair = new StackPair();
        final CaptureRing ring = new CaptureRing(EVERYTHING, () -> wakes++);
        final CaptureTap tap = new CaptureTap(ring, () -> 0);
        capture(pair.near, tap);
        tap.flush();
        assertEquals(0, wakes);
        talk(pair.server.socket(), pair.client.socket(), pair::run);
        tap.flush();
        tap.flush();
        assertEquals(1, wakes);
        read(ring, EVERYTHING);
        tap.flush();
        assertEquals(1, wakes);
        pair.client.socket().connect(StackPair.SERVER, PORT);
        pair.run();
        tap.flush();
        assertEquals(2, wakes);
    }

    @Test
    void shouldNoteNothingAfterItsEnd() {
        final StackPair pair = new StackPair();
        final CaptureRing ring = capture(pair.near, EVERYTHING);
        capture(pair.near, (CaptureTap) null);
        talk(pair.server.socket(), pair.client.socket(), pair::run);
        assertEquals(List.of(), read(ring, EVERYTHING));
    }
}
