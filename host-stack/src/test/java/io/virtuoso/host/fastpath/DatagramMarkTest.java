package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.port.ForwardingPort;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.port.Port;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Ipv6Header;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import io.virtuoso.protocol.Option;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** IP_TOS and IP_TTL, and the same of IPv6, in datagrams between guests of two host stacks. */
class DatagramMarkTest {
    private static final int PORT = 53;
    private static final String LARGE = "x".repeat(4000);
    private static final int FRAGMENTS = 3;

    private final List<Seen> seen = new ArrayList<>();
    private final StackPair stacks = new StackPair(Tap::new, StackHarness.dualNetwork());
    private final ScriptedDatagrams receiver = new ScriptedDatagrams(stacks.server).open(PORT, 0);
    private final ScriptedDatagrams sender = new ScriptedDatagrams(stacks.client).open(0, 0);

    /** A packet that was sent, of UDP or a fragment. */
    private record Seen(int service, int hops) {}

    /** Notes what is sent. */
    private final class Tap extends ForwardingPort {
        Tap(final Port port) {
            super(port);
        }

        @Override
        public boolean transmit(final Frame frame) {
            final ByteBuffer buffer = frame.buffer();
            final int at = Frame.NETWORK_AT;
            if (EthernetHeader.type(buffer, Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV4) {
                seen.add(new Seen(Ipv4Header.typeOfService(buffer, at), Ipv4Header.ttl(buffer, at)));
            } else if (EthernetHeader.type(buffer, Frame.ETHERNET_AT) == EthernetHeader.TYPE_IPV6
                    && Ipv6Header.nextHeader(buffer, at) != Ipv6Header.PROTOCOL_ICMP) {
                seen.add(new Seen(Ipv6Header.trafficClass(buffer, at), Ipv6Header.hopLimit(buffer, at)));
            }
            return port.transmit(frame);
        }
    }

    private static byte[] address6(final String text) {
        final Ipv6 address = Ipv6.parse(text).orElseThrow();
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(address.high())
                .putLong(address.low())
                .array();
    }

    private void set(final int option, final int value) {
        sender.handle.command(Command.OPTION, option, value);
        stacks.run();
        assertEquals(0, stacks.client.lastReplyErrno());
    }

    private void assertSent(final int packets, final int service, final int hops) {
        stacks.run();
        assertEquals(java.util.Collections.nCopies(packets, new Seen(service, hops)), seen);
        seen.clear();
        assertEquals(1, receiver.receive().size());
    }

    @Test
    void shouldCarryWhatASocketAskedFor() {
        stacks.run();
        sender.send(StackPair.SERVER, PORT, "unmarked");
        assertSent(1, 0, 64);
        set(Option.TOS, 0xb9);
        set(Option.TTL, 7);
        sender.send(StackPair.SERVER, PORT, "marked");
        assertSent(1, 0xb9, 7);
        sender.send(StackPair.SERVER, PORT, LARGE);
        assertSent(FRAGMENTS, 0xb9, 7);
        final ScriptedDatagrams other = new ScriptedDatagrams(stacks.client).open(0, 0);
        stacks.run();
        other.send(StackPair.SERVER, PORT, "another's");
        assertSent(1, 0, 64);
        set(Option.TTL, 0);
        set(Option.TOS, 0);
        sender.send(StackPair.SERVER, PORT, "unmarked again");
        assertSent(1, 0, 64);
    }

    @Test
    void shouldCarryTheSameOverIpv6() {
        final byte[] server = address6("fd00:88::3");
        stacks.run();
        set(Option.TOS, 0xb8);
        sender.send(server, PORT, "unmarked");
        assertSent(1, 0, 64);
        set(Option.TRAFFIC_CLASS, 0x2e);
        set(Option.HOP_LIMIT, 9);
        sender.send(server, PORT, "marked");
        assertSent(1, 0x2e, 9);
        sender.send(server, PORT, LARGE);
        assertSent(FRAGMENTS, 0x2e, 9);
    }

    @Test
    void shouldRefuseWhatIsNoHeaderField() {
        stacks.run();
        sender.handle.command(Command.OPTION, Option.TOS, 256);
        stacks.run();
        assertEquals(Errno.EINVAL, stacks.client.lastReplyErrno());
    }
}
