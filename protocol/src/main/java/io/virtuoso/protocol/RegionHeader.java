package io.virtuoso.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The first page of a region: written once by the host before the guest sees it, except state, end reason and routes. */
public final class RegionHeader {
    public static final int MAGIC_OFFSET = 0;
    public static final int ABI_MAJOR_OFFSET = 8;
    public static final int ABI_MINOR_OFFSET = 10;
    public static final int HEADER_BYTES_OFFSET = 12;
    public static final int FEATURES_OFFSET = 16;
    public static final int EPOCH_OFFSET = 24;
    public static final int REGION_BYTES_OFFSET = 32;
    public static final int CONTEXT_OFFSET_OFFSET = 40;
    public static final int CONTEXT_STRIDE_OFFSET = 44;
    public static final int CONTEXT_COUNT_OFFSET = 48;
    public static final int QUEUE_ENTRIES_OFFSET = 52;
    public static final int SLOT_OFFSET_OFFSET = 56;
    public static final int SLOT_COUNT_OFFSET = 60;
    public static final int GUEST_SLOT_COUNT_OFFSET = 64;
    public static final int POOL_OFFSET_OFFSET = 68;
    public static final int POOL_BYTES_OFFSET = 72;
    public static final int MAX_SEND_BYTES_OFFSET = 76;
    public static final int MAX_RECEIVE_BYTES_OFFSET = 80;
    public static final int MTU_OFFSET = 84;
    public static final int ADDRESS_OFFSET = 88;
    public static final int GATEWAY_OFFSET = 104;
    public static final int PREFIX_LENGTH_OFFSET = 120;
    public static final int CONGESTION_OFFSET = 124;
    public static final int GUEST_NAME_OFFSET = 128;
    public static final int STATE_OFFSET = 192;
    public static final int END_REASON_OFFSET = 196;
    public static final int READY_OFFSET = 200;
    public static final int PREFIX_LENGTH6_OFFSET = 204;
    public static final int ADDRESS6_OFFSET = 208;
    public static final int ROUTE_COUNT_OFFSET = 224;
    public static final int ROUTE_VERSION_OFFSET = 228;
    public static final int BYTES = 256;

    /** Value of the ready word once everything else is valid. */
    public static final int READY = 0x52454459;

    /** State: the attachment lives. */
    public static final int OPEN = 1;

    /** State: the host has ended the attachment; the end reason says why. */
    public static final int ENDED = 2;

    private RegionHeader() {}

    /** Fills the header of a fresh (zeroed) region; the ready word comes last. */
    public static void initialise(ByteBuffer region, RegionLayout layout, RegionSettings settings) {
        Views.setLong(region, MAGIC_OFFSET, Abi.MAGIC);
        Views.setShort(region, ABI_MAJOR_OFFSET, Abi.MAJOR);
        Views.setShort(region, ABI_MINOR_OFFSET, Abi.MINOR);
        Views.setInt(region, HEADER_BYTES_OFFSET, Abi.HEADER_BYTES);
        Views.setLong(region, FEATURES_OFFSET, settings.features());
        Views.setLong(region, EPOCH_OFFSET, settings.epoch());
        Views.setLong(region, REGION_BYTES_OFFSET, layout.regionBytes());
        Views.setInt(region, CONTEXT_OFFSET_OFFSET, layout.contextOffset());
        Views.setInt(region, CONTEXT_STRIDE_OFFSET, layout.contextStride());
        Views.setInt(region, CONTEXT_COUNT_OFFSET, layout.contextCount());
        Views.setInt(region, QUEUE_ENTRIES_OFFSET, layout.queueEntries());
        Views.setInt(region, SLOT_OFFSET_OFFSET, layout.slotOffset());
        Views.setInt(region, SLOT_COUNT_OFFSET, layout.slotCount());
        Views.setInt(region, GUEST_SLOT_COUNT_OFFSET, layout.guestSlotCount());
        Views.setInt(region, POOL_OFFSET_OFFSET, layout.poolOffset());
        Views.setInt(region, POOL_BYTES_OFFSET, layout.poolBytes());
        Views.setInt(region, MAX_SEND_BYTES_OFFSET, settings.maxSendBytes());
        Views.setInt(region, MAX_RECEIVE_BYTES_OFFSET, settings.maxReceiveBytes());
        Views.setInt(region, MTU_OFFSET, settings.mtu());
        Views.setLong(region, ADDRESS_OFFSET, settings.addressHigh());
        Views.setLong(region, ADDRESS_OFFSET + 8, settings.addressLow());
        Views.setLong(region, GATEWAY_OFFSET, settings.gatewayHigh());
        Views.setLong(region, GATEWAY_OFFSET + 8, settings.gatewayLow());
        Views.setInt(region, PREFIX_LENGTH_OFFSET, settings.prefixLength());
        Views.setInt(region, CONGESTION_OFFSET, settings.congestion());
        Views.putText(region, GUEST_NAME_OFFSET, Abi.NAME_BYTES, settings.guestName());
        Views.setInt(region, PREFIX_LENGTH6_OFFSET, settings.prefixLength6());
        Views.setLong(region, ADDRESS6_OFFSET, settings.address6High());
        Views.setLong(region, ADDRESS6_OFFSET + 8, settings.address6Low());
        Views.setInt(region, STATE_OFFSET, OPEN);
        Views.releaseInt(region, READY_OFFSET, READY);
    }

