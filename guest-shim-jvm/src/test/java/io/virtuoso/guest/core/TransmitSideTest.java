package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.SocketSlot;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TransmitSideTest {
    private final SlotHost host = new SlotHost();
    private final TransmitSide side = new TransmitSide(host.region, SlotHost.SLOT);

    @Test
    void shouldHaveNoRoomBeforeTheFirstOffer() {
        assertEquals(0, side.room());
        assertFalse(side.writable());
    }

    @Test
    void shouldAdoptAnOfferOnlyWhileItsRingIsEmpty() {
        host.offer(SlotHost.SMALL);
        assertEquals(SlotHost.SMALL, side.room());
        write("abc");
        host.offer(SlotHost.LARGE);
        assertEquals(SlotHost.SMALL - 3, side.room());
        assertEquals(1, SocketSlot.txGenerationAcquire(host.region, SlotHost.SLOT));
        assertFalse(side.writable(), "the larger ring waits for the small one to run empty");
    }

    @Test
    void shouldMoveToTheLargerRingOnceEmpty() {
        host.offer(SlotHost.SMALL);
        write("abc");
        assertEquals("abc", host.take());
        host.offer(SlotHost.LARGE);
        assertEquals(SlotHost.LARGE, side.room());
        write("defg");
        assertEquals("defg", host.take());
    }

    @Test
    void shouldWriteBehindWhatAnotherProcessWrote() {
        host.offer(SlotHost.SMALL);
        write("abc");
        TransmitSide heir = new TransmitSide(host.region, SlotHost.SLOT);
        assertEquals(SlotHost.SMALL - 3, heir.begin());
        heir.put("defg".getBytes(StandardCharsets.US_ASCII), 0, 4);
        heir.publish(4, 0);
        assertEquals("abcdefg", host.take());
    }

    @Test
    void shouldWishForALargerRingOnceAndOnlyWhileItIsOfUse() {
        host.offer(SlotHost.SMALL);
        assertEquals(0, side.wish(SlotHost.SMALL));
        assertEquals(SlotHost.LARGE, side.wish(SlotHost.LARGE));
        assertEquals(0, side.wish(SlotHost.LARGE), "the host was asked before");
        assertEquals(SlotHost.LARGE + 1, side.wish(SlotHost.LARGE + 1));
        write("abc");
        assertEquals(0, side.wish(SlotHost.LARGE * 2), "what is there cannot move to another ring");
    }

    @Test
    void shouldGiveBackAnIdleRingWhenAsked() {
        host.offer(SlotHost.LARGE);
        write("abc");
        assertFalse(side.adoptIfIdle(), "nothing is on offer");
        host.take();
        host.offer(SlotHost.SMALL);
        assertTrue(side.adoptIfIdle());
        assertFalse(side.adoptIfIdle());
        assertEquals(SlotHost.SMALL, side.room());
        write("defg");
        assertEquals("defg", host.take());
    }

    @Test
    void shouldKeepItsRingWhenAskedWhileInUse() {
        host.offer(SlotHost.LARGE);
        write("abc");
        host.offer(SlotHost.SMALL);
        assertFalse(side.adoptIfIdle(), "bytes wait in it");
        host.take();
        side.begin();
        assertFalse(side.adoptIfIdle(), "who writes has adopted it");
        side.leave();
        host.offer(SlotHost.LARGE);
        side.end();
        assertFalse(side.adoptIfIdle(), "the slot is given back");
        assertEquals(2, SocketSlot.txGenerationAcquire(host.region, SlotHost.SLOT));
    }

    @Test
    void shouldWriteFromArrays() {
        host.offer(SlotHost.SMALL);
        for (String text : new String[] {"0123456789", "abcdefghij"}) {
            byte[] bytes = ("__" + text).getBytes(StandardCharsets.US_ASCII);
            assertTrue(side.room() >= text.length());
            side.put(bytes, 2, text.length());
            side.publish(text.length(), 0);
            assertEquals(text, host.take());
        }
    }

    @Test
    void shouldKeepBytesInOrderAcrossTheRingsEnd() {
        host.offer(SlotHost.SMALL);
        write("0123456789");
        assertEquals("0123456789", host.take());
        write("a");
        StringBuilder taken = new StringBuilder(host.take());
        for (String text : new String[] {"bcdefgh", "ijklmnopq", "rstuvwx"}) {
            write(text.substring(0, 2));
            write(text.substring(2));
            taken.append(host.take());
        }
        assertEquals("abcdefghijklmnopqrstuvwx", taken.toString());
    }

    @Test
    void shouldNoticeOnlyWhenTheHostHasLookedSoFar() {
        host.offer(SlotHost.SMALL);
        assertEquals(0, write("a"));
        assertEquals(TransmitSide.NO_NOTICE, write("b"), "a notice is outstanding");
        host.take();
        assertEquals(0, write("c"));
    }

    @Test
    void shouldAskOnceForALargerRingWhenBytesAreLeftOver() {
        host.offer(SlotHost.SMALL);
        side.room();
        assertEquals(1000, side.publish(0, 1000));
        assertEquals(TransmitSide.NO_NOTICE, side.publish(0, 1000));
        assertEquals(2000, side.publish(0, 2000));
    }

    @Test
    void shouldAskForANoticeOfRoomWhenFull() {
        host.offer(SlotHost.SMALL);
        write("0123456789abcdef");
        assertEquals(0, side.room());
        assertEquals(Abi.NEVER, SocketSlot.txWantAcquire(host.region, SlotHost.SLOT));
        assertFalse(side.writable());
        assertEquals(6, SocketSlot.txWantAcquire(host.region, SlotHost.SLOT), "a third of the ring");
        host.take();
        assertTrue(side.writable());
    }

    @Test
    void shouldCountWhatIsNotYetFreed() {
        host.offer(SlotHost.SMALL);
        write("abc");
        assertEquals(3, side.unsent());
        host.take();
        assertEquals(0, side.unsent());
    }

    private long write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        assertTrue(side.room() >= bytes.length);
        side.put(ByteBuffer.wrap(bytes), 0, bytes.length, 0);
        return side.publish(bytes.length, 0);
    }
}
