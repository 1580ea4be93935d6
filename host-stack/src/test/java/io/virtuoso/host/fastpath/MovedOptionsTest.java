package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.port.ForwardingPort;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.slowpath.OptionStage;
import io.virtuoso.host.socket.SocketInfo;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.SocketSlot;
import io.virtuoso.protocol.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Options of sockets that several processes share, and that one takes from another: they are the socket's, not the process's. */
class MovedOptionsTest {
    private static final int PORT = 80;
    private static final long SHARE = 17;
    private static final int RATE = 1_000_000;
    private static final int SERVICE = 0xb8;
    private static final int OTHER_SERVICE = 0x28;

    /** Type of service of the UDP datagrams that left the client. */
    private final List<Integer> services = new ArrayList<>();

    private final StackPair stacks = new StackPair(Tap::new);
    private final Attachment first = stacks.client.space.attachment();
    private final Attachment second = stacks.near.sibling(first, Abi.MINOR);
    private final ScriptedGuest sibling = stacks.near.attach(second);

    private final class Tap extends ForwardingPort {
        Tap(final Port port) {
            super(port);
        }

        @Override
        public boolean transmit(final Frame frame) {
            if (EthernetHeader.type(frame.buffer(), Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV4
                    && Ipv4Header.protocol(frame.buffer(), Frame.NETWORK_AT) == Ipv4Header.PROTOCOL_UDP) {
                services.add(Ipv4Header.typeOfService(frame.buffer(), Frame.NETWORK_AT));
            }
            return port.transmit(frame);
        }
    }

    private void run() {
        for (final Attachment attachment : new Attachment[] {first, second}) {
            stacks.near.attachments.onDoorbell(attachment.id());
        }
        stacks.run();
        sibling.drain();
    }

    private void share(final Handle socket) {
        assertEquals(0, stacks.near.attachments.shareSocket(first, socket.index, socket.generation, SHARE));
    }

    private Handle takenBy(final Attachment attachment, final ScriptedGuest process) {
        final Adoption adopted = stacks.near.attachments.adopt(attachment, SHARE);
        assertEquals(0, adopted.errno());
        return process.new Handle(adopted.slot(), adopted.generation()).knowsItsRings();
    }

    private static SocketInfo info(final ScriptedGuest guest, final Handle socket) {
        final SocketInfo info = new SocketInfo();
        OptionStage.describe(guest.space.find(socket.index, socket.generation), info);
        return info;
    }

    private Handle connect() {
        final Handle listener = stacks.server.socket();
        listener.bind(PORT);
        listener.listen(1);
        run();
        final Handle socket = stacks.client.socket();
        socket.connect(StackPair.SERVER, PORT);
        run();
        assertEquals(State.CONNECTED, socket.state());
        share(socket);
        return socket;
    }

    /** What the former process asks for before it can have seen that the connection is another's. */
    @Test
    void shouldObeyWhoHadTheConnectionWhenItAsked() {
        final Handle before = connect();
        before.command(Command.OPTION, Option.MAX_PACING_RATE, RATE);
        final Handle taken = takenBy(second, sibling);
        before.command(Command.OPTION, Option.MAXSEG, 600);
        run();
        assertEquals(0, stacks.client.lastReplyErrno());
        assertEquals(RATE, info(sibling, taken).pacingRate);
        assertEquals(600 - 12, info(sibling, taken).mss);
    }

    @Test
    void shouldObeyWhereverTheConnectionIsByThen() {
        final Handle before = connect();
        final Handle taken = takenBy(second, sibling);
        final Handle back = takenBy(first, stacks.client);
        before.command(Command.OPTION, Option.MAX_PACING_RATE, RATE);
        run();
        assertEquals(RATE, info(stacks.client, back).pacingRate);
        taken.command(Command.OPTION, Option.MAX_PACING_RATE, 2 * RATE);
        run();
        assertEquals(2 * RATE, info(stacks.client, back).pacingRate);
    }

    @Test
    void shouldForgetWhatWasLet() {
        final Handle before = connect();
        before.command(Command.OPTION, Option.MAX_PACING_RATE, RATE);
        final Handle taken = takenBy(second, sibling);
        run();
        before.command(Command.CLOSE, Command.CLOSE_MOVED);
        before.command(Command.OPTION, Option.MAX_PACING_RATE, 2 * RATE); // of nobody's slot
        run();
        assertEquals(RATE, info(sibling, taken).pacingRate);
    }

    /** TCP_INFO tells of the connection, not of the slot that it has left. */
    @Test
    void shouldTellOfTheConnectionWhereverItIs() {
        final Handle before = connect();
        before.command(Command.INFO);
        takenBy(second, sibling);
        run();
        assertEquals(0, stacks.client.lastReplyErrno());
        assertEquals(
                io.virtuoso.protocol.SocketInfo.PATH_WIRE,
                stacks.client.region.getInt(
                        stacks.client.space.context(0).infoOffset() + io.virtuoso.protocol.SocketInfo.PATH_OFFSET));
    }

    private void assertServiceOf(final ScriptedDatagrams sender, final int service) {
        services.clear();
        sender.send(StackPair.SERVER, PORT, "text");
        run();
        assertEquals(List.of(service), services);
    }

    @Test
    void shouldMarkDatagramsAlikeInEachProcess() {
        final ScriptedDatagrams before = new ScriptedDatagrams(stacks.client).open(0, 0);
        run();
        share(before.handle);
        before.handle.command(Command.OPTION, Option.TOS, SERVICE);
        run();
        assertServiceOf(before, SERVICE);
        final ScriptedDatagrams taken = new ScriptedDatagrams(sibling, takenBy(second, sibling));
        assertServiceOf(taken, SERVICE);
        before.handle.command(Command.OPTION, Option.TOS, OTHER_SERVICE);
        run();
        assertServiceOf(taken, OTHER_SERVICE);
        stacks.near.attachments.guestGone(second);
        assertEquals(0, SocketSlot.stateAcquire(stacks.client.region, before.handle.at));
        assertServiceOf(before, OTHER_SERVICE);
    }
}
