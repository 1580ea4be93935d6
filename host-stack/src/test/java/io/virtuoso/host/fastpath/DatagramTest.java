package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.fastpath.ScriptedDatagrams.Received;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.ContextBlock;
import io.virtuoso.protocol.Datagram;
import io.virtuoso.protocol.DatagramError;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** UDP between guests of one host stack. */
class DatagramTest {
    private static final int CLIENT = StackHarness.FIRST_ADDRESS;
    private static final int SERVER = CLIENT + 1;
    private static final int PORT = 53;

    private final StackHarness stack = new StackHarness();
    private final Attachment clientAttachment = stack.attachment("client", CLIENT);
    private final ScriptedGuest client = stack.attach(clientAttachment);
    private final Attachment serverAttachment = stack.attachment("server", SERVER);
    private final ScriptedGuest server = stack.attach(serverAttachment);

    private void run() {
        stack.run(client, server);
    }

    private ScriptedDatagrams open(ScriptedGuest guest, int port) {
        final ScriptedDatagrams socket = new ScriptedDatagrams(guest).open(port, 0);
        run();
        assertEquals(0, guest.lastReplyErrno());
        return socket;
    }

    @Test
    void shouldCarryDatagramsBothWaysWithTheirNames() {
        final ScriptedDatagrams receiver = open(server, PORT);
        final ScriptedDatagrams sender = open(client, 0);
        assertTrue(sender.port() >= 32768 && sender.port() < 61000);
        assertTrue(sender.send(SERVER, PORT, "question"));
        assertTrue(sender.send(SERVER, PORT, ""));
        run();
        assertEquals(
                List.of(new Received(CLIENT, sender.port(), 0, "question"), new Received(CLIENT, sender.port(), 0, "")),
                receiver.receive());
        receiver.send(CLIENT, sender.port(), "answer");
        run();
        assertEquals(List.of(new Received(SERVER, PORT, 0, "answer")), sender.receive());
    }

    @Test
    void shouldCarryTheLargestDatagramThroughLargerRings() {
        final ScriptedDatagrams receiver = open(server, PORT);
        final ScriptedDatagrams sender = open(client, 0);
        final byte[] payload = new byte[Datagram.MAX];
        java.util.Arrays.fill(payload, (byte) 'x');
        assertFalse(sender.send(SERVER, PORT, 0, payload));
        run();
        assertTrue(sender.send(SERVER, PORT, 0, payload));
        run();
        assertEquals(Datagram.MAX, receiver.receive().getFirst().text().length());
    }

    @Test
    void shouldMarkWhatStaysInOneGuest() {
        final ScriptedDatagrams receiver = open(client, PORT);
        final ScriptedDatagrams sender = open(client, 0);
        sender.send(CLIENT, PORT, Datagram.LOOPBACK, new byte[] {'a'});
        sender.send(CLIENT, PORT, "b");
        run();
        assertEquals(
                List.of(
                        new Received(CLIENT, sender.port(), Datagram.LOOPBACK, "a"),
                        new Received(CLIENT, sender.port(), 0, "b")),
                receiver.receive());
    }

    @Test
    void shouldDeliverToAConnectedSocketFromItsPeerOnly() {
        final ScriptedDatagrams receiver = open(server, PORT);
        final ScriptedDatagrams peer = open(client, 0);
        final ScriptedDatagrams other = open(client, 0);
        receiver.connect(CLIENT, peer.port());
        run();
        other.send(SERVER, PORT, "no");
        peer.send(SERVER, PORT, "yes");
        run();
        assertEquals(List.of(new Received(CLIENT, peer.port(), 0, "yes")), receiver.receive());
        receiver.dissolve();
        run();
        other.send(SERVER, PORT, "now");
        run();
        assertEquals("now", receiver.receive().getFirst().text());
    }

    @Test
    void shouldTellAConnectedSenderThatNobodyReceives() {
        final ScriptedDatagrams sender = open(client, 0);
        sender.send(SERVER, PORT, "unconnected");
        run();
        assertEquals(0, sender.errors());
        sender.connect(SERVER, PORT);
        run();
        sender.send(SERVER, PORT, "connected");
        run();
        assertEquals(1, sender.errors());
        assertEquals(Errno.ECONNREFUSED, sender.handle.error());
    }

    @Test
    void shouldKeepErrorsForWhoAsksForThem() {
        final ScriptedDatagrams sender = open(client, 0);
        sender.handle.command(Command.OPTION, Option.RECEIVE_ERRORS, 1);
        run();
        sender.send(SERVER, PORT, "lost");
        run();
        assertEquals(1, sender.errors());
        sender.handle.command(Command.DATAGRAM_ERROR);
        run();
        assertEquals(0, client.lastReplyErrno());
        assertEquals(DatagramError.BYTES + 4, client.lastReplyValue());
        final int at = client.layout.contextOffset(0) + ContextBlock.INFO_OFFSET;
        final ByteBuffer region = client.region;
        assertEquals(Errno.ECONNREFUSED, region.getInt(at + DatagramError.ERROR_OFFSET));
        assertEquals(3, region.getShort(at + DatagramError.TYPE_OFFSET));
        assertEquals(3, region.getShort(at + DatagramError.CODE_OFFSET));
        assertEquals(PORT, region.getShort(at + DatagramError.PORT_OFFSET));
        assertEquals(Addresses.ipv4Low(SERVER), region.getLong(at + DatagramError.ADDRESS_OFFSET + 8));
        assertEquals('l', region.get(at + DatagramError.BYTES));
        sender.handle.command(Command.DATAGRAM_ERROR);
        run();
        assertEquals(Errno.EAGAIN, client.lastReplyErrno());
    }

