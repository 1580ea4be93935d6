package io.virtuoso.host.fastpath;

import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.socket.SocketSpace;
import io.virtuoso.protocol.AcceptedRecord;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.ByteRing;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.ContextBlock;
import io.virtuoso.protocol.EntryQueueConsumer;
import io.virtuoso.protocol.EntryQueueProducer;
import io.virtuoso.protocol.Event;
import io.virtuoso.protocol.RegionLayout;
import io.virtuoso.protocol.SocketSlot;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The guest's side of a region, driven step by step by a test: what a shim does, without threads. */
final class ScriptedGuest {
    final SocketSpace space;
    final ByteBuffer region;
    final RegionLayout layout;
    final List<String> events = new ArrayList<>();
    private final EntryQueueProducer commands;
    private final EntryQueueConsumer eventQueue;
    /** Whether it knows of the event that asks to adopt a ring, as guests do since 2.2 of the ABI. */
    boolean adopting = true;

    private final Map<Integer, Handle> handles = new HashMap<>();
    private int nextSlot;
    private long lastReplyValue;
    private int lastReplyErrno = -1;
    private int readyMask;
    private int rungSleep;

    ScriptedGuest(SocketSpace space) {
        this(space, space.attachment());
    }

    /** A guest of a stack whose inside the test does not see. */
    ScriptedGuest(Attachment attachment) {
        this(null, attachment);
    }

    private ScriptedGuest(SocketSpace space, Attachment attachment) {
        this.space = space;
        this.region = attachment.region();
        this.layout = attachment.layout();
        this.commands = EntryQueueProducer.ofCommands(region, layout, 0);
        this.eventQueue = EntryQueueConsumer.ofEvents(region, layout, 0);
    }

    /** A socket as the guest sees it. */
    final class Handle {
        final int index;
        final int generation;
        final int at;

        Handle(int index, int generation) {
            this.index = index;
            this.generation = generation;
            this.at = layout.slotOffset(index);
            if (SocketSlot.txGenerationAcquire(region, at) != 0) { // what another process wrote came along
                ringOffset = SocketSlot.txRingOffset(region, at);
                ringBytes = SocketSlot.txRingBytes(region, at);
            }
        }

        /** Says that it knows the rings that came along, as a shim does at once. */
        Handle knowsItsRings() {
            SocketSlot.txWantRelease(region, at, -1);
            return this;
        }

        void command(int type, long... arguments) {
            final long[] a = java.util.Arrays.copyOf(arguments, 5);
            commands.offer(type, index, generation, 7, a[0], a[1], a[2], a[3], a[4]);
        }

        void bind(int port) {
            command(Command.BIND, 0, 0, port, 0);
        }

        void listen(int backlog) {
            command(Command.LISTEN, backlog, 0);
            command(Command.ARM);
        }

        void connect(int address, int port) {
            command(Command.CONNECT, Addresses.IPV4_HIGH, Addresses.ipv4Low(address), port);
        }

        void close() {
            command(Command.CLOSE, Command.CLOSE_GRACEFUL);
        }

        int state() {
            return SocketSlot.stateAcquire(region, at);
        }

        int error() {
            return SocketSlot.error(region, at);
        }

        /** @return bytes that fit into the transmit ring */
        int room() {
            final long tail = SocketSlot.txTailAcquire(region, at);
            final long head = SocketSlot.txHeadAcquire(region, at);
            final boolean offered = SocketSlot.txOfferAcquire(region, at) != SocketSlot.txGenerationAcquire(region, at);
            final int bytes = tail == head && offered ? SocketSlot.txRingBytes(region, at) : ringBytes;
            return bytes - (int) (tail - head);
        }

        /** Writes as much as fits. @return bytes written */
        int write(byte[] bytes, int offset, int length) {
            final long tail = SocketSlot.txTailAcquire(region, at);
            final int count = writeUntold(bytes, offset, length);
            if (count > 0 && SocketSlot.txSeenAcquire(region, at) >= tail) {
                command(Command.TX, count < length ? length : 0);
            }
            if (count < length) {
                SocketSlot.txWantRelease(region, at, tail + count);
            }
            return count;
        }

        /** Writes as much as fits, and has not told the host of it yet. @return bytes written */
        int writeUntold(byte[] bytes, int offset, int length) {
            adopt();
            final long tail = SocketSlot.txTailAcquire(region, at);
            final long head = SocketSlot.txHeadAcquire(region, at);
            final int room = ringBytes - (int) (tail - head);
            final int count = Math.min(room, length);
            final long base = SocketSlot.txBase(region, at);
            ByteRing.write(region, ringOffset, ringBytes, base, tail, ByteBuffer.wrap(bytes), offset, count);
            SocketSlot.txTailRelease(region, at, tail + count);
            return count;
        }

        private int ringOffset;
        private int ringBytes;

