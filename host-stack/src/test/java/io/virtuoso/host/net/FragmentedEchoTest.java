package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.account.Turn;
import io.virtuoso.host.policy.Policy;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Echo requests longer than the port's packets, as ping -s sends them. */
class FragmentedEchoTest {
    private static final int PIECE = 1480;

    private final Link link = new Link();
    private final ByteBuffer buffer = link.frame.buffer();
    private int typeOfService;

    @BeforeEach
    void introduce() {
        link.introduce();
    }

    private static byte[] request(final int dataBytes) {
        final byte[] message = new byte[IcmpMessage.BYTES + dataBytes];
        new SplittableRandom(dataBytes).nextBytes(message);
        final ByteBuffer buffer = ByteBuffer.wrap(message);
        Wire.put32(buffer, 0, IcmpMessage.ECHO_REQUEST << 24);
        Wire.put16(buffer, 2, Checksum.complete(Checksum.partial(buffer, 0, message.length, 0)));
        return message;
    }

    private void send(final byte[] message, final int id, final int from) {
        final int length = Math.min(PIECE, message.length - from);
        final boolean more = from + length < message.length;
        final int total = Ipv4Header.BYTES + length;
        buffer.put(Frame.TRANSPORT_AT, message, from, length);
        Ipv4Header.writeFragment(
                buffer, Frame.NETWORK_AT, total, id, Ipv4Header.PROTOCOL_ICMP, Link.KERNEL, Link.GUEST, from, more);
        Ipv4Header.putTypeOfService(buffer, Frame.NETWORK_AT, typeOfService);
        link.send(EthernetHeader.TYPE_IPV4, link.near.mac(), total);
    }

    private void send(final byte[] message, final int id) {
        for (int from = 0; from < message.length; from += PIECE) {
            send(message, id, from);
        }
    }

    /** @return the reply, put together of its fragments */
    private byte[] reply(final int length) {
        final byte[] message = new byte[length];
        int id = 0;
        for (int from = 0; from < length; from += PIECE) {
            final int piece = Math.min(PIECE, length - from);
            assertTrue(link.received());
            assertNull(Ipv4Header.check(buffer, Frame.NETWORK_AT, Ipv4Header.BYTES + piece));
            assertEquals(Ipv4Header.BYTES + piece, Ipv4Header.totalLength(buffer, Frame.NETWORK_AT));
            assertEquals(Link.GUEST, Ipv4Header.source(buffer, Frame.NETWORK_AT));
            assertEquals(Link.KERNEL, Ipv4Header.destination(buffer, Frame.NETWORK_AT));
            assertEquals(from, Ipv4Header.fragmentOffset(buffer, Frame.NETWORK_AT));
            assertEquals(from + piece < length, Ipv4Header.moreFragments(buffer, Frame.NETWORK_AT));
            assertFalse(Ipv4Header.dontFragment(buffer, Frame.NETWORK_AT));
            assertEquals(typeOfService, Ipv4Header.typeOfService(buffer, Frame.NETWORK_AT));
            id = from == 0 ? Ipv4Header.identification(buffer, Frame.NETWORK_AT) : id;
            assertEquals(id, Ipv4Header.identification(buffer, Frame.NETWORK_AT));
            buffer.get(Frame.TRANSPORT_AT, message, from, piece);
        }
        assertFalse(link.received());
        return message;
    }

    private static void assertAnswers(final byte[] request, final byte[] reply) {
        assertNull(IcmpMessage.check(ByteBuffer.wrap(reply), 0, reply.length));
        assertEquals(IcmpMessage.ECHO_REPLY, reply[0]);
        assertEquals(0, reply[1]);
        assertArrayEquals(Arrays.copyOfRange(request, 4, request.length), Arrays.copyOfRange(reply, 4, reply.length));
    }

    @Test
    void shouldAnswerInFragments() {
        for (final int dataBytes : new int[] {1473, 3000, 2 * PIECE - 8, 65_507}) {
            final byte[] request = request(dataBytes);
            send(request, dataBytes);
            assertAnswers(request, reply(request.length));
        }
        assertEquals(4, link.path.counters().get(StackCounter.ECHO_REPLIES));
        assertEquals(0, link.path.counters().dropped());
    }

    /** One that fits may meet a smaller link, too: routers may cut it, as Linux has it. */
    @Test
    void shouldLetRoutersCutWhatFits() {
        final byte[] request = request(1472);
        send(request, 1);
        assertAnswers(request, reply(request.length));
    }

    /** RFC 1122 section 3.2.2: the type of service is the request's; as Linux has it, with its ECN codepoint. */
    @Test
    void shouldAnswerInTheRequestsClass() {
        typeOfService = 0xba;
        for (final int dataBytes : new int[] {100, 3000}) {
            final byte[] request = request(dataBytes);
            send(request, dataBytes);
            assertAnswers(request, reply(request.length));
        }
    }

    @Test
    void shouldWaitForAllFragments() {
        final byte[] request = request(3000);
        send(request, 1, 2 * PIECE);
        send(request, 1, 0);
        assertFalse(link.received());
        link.now += Reassembly.TIMEOUT_NANOS;
        link.introduce();
        send(request, 1, PIECE);
        assertFalse(link.received());
        assertEquals(1, link.path.counters().get(StackCounter.REASSEMBLIES_FAILED));
    }

    @Test
    void shouldDropWhatHasAWrongChecksum() {
        final byte[] request = request(3000);
        request[2999]++;
        send(request, 1);
        assertFalse(link.received());
        assertEquals(1, link.path.counters().dropped(DropReason.ICMP_CHECKSUM));
    }

    @Test
    void shouldAskThePolicy() {
        link.path.policy((protocol, localAddress, localPort, remoteAddress, remotePort) -> Policy.DROP);
        send(request(3000), 1);
        assertFalse(link.received());
        assertEquals(1, link.path.counters().dropped(DropReason.POLICY_DROPPED));
    }

    @Test
    void shouldChargeTheGuestForAllFragments() {
        final Account account = Ledger.unread().open("guest", 1);
        link.path.removeAddress(Link.GUEST);
        link.path.addAddress(Link.GUEST, new FreeTurn(account), 0);
        send(request(3000), 1);
        reply(IcmpMessage.BYTES + 3000);
        assertEquals(3, account.packetsIn());
        assertEquals(3, account.packetsOut());
    }

    /** Never has to wait. */
    private static final class FreeTurn extends Turn {
        FreeTurn(final Account account) {
            super(account);
        }

        @Override
        public boolean mayReceive() {
            return true;
        }

        @Override
        public void waits(final Source source) {
            throw new AssertionError("it may receive");
        }

        @Override
        protected boolean hasWork() {
            return false;
        }

        @Override
        protected int serve(final int limit) {
            return 0;
        }
    }
}
