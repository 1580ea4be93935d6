package io.virtuoso.host.virtio;

import io.virtuoso.host.ffm.Virtio.VringAvail;
import io.virtuoso.host.ffm.Virtio.VringDesc;
import io.virtuoso.host.ffm.Virtio.VringPackedDescEvent;
import io.virtuoso.host.ffm.Virtio.VringUsed;
import io.virtuoso.host.ffm.Virtio.VringUsedElem;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.lang.foreign.MemorySegment;

/**
 * Where a ring lies, as the monitor's addresses (virtio 1.2, sections 2.7 and 2.8).
 *
 * @param packed      a packed ring, with the two event suppression structures in place of the other two parts
 * @param size        descriptors; of a split ring a power of two
 * @param descriptors the descriptor table, or the packed ring
 * @param driver      the available ring, or the driver's event suppression
 * @param device      the used ring, or the device's event suppression
 */
public record RingLayout(boolean packed, int size, long descriptors, long driver, long device) {
    /** Largest ring accepted. */
    public static final int MAX_SIZE = 1024;

    private static final int DESCRIPTOR_ALIGNMENT = 16;
    private static final int WORD_ALIGNMENT = 4;
    private static final int EVENT_BYTES = 2;

    /** The three parts of a ring in this process's memory. */
    record Parts(MemorySegment descriptors, MemorySegment driver, MemorySegment device) {}

    /** @throws VmFault if the size is not possible, or a part is not in the machine's memory */
    Parts resolve(final GuestMemory memory) throws VmFault {
        if (size < 1 || size > MAX_SIZE || !packed && Integer.bitCount(size) != 1) {
            throw new VmFault(Reason.RING, "a ring cannot have " + Integer.toUnsignedString(size) + " descriptors");
        }
        final int driverBytes =
                packed ? VringPackedDescEvent.BYTES : VringAvail.RING + size * Short.BYTES + EVENT_BYTES;
        final int deviceBytes =
                packed ? VringPackedDescEvent.BYTES : VringUsed.RING + size * VringUsedElem.BYTES + EVENT_BYTES;
        return new Parts(
                part(memory, descriptors, (long) size * VringDesc.BYTES, DESCRIPTOR_ALIGNMENT),
                part(memory, driver, driverBytes, packed ? WORD_ALIGNMENT : Short.BYTES),
                part(memory, device, deviceBytes, WORD_ALIGNMENT));
    }

    private static MemorySegment part(
            final GuestMemory memory, final long userAddress, final long bytes, final int alignment) throws VmFault {
        final MemorySegment part = memory.byUserAddress(userAddress, bytes).orElseThrow(() -> new VmFault(Reason.RING));
        if (part.address() % alignment != 0) {
            throw new VmFault(Reason.RING, "a ring is not aligned");
        }
        return part;
    }
}
