package io.virtuoso.host.fastpath;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.guest.Region;
import io.virtuoso.host.socket.RingPool;
import io.virtuoso.host.tcp.TcpConfig;
import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.RegionLayout;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Memory of attachments, used again by the next run: a region costs more than all that happens in it. */
final class HostileRegions {
    private static final RegionLayout LAYOUT = new RegionLayout(4, 32, 512, 256, 1 << 24);

    private static final int CLEARED_OF_CHUNK = 1 << 18;

    private final List<ByteBuffer> regions = new ArrayList<>();
    private int used;
    private int nextId = 1;

    /** A run begins: all regions are free and empty. */
    void reset() {
        for (int i = 0; i < used; i++) {
            clear(regions.get(i));
        }
        used = 0;
        nextId = 1;
    }

    /** All that is looked at, and of the rings' memory what is used first: that costs the most by far. */
    private static void clear(ByteBuffer region) {
        final MemorySegment memory = MemorySegment.ofBuffer(region);
        memory.asSlice(0, LAYOUT.poolOffset()).fill((byte) 0);
        for (int at = LAYOUT.poolOffset(); at < region.capacity(); at += RingPool.CHUNK_BYTES) {
            memory.asSlice(at, CLEARED_OF_CHUNK).fill((byte) 0);
        }
    }

    Attachment attachment(Guest guest) {
        if (used == regions.size()) {
            regions.add(ByteBuffer.allocateDirect(LAYOUT.regionBytes()).order(ByteOrder.LITTLE_ENDIAN));
        }
        final Region memory = new Region(regions.get(used++), -1, LAYOUT, 1 << 16, 1 << 16);
        return new Attachment(nextId++, guest, 1, 0, "test", Abi.MINOR, memory, -1);
    }

    static Guest guest(String name, int number) {
        return new Guest(
                name,
                HostConfig.embeddedDefault().defaultNetwork(),
                StackHarness.FIRST_ADDRESS + number,
                1,
                TcpConfig.DEFAULTS.congestion(),
                Map.of(),
                GuestLimits.NONE,
                GuestQuotas.NONE);
    }
}
