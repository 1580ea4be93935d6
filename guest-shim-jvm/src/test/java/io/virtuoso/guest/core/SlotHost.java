package io.virtuoso.guest.core;

import io.virtuoso.protocol.ByteRing;
import io.virtuoso.protocol.SocketSlot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The host's side of one slot, driven step by step by a test: a slot at 0, rings behind it. */
final class SlotHost {
    static final int SLOT = 0;
    static final int SMALL = 16;
    static final int LARGE = 64;
    private static final int FIRST_RING = 1024;

    final ByteBuffer region = ByteBuffer.allocateDirect(8192).order(ByteOrder.LITTLE_ENDIAN);
    private int nextRing = FIRST_RING;
    private int offers;
    private int receiveGeneration;

    SlotHost() {
        SocketSlot.resetHostLines(region, SLOT);
    }

    /** Offers a transmit ring. */
    void offer(int bytes) {
        SocketSlot.txRingOffset(region, SLOT, place(bytes));
        SocketSlot.txRingBytes(region, SLOT, bytes);
        SocketSlot.txOfferRelease(region, SLOT, ++offers);
    }

    /** Gives the slot a receive ring; bytes that are in the old one move to the same cursors. */
    void receiveRing(int bytes) {
        long head = SocketSlot.rxHeadAcquire(region, SLOT);
        byte[] kept = received(head, SocketSlot.rxTailAcquire(region, SLOT));
        SocketSlot.rxGenerationRelease(region, SLOT, 0);
        SocketSlot.rxRingOffset(region, SLOT, place(bytes));
        SocketSlot.rxRingBytes(region, SLOT, bytes);
        SocketSlot.rxBase(region, SLOT, head);
        write(head, kept);
        SocketSlot.rxGenerationRelease(region, SLOT, ++receiveGeneration);
    }

    /** Delivers bytes to the guest. */
    void deliver(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        long tail = SocketSlot.rxTailAcquire(region, SLOT);
        write(tail, bytes);
        SocketSlot.rxTailRelease(region, SLOT, tail + bytes.length);
    }

    /** Takes all that the guest has published, as TCP or the local path does. */
    String take() {
        long head = SocketSlot.txHeadAcquire(region, SLOT);
        long tail = SocketSlot.txTailAcquire(region, SLOT);
        byte[] bytes = new byte[(int) (tail - head)];
        ByteRing.read(
                region,
                SocketSlot.txRingOffset(region, SLOT),
                SocketSlot.txRingBytes(region, SLOT),
                SocketSlot.txBase(region, SLOT),
                head,
                ByteBuffer.wrap(bytes),
                0,
                bytes.length);
        SocketSlot.txSeenRelease(region, SLOT, tail);
        SocketSlot.txHeadRelease(region, SLOT, tail);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private byte[] received(long head, long tail) {
        byte[] bytes = new byte[(int) (tail - head)];
        if (bytes.length > 0) {
            ByteRing.read(
                    region,
                    SocketSlot.rxRingOffset(region, SLOT),
                    SocketSlot.rxRingBytes(region, SLOT),
                    SocketSlot.rxBase(region, SLOT),
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
                SocketSlot.rxRingOffset(region, SLOT),
                SocketSlot.rxRingBytes(region, SLOT),
                SocketSlot.rxBase(region, SLOT),
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
