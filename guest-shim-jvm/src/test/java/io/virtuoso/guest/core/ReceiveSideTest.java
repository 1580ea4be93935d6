package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.SocketSlot;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReceiveSideTest {
    private final SlotHost host = new SlotHost();
    private final ReceiveSide side = new ReceiveSide(host.region, SlotHost.SLOT);

    @BeforeEach
    void giveRing() {
        host.receiveRing(SlotHost.SMALL);
    }

    @Test
    void shouldReadNothingFromAnEmptyRing() {
        assertEquals("", read(10));
        assertEquals(0, side.unread());
    }

    @Test
    void shouldReadInPieces() {
        host.deliver("hello world");
        assertEquals("hello", read(5));
        assertEquals(6, side.unread());
        assertEquals(" world", read(100));
    }

    @Test
    void shouldReadFromBehindTheFirstBytes() {
        host.deliver("0123456789");
        assertEquals("012345678", read(9)); // what follows goes on at the ring's beginning
        host.deliver("headbody");
        byte[] bytes = new byte[4];
        assertEquals(4, side.copy(ByteBuffer.wrap(bytes), 0, 4, 5));
        assertEquals("body", new String(bytes, StandardCharsets.US_ASCII));
        assertEquals(2, side.copy(ByteBuffer.wrap(bytes), 0, 4, 7));
        assertEquals("9headbody", read(20));
    }

    @Test
    void shouldKeepBytesInOrderAcrossTheRingsEnd() {
        StringBuilder got = new StringBuilder();
        for (String text : new String[] {"abcdefghij", "klmnopqrst", "uvwxyz"}) {
            host.deliver(text);
            got.append(read(100));
        }
        assertEquals("abcdefghijklmnopqrstuvwxyz", got.toString());
    }

    @Test
    void shouldFindBytesInTheRingThatReplacedTheirs() {
        host.deliver("0123456789");
        assertEquals("0123", read(4));
        host.receiveRing(SlotHost.LARGE);
        host.deliver("abcdefghijklmnop");
        assertEquals("456789abcdefghijklmnop", read(100));
    }

    @Test
    void shouldTellOfRoomOnceForEachWant() {
        host.deliver("0123456789");
        SocketSlot.rxWantRelease(host.region, SlotHost.SLOT, 8);
        assertFalse(take(4));
        assertTrue(take(4));
        assertFalse(take(2), "answered already");
        host.deliver("abc");
        SocketSlot.rxWantRelease(host.region, SlotHost.SLOT, 12);
        assertTrue(take(3));
    }

    @Test
    void shouldReadIntoArrays() {
        host.deliver("0123456789");
        byte[] target = new byte[8];
        assertEquals(4, side.copy(target, 2, 4));
        side.consume(4);
        host.receiveRing(SlotHost.LARGE);
        assertEquals(2, side.copy(target, 6, 2));
        assertEquals("\0\0" + "012345", new String(target, StandardCharsets.US_ASCII));
    }

    @Test
    void shouldAllocateNothingForArrays() {
        byte[] target = new byte[4];
        assertEquals(0, Allocation.least(() -> {
            long tail = SocketSlot.rxTailAcquire(host.region, SlotHost.SLOT);
            SocketSlot.rxTailRelease(host.region, SlotHost.SLOT, tail + target.length);
            assertEquals(target.length, side.copy(target, 0, target.length));
            side.consume(target.length);
        }));
    }

    private boolean take(int count) {
        assertEquals(count, side.copy(ByteBuffer.allocate(count), 0, count));
        return side.consume(count);
    }

    private String read(int limit) {
        ByteBuffer target = ByteBuffer.allocate(limit);
        int count = side.copy(target, 0, limit);
        if (count > 0) {
            side.consume(count);
        }
        return new String(target.array(), 0, count, StandardCharsets.US_ASCII);
    }
}
