package io.virtuoso.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Regions for tests, in ordinary memory. */
final class Regions {
    static final RegionLayout LAYOUT = new RegionLayout(2, 8, 4, 2, 64 * 1024);
    static final RegionSettings SETTINGS = new RegionSettings(
            0,
            42,
            65536,
            131072,
            1500,
            0,
            Addresses.ipv4Low(0x0a580002),
            0,
            Addresses.ipv4Low(0x0a580001),
            16,
            Congestion.CUBIC,
            64,
            0xfdL,
            2L << 56,
            "web");

    private Regions() {}

    /** A zeroed, page-aligned buffer. */
    static ByteBuffer blank(int bytes) {
        ByteBuffer wide = ByteBuffer.allocateDirect(bytes + RegionLayout.PAGE);
        int skip = (RegionLayout.PAGE - wide.alignmentOffset(0, RegionLayout.PAGE)) % RegionLayout.PAGE;
        return wide.slice(skip, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A region as the host hands it over. */
    static ByteBuffer initialised() {
        ByteBuffer region = blank(LAYOUT.regionBytes());
        RegionHeader.initialise(region, LAYOUT, SETTINGS);
        return region;
    }
}
