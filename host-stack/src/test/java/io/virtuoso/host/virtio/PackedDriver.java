package io.virtuoso.host.virtio;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VringPackedDesc;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/** Fills a packed ring. */
final class PackedDriver extends TestDriver {
    private static final int AVAILABLE = 1 << Virtio.VRING_PACKED_DESC_F_AVAIL;
    private static final int USED = 1 << Virtio.VRING_PACKED_DESC_F_USED;

    final long ring;
    final long driverEvent;
    final long deviceEvent;
    private final ArrayDeque<Integer> ids = new ArrayDeque<>();
    private final int[] entries;
    private int free;
    private int next;
    private boolean wrap = true;
    private int nextUsed;
    private boolean usedWrap = true;
    private int offered;

    PackedDriver(final GuestRam ram, final int size, final boolean eventIndex) {
        super(ram, size, eventIndex);
        ring = ram.allocate((long) size * VringPackedDesc.BYTES, 16);
        driverEvent = ram.allocate(4, 4);
        deviceEvent = ram.allocate(4, 4);
        entries = new int[size];
        free = size;
        for (int i = 0; i < size; i++) {
            ids.add(i);
        }
    }

    @Override
    public RingLayout layout() {
        return new RingLayout(
                true, size, GuestRam.USER + ring, GuestRam.USER + driverEvent, GuestRam.USER + deviceEvent);
    }

    @Override
    public int base() {
        return 0x8000_8000;
    }

    @Override
    public int free() {
        return free;
    }

    @Override
    public int offer(final boolean indirect, final List<Piece> pieces) {
        final int id = ids.remove();
        final int count = indirect ? 1 : pieces.size();
        final long first = place();
        int firstFlags = 0;
        for (int i = 0; i < count; i++) {
            final Piece piece = indirect
                    ? new Piece(table(pieces, false), pieces.size() * VringPackedDesc.BYTES, false)
                    : pieces.get(i);
            final int flags = (indirect ? Virtio.VRING_DESC_F_INDIRECT : 0)
                    | (piece.writable() ? Virtio.VRING_DESC_F_WRITE : 0)
                    | (i < count - 1 ? Virtio.VRING_DESC_F_NEXT : 0)
                    | (wrap ? AVAILABLE : USED);
            descriptor(piece, id);
            if (i == 0) {
                firstFlags = flags;
            } else {
                u16(place() + VringPackedDesc.FLAGS, flags);
            }
            advance();
        }
        u16(first + VringPackedDesc.FLAGS, firstFlags);
        entries[id] = count;
        free -= count;
        offered += count;
        return id;
    }

    private long place() {
        return ring + (long) next * VringPackedDesc.BYTES;
    }

    private void advance() {
        if (++next == size) {
            next = 0;
            wrap = !wrap;
        }
    }

    private void descriptor(final Piece piece, final int id) {
        memory.set(LONG, place(), GuestRam.GUEST + piece.at());
        memory.set(INT, place() + VringPackedDesc.LEN, piece.length());
        u16(place() + VringPackedDesc.ID, id);
    }

    @Override
    public Optional<Used> used() {
        final long at = ring + (long) nextUsed * VringPackedDesc.BYTES;
        final int flags = u16(at + VringPackedDesc.FLAGS);
        if ((flags & AVAILABLE) != 0 != usedWrap || (flags & USED) != 0 != usedWrap) {
            return Optional.empty();
        }
        final Used result = new Used(u16(at + VringPackedDesc.ID), memory.get(INT, at + VringPackedDesc.LEN));
        free += entries[result.id()];
        nextUsed += entries[result.id()];
        if (nextUsed >= size) {
            nextUsed -= size;
            usedWrap = !usedWrap;
        }
        ids.add(result.id());
        return Optional.of(result);
    }

    /** As virtio 1.2, section 2.8.10.1, has it; positions before and after the last offers. */
    @Override
    public boolean mustKick() {
        final int since = offered;
        offered = 0;
        final int flags = u16(deviceEvent + 2);
        if (flags != Virtio.VRING_PACKED_EVENT_FLAG_DESC) {
            return since > 0 && flags == Virtio.VRING_PACKED_EVENT_FLAG_ENABLE;
        }
        final int event = u16(deviceEvent);
        int at = event & 0x7fff;
        if ((event & 0x8000) != 0 != wrap) {
            at -= size;
        }
        return Words.needsEvent(at, next, next - since);
    }

    @Override
    public void wantCalls(final boolean on) {
        if (eventIndex && on) {
            u16(driverEvent, nextUsed | (usedWrap ? 0x8000 : 0));
            u16(driverEvent + 2, Virtio.VRING_PACKED_EVENT_FLAG_DESC);
        } else {
            u16(driverEvent + 2, on ? Virtio.VRING_PACKED_EVENT_FLAG_ENABLE : Virtio.VRING_PACKED_EVENT_FLAG_DISABLE);
        }
    }
}