    @Test
    void shouldDropAndCountWhatFindsNoRoom() {
        final ScriptedDatagrams receiver = open(server, PORT);
        receiver.handle.command(Command.OPTION, Option.RECEIVE_BUFFER, 4096);
        final ScriptedDatagrams sender = open(client, 0);
        final String text = "0123456789abcdef".repeat(8);
        for (int i = 0; i < 200; i++) {
            assertTrue(sender.send(SERVER, PORT, text));
            run();
        }
        final int got = receiver.receive().size();
        assertEquals((4096 + text.length() + Datagram.BYTES - 1) / (text.length() + Datagram.BYTES), got);
        assertEquals(200 - got, stack.slowPath.datagrams().dropped());
        sender.send(SERVER, PORT, "room again");
        run();
        assertEquals(1, receiver.receive().size());
    }

    @Test
    void shouldCountWhatNoNetworkCarries() {
        final ScriptedDatagrams sender = open(client, 0);
        sender.send(CLIENT + 99, PORT, "to nobody");
        run();
        assertEquals(1, stack.slowPath.datagrams().unroutable());
        assertEquals(0, sender.errors());
    }

    @Test
    void shouldSayWhetherASocketOfTheGuestWouldReceive() {
        final ScriptedDatagrams sender = open(client, 0);
        sender.handle.command(Command.DATAGRAM_CONNECT, 0, 0, PORT, Datagram.PROBE);
        run();
        assertEquals(Errno.ECONNREFUSED, client.lastReplyErrno());
        open(client, PORT);
        sender.handle.command(Command.DATAGRAM_CONNECT, 0, 0, PORT, Datagram.PROBE);
        run();
        assertEquals(0, client.lastReplyErrno());
    }

    @Test
    void shouldRefuseAPortTwiceAndGiveItBackAtTheEnd() {
        final ScriptedDatagrams first = open(server, PORT);
        new ScriptedDatagrams(server).open(PORT, Command.BIND_REUSEADDR);
        run();
        assertEquals(Errno.EADDRINUSE, server.lastReplyErrno());
        first.handle.close();
        run();
        open(server, PORT);
    }

    @Test
    void shouldEndAnAttachmentThatWritesGarbage() {
        final ScriptedDatagrams sender = open(client, 0);
        final byte[] garbage = new byte[64];
        garbage[3] = 1;
        sender.handle.write(garbage, 0, garbage.length);
        run();
        assertEquals(Optional.of(EndReason.BAD_DATAGRAM), clientAttachment.endReason());
    }

    @Test
    void shouldRefuseErrorsOfWhatIsNoUdpSocket() {
        final var listener = client.socket();
        listener.bind(80);
        listener.command(Command.DATAGRAM_ERROR);
        run();
        assertEquals(Optional.of(EndReason.BAD_SLOT), clientAttachment.endReason());
    }

    @Test
    void shouldMoveToTheProcessThatUsesItAndBackWhenThatEnds() {
        final ScriptedDatagrams socket = open(server, PORT);
        final ScriptedDatagrams sender = open(client, 0);
        sender.send(SERVER, PORT, "unread");
        run();
        assertEquals(
                0, stack.attachments.shareSocket(serverAttachment, socket.handle.index, socket.handle.generation, 77));
        final Attachment childAttachment = stack.attachment("server", SERVER);
        final ScriptedGuest child = stack.attach(childAttachment);
        final Adoption adoption = stack.attachments.adopt(childAttachment, 77);
        assertEquals(0, adoption.errno());
        final ScriptedDatagrams moved =
                new ScriptedDatagrams(child, child.new Handle(adoption.slot(), adoption.generation()));
        assertEquals(State.FAILED | State.MOVED, socket.handle.state());
        sender.send(SERVER, PORT, "new");
        stack.run(client, child);
        assertEquals(
                List.of("unread", "new"),
                moved.receive().stream().map(Received::text).toList());
        stack.attachments.guestGone(childAttachment);
        assertEquals(0, socket.handle.state());
        assertEquals(
                SocketSlot.rxTailAcquire(server.region, socket.handle.at),
                SocketSlot.rxWantAcquire(server.region, socket.handle.at)); // what was there has moved
        socket.handle.read();
        sender.send(SERVER, PORT, "home");
        run();
        assertEquals("home", socket.receive().getFirst().text());
        assertEquals(PORT, SocketSlot.localPort(server.region, socket.handle.at));
    }

    /** The process may ask for the socket while the host stack hears that the other one has ended. */
    @Test
    void shouldNotMoveAgainWhatHasMoved() {
        final ScriptedDatagrams socket = open(server, PORT);
        final ScriptedDatagrams sender = open(client, 0);
        sender.send(SERVER, PORT, "for the child");
        run();
        stack.attachments.shareSocket(serverAttachment, socket.handle.index, socket.handle.generation, 77);
        final Attachment childAttachment = stack.attachment("server", SERVER);
        final ScriptedGuest child = stack.attach(childAttachment);
        final Adoption adoption = stack.attachments.adopt(childAttachment, 77);
        final ScriptedDatagrams moved =
                new ScriptedDatagrams(child, child.new Handle(adoption.slot(), adoption.generation()));
        assertEquals("for the child", moved.receive().getFirst().text());
        stack.attachments.guestGone(childAttachment);
        sender.send(SERVER, PORT, "home");
        run();
        final Adoption back = stack.attachments.adopt(serverAttachment, 77);
        assertEquals(0, back.errno());
        final ScriptedDatagrams again =
                new ScriptedDatagrams(server, server.new Handle(back.slot(), back.generation()));
        run();
        assertEquals(
                List.of("home"), again.receive().stream().map(Received::text).toList());
    }
}
