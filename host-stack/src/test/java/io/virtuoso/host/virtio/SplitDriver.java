package io.virtuoso.host.virtio;

import io.virtuoso.host.ffm.Virtio;
import io.virtuoso.host.ffm.Virtio.VringDesc;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Fills a split ring. */
final class SplitDriver extends TestDriver {
    final long descriptors;
    final long available;
    final long used;
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final List<List<Integer>> chains = new ArrayList<>();
    private int nextAvailable;
    private int kicked;
    private int nextUsed;

    SplitDriver(final GuestRam ram, final int size, final boolean eventIndex) {
        super(ram, size, eventIndex);
        descriptors = ram.allocate((long) size * VringDesc.BYTES, 16);
        available = ram.allocate(6 + size * 2L, 2);
        used = ram.allocate(6 + size * 8L, 4);
        for (int i = 0; i < size; i++) {
            free.add(i);
            chains.add(List.of());
        }
    }

    @Override
    public RingLayout layout() {
        return new RingLayout(
                false, size, GuestRam.USER + descriptors, GuestRam.USER + available, GuestRam.USER + used);
    }

    @Override
    public int base() {
        return 0;
    }

    @Override
    public int free() {
        return free.size();
    }

    @Override
    public int offer(final boolean indirect, final List<Piece> pieces) {
        final List<Integer> chain = new ArrayList<>();
        for (int i = 0; i < (indirect ? 1 : pieces.size()); i++) {
            chain.add(free.remove());
        }
        if (indirect) {
            descriptor(
                    chain.getFirst(),
                    table(pieces, true),
                    pieces.size() * VringDesc.BYTES,
                    Virtio.VRING_DESC_F_INDIRECT,
                    0);
        } else {
            for (int i = 0; i < pieces.size(); i++) {
                final boolean last = i == pieces.size() - 1;
                final int flags = (pieces.get(i).writable() ? Virtio.VRING_DESC_F_WRITE : 0)
                        | (last ? 0 : Virtio.VRING_DESC_F_NEXT);
                descriptor(
                        chain.get(i), pieces.get(i).at(), pieces.get(i).length(), flags, last ? 0 : chain.get(i + 1));
            }
        }
        chains.set(chain.getFirst(), chain);
        publish(chain.getFirst());
        return chain.getFirst();
    }

    void descriptor(final int index, final long at, final int length, final int flags, final int next) {
        final long place = descriptors + (long) index * VringDesc.BYTES;
        memory.set(LONG, place, GuestRam.GUEST + at);
        memory.set(INT, place + VringDesc.LEN, length);
        u16(place + VringDesc.FLAGS, flags);
        u16(place + VringDesc.NEXT, next);
    }

    void publish(final int head) {
        u16(available + 4 + nextAvailable % size * 2L, head);
        nextAvailable = nextAvailable + 1 & 0xffff;
        u16(available + 2, nextAvailable);
    }

    @Override
    public Optional<Used> used() {
        if (u16(used + 2) == nextUsed) {
            return Optional.empty();
        }
        final long at = used + 4 + nextUsed % size * 8L;
        nextUsed = nextUsed + 1 & 0xffff;
        final Used result = new Used(memory.get(INT, at), memory.get(INT, at + 4));
        free.addAll(chains.get(result.id()));
        return Optional.of(result);
    }

    @Override
    public boolean mustKick() {
        final int before = kicked;
        kicked = nextAvailable;
        if (eventIndex) {
            return Words.needsEvent(u16(used + 4 + size * 8L), nextAvailable, before);
        }
        return nextAvailable != before && (u16(used) & Virtio.VRING_USED_F_NO_NOTIFY) == 0;
    }

    @Override
    public void wantCalls(final boolean on) {
        if (eventIndex) {
            u16(available + 4 + size * 2L, on ? nextUsed : nextUsed - 1);
        } else {
            u16(available, on ? 0 : Virtio.VRING_AVAIL_F_NO_INTERRUPT);
        }
    }
}
