package io.virtuoso.host.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.SocketSlot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rings on offer. The guest's part is played by hand. */
class TransmitRingTest {
    private static final int SLOT = 0;
    private static final int HEIR = 256;
    private static final int POOL = 1 << 12;
    private static final int WRITTEN = 5_000;
    private static final int LARGE = 1 << 18;

    private final ByteBuffer region =
            ByteBuffer.allocateDirect(POOL + 4 * RingPool.CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final RingPool pool = new RingPool(POOL, 4 * RingPool.CHUNK_BYTES, (offset, bytes) -> {});
    private final TransmitRing ring = new TransmitRing(region, 0, SLOT, pool, () -> {});
    private final TransmitRing heir = new TransmitRing(region, 0, HEIR, pool, () -> {});
    private int offset;
    private int bytes;

    @BeforeEach
    void takeOver() {
        ring.offer(WRITTEN);
        SocketSlot.txGenerationRelease(region, SLOT, 1);
        SocketSlot.txTailRelease(region, SLOT, WRITTEN);
        assertTrue(ring.refresh());
        assertTrue(heir.takeOver(ring));
        offset = SocketSlot.txRingOffset(region, HEIR);
        bytes = SocketSlot.txRingBytes(region, HEIR);
        assertEquals(heir.capacity(), bytes);
    }

    private void offerAll() {
        heir.offer(LARGE);
        heir.offerShare(LARGE, 1);
        heir.offerSmaller(1);
    }

    private void assertNothingOnOffer() {
        assertFalse(heir.isOfferOpen());
        assertEquals(offset, SocketSlot.txRingOffset(region, HEIR));
        assertEquals(bytes, SocketSlot.txRingBytes(region, HEIR));
        assertEquals(1, SocketSlot.txOfferAcquire(region, HEIR));
        assertEquals(1, SocketSlot.txGenerationAcquire(region, HEIR));
    }

    @Test
    void shouldOfferNoRingBeforeTheGuestKnowsTheOneThatCameAlong() {
        offerAll();
        assertNothingOnOffer();
        assertTrue(heir.refresh());
        heir.release(WRITTEN);
        heir.publish();
        offerAll();
        assertNothingOnOffer();
        SocketSlot.txWantRelease(region, HEIR, Abi.NEVER);
        heir.offer(LARGE);
        assertTrue(heir.isOfferOpen());
        assertEquals(LARGE, SocketSlot.txRingBytes(region, HEIR));
        SocketSlot.txBase(region, HEIR, WRITTEN);
        SocketSlot.txGenerationRelease(region, HEIR, 2);
        assertTrue(heir.refresh());
        assertEquals(LARGE, heir.capacity());
        SocketSlot.txWantRelease(region, HEIR, 0); // from then on it may be anything
        heir.offerSmaller(1);
        assertTrue(heir.isOfferOpen());
    }

    @Test
    void shouldTakeAWriteForASignThatTheGuestKnowsItsRing() {
        SocketSlot.txTailRelease(region, HEIR, WRITTEN + 1);
        heir.offer(LARGE);
        assertTrue(heir.isOfferOpen());
    }

    @Test
    void shouldOfferAFreshSocketItsFirstRingAtOnce() {
        final TransmitRing fresh = new TransmitRing(region, 0, 2 * HEIR, pool, () -> {});
        fresh.offer(LARGE);
        assertTrue(fresh.isOfferOpen());
    }

    /** The farthest wraps around when it is counted from the head. */
    @ParameterizedTest
    @ValueSource(longs = {-1, -WRITTEN, LARGE, Long.MAX_VALUE, Long.MIN_VALUE})
    void shouldRefuseATailBehindTheLastOneOrBeyondTheRing(final long distance) {
        SocketSlot.txTailRelease(region, HEIR, WRITTEN + distance);
        assertFalse(heir.refresh());
        assertEquals(WRITTEN, heir.pending());
    }
}
