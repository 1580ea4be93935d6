package io.virtuoso.protocol;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * A socket slot: the shared record of one socket.
 *
 * <p>Static accessors over (region, offset of the slot). Line 0 is written by the guest, lines 1 and 2 by the host,
 * line 3 is the guest's own. A name ending in Acquire or Release says the order; the plain ones are ordered by another
 * word, as their comment says. Nothing is checked: what the peer wrote may be any value.
 */
public final class SocketSlot {
    public static final int TX_TAIL_OFFSET = 0;
    public static final int RX_HEAD_OFFSET = 8;
    public static final int RX_SEEN_OFFSET = 16;
    public static final int TX_WANT_OFFSET = 24;
    public static final int TX_BASE_OFFSET = 32;
    public static final int CONTEXT_OFFSET = 40;
    public static final int TX_GENERATION_OFFSET = 44;
    public static final int TX_WANT_SENT_OFFSET = 48;
    public static final int RX_TAIL_OFFSET = 64;
    public static final int TX_HEAD_OFFSET = 72;
    public static final int TX_SEEN_OFFSET = 80;
    public static final int RX_WANT_OFFSET = 88;
    public static final int RX_BASE_OFFSET = 96;
    public static final int STATE_OFFSET = 104;
    public static final int ERROR_OFFSET = 108;
    public static final int RX_GENERATION_OFFSET = 112;
    public static final int TX_OFFER_OFFSET = 116;
    public static final int ERROR_COUNT_OFFSET = 120;
    public static final int TX_SENT_OFFSET = 124;
    public static final int GENERATION_OFFSET = 128;
    public static final int RX_BUFFER_OFFSET = 132;
    public static final int TX_RING_OFFSET_OFFSET = 136;
    public static final int TX_RING_BYTES_OFFSET = 140;
    public static final int RX_RING_OFFSET_OFFSET = 144;
    public static final int RX_RING_BYTES_OFFSET = 148;
    public static final int LOCAL_PORT_OFFSET = 152;
    public static final int PEER_PORT_OFFSET = 154;
    public static final int RX_MOVED_OFFSET = 156;
    public static final int LOCAL_ADDRESS_OFFSET = 160;
    public static final int PEER_ADDRESS_OFFSET = 176;
    public static final int GUEST_PRIVATE_OFFSET = 192;
    public static final int BYTES = Abi.SLOT_BYTES;

    private SocketSlot() {}

    /** Host, before it gives out a slot of its own: zeroes line 0. A want of 0 asks for nothing, as 0 was reached. */
    public static void resetGuestLine(ByteBuffer region, int slot) {
        Views.zero(region, slot, Abi.CACHE_LINE);
    }

    /** Host, before a slot's new use: zeroes lines 1 and 2 but for rx_want, which asks for nothing. */
    public static void resetHostLines(ByteBuffer region, int slot) {
        Views.zero(region, slot + RX_TAIL_OFFSET, 2 * Abi.CACHE_LINE);
        Views.setLong(region, slot + RX_WANT_OFFSET, Abi.NEVER);
    }

    /** Bytes that the guest has written. */
    public static long txTailAcquire(ByteBuffer region, int slot) {
        return Views.acquireLong(region, slot + TX_TAIL_OFFSET);
    }

    public static void txTailRelease(ByteBuffer region, int slot, long value) {
        Views.releaseLong(region, slot + TX_TAIL_OFFSET, value);
    }

    /** Bytes that the guest has consumed. */
    public static long rxHeadAcquire(ByteBuffer region, int slot) {
        return Views.acquireLong(region, slot + RX_HEAD_OFFSET);
    }

    public static void rxHeadRelease(ByteBuffer region, int slot, long value) {
        Views.releaseLong(region, slot + RX_HEAD_OFFSET, value);
    }

    /** rx_tail as the guest last looked at it. */
    public static long rxSeenAcquire(ByteBuffer region, int slot) {
        return Views.acquireLong(region, slot + RX_SEEN_OFFSET);
    }

