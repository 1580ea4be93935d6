package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.account.Account;
import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.account.Turn;
import io.virtuoso.host.capture.CaptureFilter;
import io.virtuoso.host.capture.CaptureRing;
import io.virtuoso.host.capture.CaptureTap;
import io.virtuoso.host.capture.PcapngFile;
import io.virtuoso.host.port.Frame;
import io.virtuoso.host.wire.Checksum;
import io.virtuoso.host.wire.DropReason;
import io.virtuoso.host.wire.EthernetHeader;
import io.virtuoso.host.wire.IcmpMessage;
import io.virtuoso.host.wire.Ipv4Header;
import io.virtuoso.host.wire.Wire;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Packets of a guest that has to wait for its turn. */
class PacketQueueTest {
    private static final int DATA = 1_000;

    private final Link link = new Link();
    private final ByteBuffer buffer = link.frame.buffer();
    private final BusyGuest guest = new BusyGuest(Ledger.unread().open("guest", 1));
    private final Account account = guest.account();

    /** Has its turn when the test says. */
    private static final class BusyGuest extends Turn {
        private boolean mayReceive = true;
        private long nowNs = 1;
        private Source packets;

        BusyGuest(final Account account) {
            super(account);
        }

        @Override
        public boolean mayReceive() {
            return mayReceive && (packets == null || !packets.hasWork());
        }

        @Override
        public void waits(final Source source) {
            packets = source;
        }

        @Override
        protected boolean hasWork() {
            return packets.hasWork();
        }

        @Override
        protected int serve(final int limit) {
            return packets.serve(limit, nowNs);
        }
    }

    PacketQueueTest() {
        link.path.removeAddress(Link.GUEST);
        link.path.addAddress(Link.GUEST, guest, 0);
        link.introduce();
    }

    private void ping(final int number, final int typeOfService) {
        final int length = IcmpMessage.BYTES + DATA;
        Wire.put32(buffer, Frame.TRANSPORT_AT, IcmpMessage.ECHO_REQUEST << 24);
        Wire.put32(buffer, Frame.TRANSPORT_AT + 4, number);
        Wire.put16(
                buffer,
                Frame.TRANSPORT_AT + 2,
                Checksum.complete(Checksum.partial(buffer, Frame.TRANSPORT_AT, length, 0)));
        final int total = Ipv4Header.BYTES + length;
        Ipv4Header.write(buffer, Frame.NETWORK_AT, total, 1, Ipv4Header.PROTOCOL_ICMP, Link.KERNEL, Link.GUEST);
        Ipv4Header.putTypeOfService(buffer, Frame.NETWORK_AT, typeOfService);
        link.send(EthernetHeader.TYPE_IPV4, link.near.mac(), total);
    }

    private int answer() {
        assertTrue(link.received());
        return Wire.i32(buffer, Frame.TRANSPORT_AT + 4);
    }

    @Test
    void shouldServeAtOnceWhoMayReceive() {
        ping(1, 0);
        assertEquals(1, answer());
        assertEquals(0, account.queuedFrames());
    }

    @Test
    void shouldKeepPacketsInOrderUntilTheirGuestsTurn() {
        guest.mayReceive = false;
        ping(1, 0);
        ping(2, 0);
        guest.mayReceive = true;
        ping(3, 0);
        assertFalse(link.received());
        assertEquals(3, account.queuedFrames());
        while (guest.hasWork()) {
            guest.serve(1);
        }
        assertEquals(1, answer());
        assertEquals(2, answer());
        assertEquals(3, answer());
        ping(4, 0);
        assertEquals(4, answer());
    }

    @Test
    void shouldBeCapturedWhenServed() {
        final CaptureFilter filter = new CaptureFilter(null, Frame.MAX_LENGTH);
        final CaptureRing ring = new CaptureRing(filter, () -> {});
        link.path.capture(new CaptureTap(ring, () -> 0), "default");
        ping(1, 0);
        guest.mayReceive = false;
        ping(2, 0);
        link.path.removeAddress(Link.GUEST);
        guest.nowNs += 500;
        guest.serve(1);
        final List<String> comments = PcapngFile.of(ring, filter, 0).packets().stream()
                .map(PcapngFile.Packet::comment)
                .toList();
        final String waited = "guest; CPU 0.0 us; waited 0.5 us; dropped: ip_not_ours";
        assertEquals(List.of("guest; CPU 0.0 us", "guest", waited), comments);
    }

    @Test
    void shouldDropWhatWaitsForAGuestThatWasRemoved() {
        guest.mayReceive = false;
        ping(1, 0);
        link.path.removeAddress(Link.GUEST);
        guest.serve(1);
        assertFalse(link.received());
        assertFalse(guest.hasWork());
        assertEquals(1, link.path.counters().dropped(DropReason.IP_NOT_OURS));
    }

    @Test
    void shouldMarkAndThenDropWhenTooManyWait() {
        guest.mayReceive = false;
        int sent = 0;
        while (account.markedFrames() == 0) {
            ping(++sent, 1); // ECT(1)
        }
        final int unmarked = sent - 1;
        assertEquals(PacketQueue.BYTES / 4.0, unmarked * (DATA + 70), PacketQueue.BYTES / 40.0);
        while (account.droppedFrames() == 0) {
            ping(++sent, sent % 2);
        }
        assertEquals(1, link.path.counters().dropped(DropReason.GUEST_QUEUE_FULL));
        assertTrue(account.markedFrames() < sent - unmarked, "marked what may not be");
        for (int number = 1; number < sent; number++) {
            guest.serve(1);
            assertEquals(number, answer());
        }
        assertFalse(guest.hasWork());
    }

    @Test
    void shouldGoRoundInItsMemory() {
        guest.mayReceive = false;
        int sent = 0;
        int answered = 0;
        while (sent < 3_000) {
            ping(++sent, 0);
            ping(++sent, 0);
            guest.serve(1);
            assertEquals(++answered, answer());
            if (sent - answered > 100) {
                while (guest.hasWork()) {
                    guest.serve(1);
                    assertEquals(++answered, answer());
                }
            }
        }
        assertEquals(0, account.droppedFrames());
    }
}