        /** Takes the ring on offer, if its own is empty. @return true if there was one */
        private boolean adopt() {
            handles.put(index, this);
            final long tail = SocketSlot.txTailAcquire(region, at);
            final int offer = SocketSlot.txOfferAcquire(region, at);
            if (tail != SocketSlot.txHeadAcquire(region, at)) {
                return false;
            }
            SocketSlot.txBase(region, at, tail);
            if (offer == SocketSlot.txGenerationAcquire(region, at)) {
                return false;
            }
            ringOffset = SocketSlot.txRingOffset(region, at);
            ringBytes = SocketSlot.txRingBytes(region, at);
            SocketSlot.txGenerationRelease(region, at, offer);
            return true;
        }

        /** Reads all there is. */
        byte[] read() {
            return read(Integer.MAX_VALUE);
        }

        /** Reads at most so many bytes. */
        byte[] read(int most) {
            final long head = SocketSlot.rxHeadAcquire(region, at);
            final long tail = head + Math.min(most, SocketSlot.rxTailAcquire(region, at) - head);
            final byte[] bytes = new byte[(int) (tail - head)];
            if (bytes.length > 0) {
                ByteRing.read(
                        region,
                        SocketSlot.rxRingOffset(region, at),
                        SocketSlot.rxRingBytes(region, at),
                        SocketSlot.rxBase(region, at),
                        head,
                        ByteBuffer.wrap(bytes),
                        0,
                        bytes.length);
                SocketSlot.rxHeadRelease(region, at, tail);
                final long want = SocketSlot.rxWantAcquire(region, at);
                if (Long.compareUnsigned(want, tail) <= 0) {
                    command(Command.RX_ROOM);
                }
            }
            return bytes;
        }

        /** Accepts one connection. @return null if none waits */
        Handle accept() {
            final long tail = SocketSlot.rxTailAcquire(region, at);
            final long head = SocketSlot.rxHeadAcquire(region, at);
            if (tail == head) {
                return null;
            }
            final int place = ByteRing.offsetOf(
                    SocketSlot.rxRingOffset(region, at),
                    SocketSlot.rxRingBytes(region, at),
                    SocketSlot.rxBase(region, at),
                    head);
            final long entry = AcceptedRecord.read(region, place);
            SocketSlot.rxHeadRelease(region, at, head + AcceptedRecord.BYTES);
            if (Long.compareUnsigned(SocketSlot.rxWantAcquire(region, at), head + AcceptedRecord.BYTES) <= 0) {
                command(Command.RX_ROOM);
            }
            return new Handle(AcceptedRecord.slot(entry), AcceptedRecord.generation(entry));
        }
    }

    Handle socket() {
        nextSlot++;
        return open(nextSlot - 1, nextSlot);
    }

    /** Uses the slot of a socket that is closed once more. */
    Handle reuse(Handle closed) {
        return open(closed.index, closed.generation + 1);
    }

    private Handle open(int slot, int generation) {
        final Handle handle = new Handle(slot, generation);
        SocketSlot.resetGuestLine(region, handle.at);
        SocketSlot.txWantRelease(region, handle.at, -1);
        return handle;
    }

    /** Any command, also one that no shim would send. @return its position */
    long post(int type, int slot, int generation, long argument) {
        commands.offer(type, slot, generation, argument);
        return commands.position() - 1;
    }

    /** What a shim that rings once for each sleep asks after it posted. @return true if it rings */
    boolean mustRing(long position) {
        final int context = layout.contextOffset(0);
        final int sleep = ContextBlock.hostSleeping(region, context);
        if (sleep == 0 || sleep == rungSleep || ContextBlock.commandHead(region, context) > position) {
            return false;
        }
        rungSleep = sleep;
        return true;
    }

    /** As {@link #mustRing(long)}, after the last command. */
    boolean mustRing() {
        return commands.position() > 0 && mustRing(commands.position() - 1);
    }

    /** Says that the guest sleeps, which it never said with this number before. */
    void sleep(int number) {
        ContextBlock.guestSleeping(region, layout.contextOffset(0), number);
    }

    /** Takes all events; looks at every socket as a shim does. */
    void drain() {
        int type;
        while ((type = eventQueue.poll()) != EntryQueueConsumer.EMPTY) {
            switch (type) {
                case Event.READY -> {
                    final int at = layout.slotOffset(eventQueue.slot());
                    SocketSlot.rxSeenRaise(region, at);
                    readyMask |= (int) eventQueue.arg0();
                    events.add("ready " + eventQueue.slot() + " " + eventQueue.arg0());
                }
                case Event.REPLY -> {
                    lastReplyValue = eventQueue.arg0();
                    lastReplyErrno = (int) eventQueue.arg4();
                }
                case Event.RELEASED -> events.add("released " + eventQueue.slot());
                case Event.RING -> adopt(eventQueue.slot(), eventQueue.generation());
                default -> throw new AssertionError("event " + type);
            }
        }
        eventQueue.publish();
    }

    /** The host would have a transmit ring back. */
    private void adopt(int slot, int generation) {
        final Handle handle = handles.get(slot);
        if (adopting && handle != null && handle.adopt()) {
            post(Command.TX, slot, generation, 0);
        }
    }

    long lastReplyValue() {
        return lastReplyValue;
    }

    int lastReplyErrno() {
        return lastReplyErrno;
    }

    int takeReadyMask() {
        final int mask = readyMask;
        readyMask = 0;
        return mask;
    }
}