    /**
     * Guest: publishes how far it has looked, which is all there is. The look is repeated until it finds nothing new:
     * bytes that came between look and store were announced by nobody, and bytes that come after them will be announced
     * only to a guest that has seen them. Never goes back, whichever of its threads stores.
     */
    public static void rxSeenRaise(ByteBuffer region, int slot) {
        long tail = rxTailAcquire(region, slot);
        long looked;
        do {
            looked = tail;
            Views.raiseLong(region, slot + RX_SEEN_OFFSET, looked);
            VarHandle.fullFence();
            tail = rxTailAcquire(region, slot);
        } while (tail != looked);
    }

    /** The guest asks to be told when tx_head reaches this; {@link Abi#NEVER}: do not. */
    public static long txWantAcquire(ByteBuffer region, int slot) {
        return Views.acquireLong(region, slot + TX_WANT_OFFSET);
    }

    /** The guest asks to be told when so much was sent; {@link Abi#NEVER}: do not. Since ABI 2.4. */
    public static long txWantSentAcquire(ByteBuffer region, int slot) {
        return Views.acquireLong(region, slot + TX_WANT_SENT_OFFSET);
    }

    public static void txWantSentRelease(ByteBuffer region, int slot, long value) {
        Views.releaseLong(region, slot + TX_WANT_SENT_OFFSET, value);
    }

    /** Bytes sent for the first time, modulo 2^32, while {@link Option#NOTSENT_LOWAT} is set. Since ABI 2.4. */
    public static int txSentAcquire(ByteBuffer region, int slot) {
        return Views.acquireInt(region, slot + TX_SENT_OFFSET);
    }

    public static void txSentRelease(ByteBuffer region, int slot, int value) {
        Views.releaseInt(region, slot + TX_SENT_OFFSET, value);
    }

    public static void txWantRelease(ByteBuffer region, int slot, long value) {
        Views.releaseLong(region, slot + TX_WANT_OFFSET, value);
    }

    /**
     * Asks to be told when tx_head reaches this, if that is later than what was asked for. Threads that look at the same
     * time must not take back each other's wish: a late one would ask for what has been answered already.
     */
    public static void txWantRaise(ByteBuffer region, int slot, long value) {
        Views.raiseLong(region, slot + TX_WANT_OFFSET, value);
    }

    /** Cursor of the transmit ring's first byte; the guest stores it before tx_tail. */
    public static long txBase(ByteBuffer region, int slot) {
        return Views.getLong(region, slot + TX_BASE_OFFSET);
    }

    public static void txBase(ByteBuffer region, int slot, long value) {
        Views.setLong(region, slot + TX_BASE_OFFSET, value);
    }

    /** Index of the context that gets this slot's events. */
    public static int contextAcquire(ByteBuffer region, int slot) {
        return Views.acquireInt(region, slot + CONTEXT_OFFSET);
    }

    public static void contextRelease(ByteBuffer region, int slot, int value) {
        Views.releaseInt(region, slot + CONTEXT_OFFSET, value);
    }

    /** The transmit ring that the guest uses; 0: none adopted yet. */
    public static int txGenerationAcquire(ByteBuffer region, int slot) {
        return Views.acquireInt(region, slot + TX_GENERATION_OFFSET);
    }

    public static void txGenerationRelease(ByteBuffer region, int slot, int value) {
        Views.releaseInt(region, slot + TX_GENERATION_OFFSET, value);
    }

    /** Bytes that the host has delivered. */
    public static long rxTailAcquire(ByteBuffer region, int slot) {
        return Views.acquireLong(region, slot + RX_TAIL_OFFSET);
    }

    public static void rxTailRelease(ByteBuffer region, int slot, long value) {
        Views.releaseLong(region, slot + RX_TAIL_OFFSET, value);
    }

    /** Bytes whose room in the transmit ring is free again. */
    public static long txHeadAcquire(ByteBuffer region, int slot) {
        return Views.acquireLong(region, slot + TX_HEAD_OFFSET);
    }

