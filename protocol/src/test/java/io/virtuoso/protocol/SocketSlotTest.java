package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class SocketSlotTest {
    private static final int SLOT = Regions.LAYOUT.slotOffset(2);
    private final ByteBuffer region = Regions.initialised();

    @Test
    void shouldKeepCursorsApart() {
        SocketSlot.txTailRelease(region, SLOT, 1);
        SocketSlot.rxHeadRelease(region, SLOT, 2);
        SocketSlot.rxTailRelease(region, SLOT, 3);
        SocketSlot.rxSeenRaise(region, SLOT);
        SocketSlot.txWantRelease(region, SLOT, 4);
        SocketSlot.rxTailRelease(region, SLOT, 5);
        SocketSlot.txHeadRelease(region, SLOT, 6);
        SocketSlot.txSeenRelease(region, SLOT, 7);
        SocketSlot.rxWantRelease(region, SLOT, 8);

        assertEquals(1, SocketSlot.txTailAcquire(region, SLOT));
        assertEquals(2, SocketSlot.rxHeadAcquire(region, SLOT));
        assertEquals(3, SocketSlot.rxSeenAcquire(region, SLOT));
        assertEquals(4, SocketSlot.txWantAcquire(region, SLOT));
        assertEquals(5, SocketSlot.rxTailAcquire(region, SLOT));
        assertEquals(6, SocketSlot.txHeadAcquire(region, SLOT));
        assertEquals(7, SocketSlot.txSeenAcquire(region, SLOT));
        assertEquals(8, SocketSlot.rxWantAcquire(region, SLOT));
    }

    @Test
    void shouldNeverTakeBackHowFarItLooked() {
        SocketSlot.rxTailRelease(region, SLOT, 3);
        SocketSlot.rxSeenRaise(region, SLOT);
        SocketSlot.rxTailRelease(region, SLOT, 2);
        SocketSlot.rxSeenRaise(region, SLOT);

        assertEquals(3, SocketSlot.rxSeenAcquire(region, SLOT));
    }

    @Test
    void shouldResetOnlyTheLinesOfOneSlot() {
        fill(SLOT - SocketSlot.BYTES, 3 * SocketSlot.BYTES);

        SocketSlot.resetHostLines(region, SLOT);
        assertEquals(-1L, region.getLong(SLOT));
        assertEquals(0L, SocketSlot.rxTailAcquire(region, SLOT));
        assertEquals(0, SocketSlot.stateAcquire(region, SLOT));
        assertEquals(0, SocketSlot.generationAcquire(region, SLOT));
        assertEquals(0L, SocketSlot.peerAddressLow(region, SLOT));
        assertEquals(Abi.NEVER, SocketSlot.rxWantAcquire(region, SLOT));
        assertEquals(-1L, region.getLong(SLOT + SocketSlot.GUEST_PRIVATE_OFFSET));

        SocketSlot.resetGuestLine(region, SLOT);
        assertEquals(0L, SocketSlot.txTailAcquire(region, SLOT));
        assertEquals(0, SocketSlot.txGenerationAcquire(region, SLOT));
        assertEquals(-1L, region.getLong(SLOT - Long.BYTES));
        assertEquals(-1L, region.getLong(SLOT + SocketSlot.BYTES));
        assertEquals(-1L, region.getLong(SLOT + SocketSlot.GUEST_PRIVATE_OFFSET));
    }

    @Test
    void shouldCarryPortsAndAddresses() {
        SocketSlot.localPort(region, SLOT, 65535);
        SocketSlot.peerPort(region, SLOT, 80);
        SocketSlot.localAddress(region, SLOT, 0, Addresses.ipv4Low(0x0a580002));
        SocketSlot.peerAddress(region, SLOT, 0x20010db8L, 5);

        assertEquals(65535, SocketSlot.localPort(region, SLOT));
        assertEquals(80, SocketSlot.peerPort(region, SLOT));
        assertEquals(0x0a580002, Addresses.ipv4(SocketSlot.localAddressLow(region, SLOT)));
        assertEquals(0x20010db8L, SocketSlot.peerAddressHigh(region, SLOT));
        assertEquals(5, SocketSlot.peerAddressLow(region, SLOT));
    }

    private void fill(int offset, int bytes) {
        for (int i = 0; i < bytes; i++) {
            region.put(offset + i, (byte) -1);
        }
    }
}
