package io.virtuoso.guest.core;

import io.virtuoso.protocol.ByteRing;
import io.virtuoso.protocol.SocketSlot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The host's side of one slot, driven step by step by a test: if nothing else is said a slot at 0, rings behind it. */
final class SlotHost {
    static final int SLOT = 0;
    static final int SMALL = 16;
    static final int LARGE = 64;
    private static final int FIRST_RING = 1024;

    final ByteBuffer region;
    private final int slot;
    private int nextRing;
    private int offers;
    private int receiveGeneration;

    SlotHost() {
        this(ByteBuffer.allocateDirect(8192).order(ByteOrder.LITTLE_ENDIAN), SLOT, FIRST_RING);
    }

    /** @param firstRing where there is room for rings */
    SlotHost(ByteBuffer region, int slot, int firstRing) {
        this.region = region;
        this.slot = slot;
        this.nextRing = firstRing;
        SocketSlot.resetHostLines(region, slot);
    }

    /** Offers a transmit ring. */
    void offer(int bytes) {
        SocketSlot.txRingOffset(region, slot, place(bytes));
        SocketSlot.txRingBytes(region, slot, bytes);
        SocketSlot.txOfferRelease(region, slot, ++offers);
    }

    /** Gives the slot a receive ring; bytes that are in the old one move to the same cursors. */
    void receiveRing(int bytes) {
        long head = SocketSlot.rxHeadAcquire(region, slot);
        byte[] kept = received(head, SocketSlot.rxTailAcquire(region, slot));
        SocketSlot.rxGenerationRelease(region, slot, 0);
        SocketSlot.rxRingOffset(region, slot, place(bytes));
        SocketSlot.rxRingBytes(region, slot, bytes);
        SocketSlot.rxBase(region, slot, head);
        write(head, kept);
        SocketSlot.rxGenerationRelease(region, slot, ++receiveGeneration);
    }

    /** Delivers bytes to the guest. */
    void deliver(String text) {
        deliver(text.getBytes(StandardCharsets.US_ASCII));
    }

    void deliver(byte[] bytes) {
        long tail = SocketSlot.rxTailAcquire(region, slot);
        write(tail, bytes);
        SocketSlot.rxTailRelease(region, slot, tail + bytes.length);
    }

    /** Takes all that the guest has published, as TCP or the local path does. */
    String take() {
        return new String(takeBytes(), StandardCharsets.US_ASCII);
    }

    byte[] takeBytes() {
        long head = SocketSlot.txHeadAcquire(region, slot);
        long tail = SocketSlot.txTailAcquire(region, slot);
        byte[] bytes = new byte[(int) (tail - head)];
        ByteRing.read(
                region,
                SocketSlot.txRingOffset(region, slot),
                SocketSlot.txRingBytes(region, slot),
                SocketSlot.txBase(region, slot),
                head,
                ByteBuffer.wrap(bytes),
                0,
                bytes.length);
        SocketSlot.txSeenRelease(region, slot, tail);
        SocketSlot.txHeadRelease(region, slot, tail);
        return bytes;
    }

    private byte[] received(long head, long tail) {
        byte[] bytes = new byte[(int) (tail - head)];
        if (bytes.length > 0) {
            ByteRing.read(
                    region,
                    SocketSlot.rxRingOffset(region, slot),
                    SocketSlot.rxRingBytes(region, slot),
                    SocketSlot.rxBase(region, slot),
                    head,
                    ByteBuffer.wrap(bytes),
                    0,
                    bytes.length);
        }
        return bytes;
    }

    private void write(long cursor, byte[] bytes) {
        ByteRing.write(
                region,
                SocketSlot.rxRingOffset(region, slot),
                SocketSlot.rxRingBytes(region, slot),
                SocketSlot.rxBase(region, slot),
                cursor,
                ByteBuffer.wrap(bytes),
                0,
                bytes.length);
    }

    private int place(int bytes) {
        int at = nextRing;
        nextRing += bytes;
        return at;
    }
}