    public static void txHeadRelease(ByteBuffer region, int slot, long value) {
        Views.releaseLong(region, slot + TX_HEAD_OFFSET, value);
    }

    /** tx_tail as the host last looked at it. */
    public static long txSeenAcquire(ByteBuffer region, int slot) {
        return Views.acquireLong(region, slot + TX_SEEN_OFFSET);
    }

    public static void txSeenRelease(ByteBuffer region, int slot, long value) {
        Views.releaseLong(region, slot + TX_SEEN_OFFSET, value);
    }

    /** The host asks to be told when rx_head reaches this; {@link Abi#NEVER}: do not. */
    public static long rxWantAcquire(ByteBuffer region, int slot) {
        return Views.acquireLong(region, slot + RX_WANT_OFFSET);
    }

    public static void rxWantRelease(ByteBuffer region, int slot, long value) {
        Views.releaseLong(region, slot + RX_WANT_OFFSET, value);
    }

    /** Cursor of the receive ring's first byte; the host stores it before rx_tail. */
    public static long rxBase(ByteBuffer region, int slot) {
        return Views.getLong(region, slot + RX_BASE_OFFSET);
    }

    public static void rxBase(ByteBuffer region, int slot, long value) {
        Views.setLong(region, slot + RX_BASE_OFFSET, value);
    }

    /** {@link State} bits; stored after the cursors and the error that they follow. */
    public static int stateAcquire(ByteBuffer region, int slot) {
        return Views.acquireInt(region, slot + STATE_OFFSET);
    }

    public static void stateRelease(ByteBuffer region, int slot, int value) {
        Views.releaseInt(region, slot + STATE_OFFSET, value);
    }

    /** Errno of a failed or reset connection; read and written on the far side of the state word. */
    public static int error(ByteBuffer region, int slot) {
        return Views.getInt(region, slot + ERROR_OFFSET);
    }

    /** Errors of a UDP socket so far; {@link #error} is the latest. */
    public static int errorCountAcquire(ByteBuffer region, int slot) {
        return Views.acquireInt(region, slot + ERROR_COUNT_OFFSET);
    }

    public static void errorCountRelease(ByteBuffer region, int slot, int value) {
        Views.releaseInt(region, slot + ERROR_COUNT_OFFSET, value);
    }

    public static void error(ByteBuffer region, int slot, int value) {
        Views.setInt(region, slot + ERROR_OFFSET, value);
    }

    /** The receive ring in use, counted from 1; the ring's place is stored before it. */
    public static int rxGenerationAcquire(ByteBuffer region, int slot) {
        return Views.acquireInt(region, slot + RX_GENERATION_OFFSET);
    }

    public static void rxGenerationRelease(ByteBuffer region, int slot, int value) {
        Views.releaseInt(region, slot + RX_GENERATION_OFFSET, value);
    }

    /** The latest transmit ring offered, counted from 1; the ring's place is stored before it. */
    public static int txOfferAcquire(ByteBuffer region, int slot) {
        return Views.acquireInt(region, slot + TX_OFFER_OFFSET);
    }

    public static void txOfferRelease(ByteBuffer region, int slot, int value) {
        Views.releaseInt(region, slot + TX_OFFER_OFFSET, value);
    }

    /** Which use of this slot it is. */
    public static int generationAcquire(ByteBuffer region, int slot) {
        return Views.acquireInt(region, slot + GENERATION_OFFSET);
    }

    public static void generationRelease(ByteBuffer region, int slot, int value) {
        Views.releaseInt(region, slot + GENERATION_OFFSET, value);
    }

    /** Where the offered transmit ring begins, from the region's start. */
    public static int txRingOffset(ByteBuffer region, int slot) {
        return Views.getInt(region, slot + TX_RING_OFFSET_OFFSET);
    }

    public static void txRingOffset(ByteBuffer region, int slot, int value) {
        Views.setInt(region, slot + TX_RING_OFFSET_OFFSET, value);
    }