    /**
     * What is wrong with a region that a host has handed over.
     *
     * @return null if it can be used, else a sentence for people
     */
    public static String check(ByteBuffer region) {
        if (region.order() != ByteOrder.LITTLE_ENDIAN || region.limit() < BYTES) {
            return "the region is no little-endian buffer with a header";
        }
        if (Views.acquireInt(region, READY_OFFSET) != READY) {
            return "the region is not ready";
        }
        if (Views.getLong(region, MAGIC_OFFSET) != Abi.MAGIC) {
            return "the region does not begin with VIRTUOSO";
        }
        int major = Views.getShort(region, ABI_MAJOR_OFFSET);
        if (major != Abi.MAJOR) {
            return "the host stack speaks ABI version " + major + ", this guest speaks " + Abi.MAJOR;
        }
        return checkLayout(region);
    }

    /**
     * The layout that a region's header states, read once.
     *
     * @throws IllegalArgumentException if it is none; {@link #check} says so without an exception
     */
    public static RegionLayout layout(ByteBuffer region) {
        return new RegionLayout(
                Views.getInt(region, CONTEXT_COUNT_OFFSET),
                Views.getInt(region, QUEUE_ENTRIES_OFFSET),
                Views.getInt(region, SLOT_COUNT_OFFSET),
                Views.getInt(region, GUEST_SLOT_COUNT_OFFSET),
                Views.getInt(region, POOL_BYTES_OFFSET));
    }

    /** The host stack's minor version: what it has beyond the first version of this major. */
    public static int abiMinor(ByteBuffer region) {
        return Views.getShort(region, ABI_MINOR_OFFSET);
    }

    /** The settings that a region's header states. */
    public static RegionSettings settings(ByteBuffer region) {
        return new RegionSettings(
                Views.getLong(region, FEATURES_OFFSET),
                Views.getLong(region, EPOCH_OFFSET),
                Views.getInt(region, MAX_SEND_BYTES_OFFSET),
                Views.getInt(region, MAX_RECEIVE_BYTES_OFFSET),
                Views.getInt(region, MTU_OFFSET),
                Views.getLong(region, ADDRESS_OFFSET),
                Views.getLong(region, ADDRESS_OFFSET + 8),
                Views.getLong(region, GATEWAY_OFFSET),
                Views.getLong(region, GATEWAY_OFFSET + 8),
                Views.getInt(region, PREFIX_LENGTH_OFFSET),
                Views.getInt(region, CONGESTION_OFFSET),
                Views.getInt(region, PREFIX_LENGTH6_OFFSET),
                Views.getLong(region, ADDRESS6_OFFSET),
                Views.getLong(region, ADDRESS6_OFFSET + 8),
                Views.text(region, GUEST_NAME_OFFSET, Abi.NAME_BYTES));
    }

    /** Host: the attachment has ended for the given reason; guests see it when they next look or are woken. */
    public static void end(ByteBuffer region, int reason) {
        Views.setInt(region, END_REASON_OFFSET, reason);
        Views.releaseInt(region, STATE_OFFSET, ENDED);
    }

    /** {@link #OPEN} or {@link #ENDED}. */
    public static int state(ByteBuffer region) {
        return Views.acquireInt(region, STATE_OFFSET);
    }

    /** Why the attachment ended; valid once {@link #state} is {@link #ENDED}. */
    public static int endReason(ByteBuffer region) {
        return Views.getInt(region, END_REASON_OFFSET);
    }

    private static String checkLayout(ByteBuffer region) {
        RegionLayout layout;
        try {
            layout = layout(region);
        } catch (IllegalArgumentException unusable) {
            return "the region's layout is unusable: " + unusable.getMessage();
        }
        boolean agrees = Views.getInt(region, HEADER_BYTES_OFFSET) == Abi.HEADER_BYTES
                && Views.getInt(region, CONTEXT_OFFSET_OFFSET) == layout.contextOffset()
                && Views.getInt(region, CONTEXT_STRIDE_OFFSET) == layout.contextStride()
                && Views.getInt(region, SLOT_OFFSET_OFFSET) == layout.slotOffset()
                && Views.getInt(region, POOL_OFFSET_OFFSET) == layout.poolOffset()
                && Views.getLong(region, REGION_BYTES_OFFSET) == layout.regionBytes();
        if (!agrees) {
            return "the region's offsets contradict its counts";
        }
        if (region.limit() < layout.regionBytes()) {
            return "the region has " + region.limit() + " bytes, its header says " + layout.regionBytes();
        }
        return null;
    }
}
