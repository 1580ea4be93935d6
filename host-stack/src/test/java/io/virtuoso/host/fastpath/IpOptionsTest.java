package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.ForwardingPort;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.host.wire.TcpHeader;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import io.virtuoso.protocol.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** IP_TOS and IP_TTL, and the same of IPv6, in the packets between guests of two host stacks. */
class IpOptionsTest {
    private static final int PORT = 80;
    private static final byte[] REQUEST = {1, 2, 3};
    private static final int CLIENT_END = 2; // of fd00:88::2
    private static final int SERVER_END = 3;

    private final List<Seen> seen = new ArrayList<>();
    private final StackPair stacks = new StackPair(Tap::new, StackHarness.dualNetwork());
    private final ScriptedGuest client = stacks.client;
    private final ScriptedGuest server = stacks.server;
    private final Handle listener = server.socket();

    /** A TCP packet that passed; of an IPv6 address the last four bytes. */
    private record Seen(int source, int flags, int typeOfService, int ttl) {}

    /** Notes what passes. */
    private final class Tap extends ForwardingPort {
        Tap(Port port) {
            super(port);
        }

        private void note(Frame frame) {
            final int at = Frame.NETWORK_AT;
            if (EthernetHeader.type(frame.buffer(), Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV4) {
                assertNull(Ipv4Header.check(frame.buffer(), at, frame.length() - EthernetHeader.BYTES));
                seen.add(new Seen(
                        Ipv4Header.source(frame.buffer(), at),
                        TcpHeader.flags(frame.buffer(), Frame.TRANSPORT_AT),
                        Ipv4Header.typeOfService(frame.buffer(), at),
                        Ipv4Header.ttl(frame.buffer(), at)));
            } else if (EthernetHeader.type(frame.buffer(), Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV6
                    && Ipv6Header.nextHeader(frame.buffer(), at) == Ipv4Header.PROTOCOL_TCP) {
                seen.add(new Seen(
                        (int) Ipv6Header.sourceLow(frame.buffer(), at),
                        TcpHeader.flags(frame.buffer(), Frame.TRANSPORT_AT_IPV6),
                        Ipv6Header.trafficClass(frame.buffer(), at),
                        Ipv6Header.hopLimit(frame.buffer(), at)));
            }
        }

        @Override
        public int receive(Frame frame) {
            final int result = port.receive(frame);
            if (result == RECEIVED) {
                note(frame);
            }
            return result;
        }

        @Override
        public boolean transmit(Frame frame) {
            note(frame);
            return port.transmit(frame);
        }
    }

    private void listen(int tos, int ttl) {
        listener.bind(PORT);
        listener.listen(16);
        listener.command(Command.OPTION, Option.TOS, tos);
        listener.command(Command.OPTION, Option.TTL, ttl);
        stacks.run();
        assertEquals(0, server.lastReplyErrno());
    }

    private Handle connect(long tos, long ttl) {
        final Handle socket = client.socket();
        socket.command(
                Command.CONNECT, Addresses.IPV4_HIGH, Addresses.ipv4Low(StackPair.SERVER), PORT, tos << 32 | ttl << 40);
        stacks.run();
        return socket;
    }

    private void assertAll(int source, int tos, int ttl) {
        final List<Seen> of = seen.stream().filter(one -> one.source == source).toList();
        assertFalse(of.isEmpty(), "packets of both sides");
        assertEquals(
                List.of(),
                of.stream()
                        .filter(one -> one.typeOfService != tos || one.ttl != ttl)
                        .toList());
    }

    @Test
    void shouldCarryWhatBothSidesAskedForFromTheFirstPacket() {
        listen(0x20, 33);
        final Handle socket = connect(0xb8, 7);
        assertEquals(State.CONNECTED, socket.state());
        final Handle accepted = listener.accept();
        socket.write(REQUEST, 0, 3);
        stacks.run();
        accepted.write(REQUEST, 0, 3);
        stacks.run();
        socket.close();
        accepted.close();
        stacks.run();
        assertAll(StackPair.CLIENT, 0xb8, 7);
        assertAll(StackPair.SERVER, 0x20, 33);
    }

    @Test
    void shouldChangeBothLater() {
        listen(0, 0);
        final Handle socket = connect(0, 0);
        assertAll(StackPair.CLIENT, 0, 64);
        socket.command(Command.OPTION, Option.TOS, 0x13);
        socket.command(Command.OPTION, Option.TTL, 200);
        stacks.run();
        assertEquals(0, client.lastReplyErrno());
        seen.clear();
        socket.write(REQUEST, 0, 3);
        stacks.run();
        socket.write(REQUEST, 0, 3);
        stacks.run();
        assertAll(StackPair.CLIENT, 0x10, 200);
        socket.command(Command.OPTION, Option.TTL, 0);
        stacks.run();
        seen.clear();
        socket.write(REQUEST, 0, 3);
        stacks.run();
        socket.write(REQUEST, 0, 3);
        stacks.run();
        assertAll(StackPair.CLIENT, 0x10, 64);
    }

    private Handle connectIpv6(int trafficClass, int hopLimit) {
        final Handle socket = client.socket();
        final long high = Long.reverseBytes(0xfd00_0088_0000_0000L);
        final long low = Long.reverseBytes(SERVER_END);
        socket.command(Command.CONNECT, high, low, PORT, (long) trafficClass << 32 | (long) hopLimit << 40);
        stacks.run();
        assertEquals(State.CONNECTED, socket.state());
        return socket;
    }

    private void listenForBoth() {
        listener.command(Command.BIND, 0, 0, PORT, 0);
        listener.listen(16);
        listener.command(Command.OPTION, Option.TOS, 4);
        listener.command(Command.OPTION, Option.TTL, 4);
        listener.command(Command.OPTION, Option.TRAFFIC_CLASS, 0x20);
        listener.command(Command.OPTION, Option.HOP_LIMIT, 33);
        stacks.run();
        assertEquals(0, server.lastReplyErrno());
    }

    @Test
    void shouldCarryThoseOfIpv6FromTheFirstPacket() {
        listenForBoth();
        final Handle socket = connectIpv6(0xb8, 7);
        final Handle accepted = listener.accept();
        socket.command(Command.OPTION, Option.TOS, 0x44); // of the other family
        socket.command(Command.OPTION, Option.TTL, 44);
        socket.write(REQUEST, 0, 3);
        stacks.run();
        accepted.write(REQUEST, 0, 3);
        stacks.run();
        assertAll(CLIENT_END, 0xb8, 7);
        assertAll(SERVER_END, 0x20, 33);
        socket.command(Command.OPTION, Option.TRAFFIC_CLASS, 0x13);
        socket.command(Command.OPTION, Option.HOP_LIMIT, 0);
        stacks.run();
        seen.clear();
        socket.write(REQUEST, 0, 3);
        stacks.run();
        socket.write(REQUEST, 0, 3);
        stacks.run();
        assertAll(CLIENT_END, 0x10, 64);
    }

    @Test
    void shouldKeepFamiliesOfAListenerApart() {
        listenForBoth();
        connect(0x10, 5);
        assertAll(StackPair.SERVER, 4, 4);
        assertAll(StackPair.CLIENT, 0x10, 5);
    }

    @Test
    void shouldRefuseWhatNoHeaderHolds() {
        listen(0, 0);
        listener.command(Command.OPTION, Option.TOS, 256);
        stacks.run();
        assertEquals(Errno.EINVAL, server.lastReplyErrno());
        listener.command(Command.OPTION, Option.TTL, -1);
        stacks.run();
        assertEquals(Errno.EINVAL, server.lastReplyErrno());
        final Handle socket = connect(0, 256);
        assertTrue((socket.state() & State.FAILED) != 0);
        assertEquals(Errno.EINVAL, socket.error());
    }
}