    /** Its length, a power of two. */
    public static int txRingBytes(ByteBuffer region, int slot) {
        return Views.getInt(region, slot + TX_RING_BYTES_OFFSET);
    }

    public static void txRingBytes(ByteBuffer region, int slot, int value) {
        Views.setInt(region, slot + TX_RING_BYTES_OFFSET, value);
    }

    /** Where the receive ring begins, from the region's start. */
    public static int rxRingOffset(ByteBuffer region, int slot) {
        return Views.getInt(region, slot + RX_RING_OFFSET_OFFSET);
    }

    public static void rxRingOffset(ByteBuffer region, int slot, int value) {
        Views.setInt(region, slot + RX_RING_OFFSET_OFFSET, value);
    }

    /** Its length, a power of two. */
    public static int rxRingBytes(ByteBuffer region, int slot) {
        return Views.getInt(region, slot + RX_RING_BYTES_OFFSET);
    }

    public static void rxRingBytes(ByteBuffer region, int slot, int value) {
        Views.setInt(region, slot + RX_RING_BYTES_OFFSET, value);
    }

    /** Bytes that may wait to be read: SO_RCVBUF. 0: a host stack before 2.2, or not connected. */
    public static int rxBuffer(ByteBuffer region, int slot) {
        return Views.getInt(region, slot + RX_BUFFER_OFFSET);
    }

    public static void rxBuffer(ByteBuffer region, int slot, int value) {
        Views.setInt(region, slot + RX_BUFFER_OFFSET, value);
    }

    /** 0 to 65535. */
    public static int localPort(ByteBuffer region, int slot) {
        return Views.getShort(region, slot + LOCAL_PORT_OFFSET);
    }

    public static void localPort(ByteBuffer region, int slot, int value) {
        Views.setShort(region, slot + LOCAL_PORT_OFFSET, value);
    }

    /** 0 to 65535. */
    public static int peerPort(ByteBuffer region, int slot) {
        return Views.getShort(region, slot + PEER_PORT_OFFSET);
    }

    public static void peerPort(ByteBuffer region, int slot, int value) {
        Views.setShort(region, slot + PEER_PORT_OFFSET, value);
    }

    /**
     * With {@link State#MOVED}: rx_head, modulo 2^32, as the host saw it last; tx_tail it saw is tx_seen. Since ABI 2.7.
     */
    public static int rxMoved(ByteBuffer region, int slot) {
        return Views.getInt(region, slot + RX_MOVED_OFFSET);
    }

    /** Host: before it stores {@link State#MOVED}. */
    public static void rxMoved(ByteBuffer region, int slot, int value) {
        Views.setInt(region, slot + RX_MOVED_OFFSET, value);
    }

    /** First word of the own address, see {@link Addresses}. */
    public static long localAddressHigh(ByteBuffer region, int slot) {
        return Views.getLong(region, slot + LOCAL_ADDRESS_OFFSET);
    }

    /** Second word of the own address. */
    public static long localAddressLow(ByteBuffer region, int slot) {
        return Views.getLong(region, slot + LOCAL_ADDRESS_OFFSET + 8);
    }

    public static void localAddress(ByteBuffer region, int slot, long high, long low) {
        Views.setLong(region, slot + LOCAL_ADDRESS_OFFSET, high);
        Views.setLong(region, slot + LOCAL_ADDRESS_OFFSET + 8, low);
    }

    /** First word of the peer's address, see {@link Addresses}. */
    public static long peerAddressHigh(ByteBuffer region, int slot) {
        return Views.getLong(region, slot + PEER_ADDRESS_OFFSET);
    }

    /** Second word of the peer's address. */
    public static long peerAddressLow(ByteBuffer region, int slot) {
        return Views.getLong(region, slot + PEER_ADDRESS_OFFSET + 8);
    }

    public static void peerAddress(ByteBuffer region, int slot, long high, long low) {
        Views.setLong(region, slot + PEER_ADDRESS_OFFSET, high);
        Views.setLong(region, slot + PEER_ADDRESS_OFFSET + 8, low);
    }
}
