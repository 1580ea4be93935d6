package io.virtuoso.host.vhost;

import io.virtuoso.host.ffm.FdPassing;
import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.MappedMemory;
import io.virtuoso.host.ffm.SharedMemory;
import io.virtuoso.host.ffm.Virtio.VhostMemoryRegion;
import io.virtuoso.host.virtio.GuestMemory;
import io.virtuoso.host.virtio.VmFault;
import io.virtuoso.host.virtio.VmFault.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A machine's memory as its monitor shares it: checked, mapped, and given back by {@link #close}. One thread.
 *
 * <p>Files must be sealed against shrinking, as {@code memory-backend-memfd} makes them: memory behind the end of a file
 * that was cut short would bring the host stack down.
 */
final class MemoryTable implements AutoCloseable {
    /** As the protocol has it without its feature for more. */
    private static final int MAX_REGIONS = 8;

    private static final int REGIONS = 8;

    private final List<Entry> entries = new ArrayList<>(MAX_REGIONS);
    private GuestMemory memory;

    private record Entry(long guest, long user, long bytes, long fileOffset, int fd, MappedMemory mapping) {}

    private MemoryTable() {}

    /**
     * Maps what a SET_MEM_TABLE describes.
     *
     * @param table   number of regions, padding, regions
     * @param length  bytes of it
     * @param fds     with one descriptor for each region
     * @throws VmFault if it makes no sense; nothing is mapped then
     */
    static MemoryTable map(final ByteBuffer table, final int length, final FdPassing fds) throws VmFault {
        final int count = length < REGIONS ? 0 : table.getInt(0);
        if (count < 1 || count > MAX_REGIONS || length < REGIONS + count * VhostMemoryRegion.BYTES) {
            throw fault("has " + Integer.toUnsignedString(count) + " regions; 1 to " + MAX_REGIONS + " are known");
        }
        if (fds.fdCount() != count) {
            throw fault("has " + count + " regions and " + fds.fdCount() + " files");
        }
        final MemoryTable mapped = new MemoryTable();
        try {
            for (int i = 0; i < count; i++) {
                mapped.add(table, REGIONS + i * VhostMemoryRegion.BYTES, fds.takeFd(i));
            }
        } catch (final VmFault e) {
            mapped.close();
            throw e;
        }
        mapped.memory = new GuestMemory(mapped.entries.stream()
                .map(entry -> new GuestMemory.Region(
                        entry.guest(), entry.user(), entry.mapping().memory()))
                .toList());
        return mapped;
    }

    private void add(final ByteBuffer table, final int at, final int fd) throws VmFault {
        final long guest = table.getLong(at + VhostMemoryRegion.GUEST_PHYS_ADDR);
        final long bytes = table.getLong(at + VhostMemoryRegion.MEMORY_SIZE);
        final long user = table.getLong(at + VhostMemoryRegion.USERSPACE_ADDR);
        final long offset = table.getLong(at + VhostMemoryRegion.FLAGS_PADDING);
        try {
            check(guest, user, bytes, offset, fd);
            entries.add(new Entry(guest, user, bytes, offset, fd, MappedMemory.map(fd, offset, bytes)));
        } catch (final VmFault e) {
            Libc.close(fd);
            throw e;
        } catch (final IOException e) {
            Libc.close(fd);
            throw fault(e.getMessage());
        }
    }

    private void check(final long guest, final long user, final long bytes, final long offset, final int fd)
            throws VmFault {
        if (bytes <= 0 || isWrapping(guest, bytes) || isWrapping(user, bytes)) {
            throw fault("has a region whose size makes no sense");
        }
        if (!SharedMemory.isSealedAgainstShrinking(fd)) {
            throw fault("has a file that is not sealed against shrinking; use memory-backend-memfd,share=on");
        }
        if (offset < 0 || offset > SharedMemory.size(fd) - bytes) {
            throw fault("has a region that is not within its file");
        }
        for (final Entry other : entries) {
            if (isOverlapping(guest, bytes, other.guest(), other.bytes())
                    || isOverlapping(user, bytes, other.user(), other.bytes())) {
                throw fault("has regions that overlap");
            }
        }
    }

    private static boolean isWrapping(final long start, final long bytes) {
        return Long.compareUnsigned(start + bytes, start) < 0;
    }

    /** Neither wraps around. */
    private static boolean isOverlapping(final long a, final long aBytes, final long b, final long bBytes) {
        return Long.compareUnsigned(a - b, bBytes) < 0 || Long.compareUnsigned(b - a, aBytes) < 0;
    }

    private static VmFault fault(final String what) {
        return new VmFault(Reason.MEMORY_TABLE, "the memory table " + what);
    }

    GuestMemory memory() {
        return memory;
    }

    /**
     * The memory that is not the machine's RAM: the one file of all that holds none of some addresses, if it is wholly one
     * region that lies where a PCI device's memory can lie.
     *
     * @param users the monitor's addresses of what the machine's driver works with, which is in RAM
     */
    Optional<DeviceMemory> deviceMemory(final List<Long> users) {
        final Set<Object> ram = new HashSet<>();
        for (final Entry entry : entries) {
            if (users.stream().anyMatch(user -> Long.compareUnsigned(user - entry.user(), entry.bytes()) < 0)) {
                ram.add(SharedMemory.identity(entry.fd()));
            }
        }
        final List<Entry> others = entries.stream()
                .filter(entry -> !ram.contains(SharedMemory.identity(entry.fd())))
                .toList();
        if (others.size() != 1) {
            return Optional.empty();
        }
        final Entry only = others.getFirst();
        final boolean fits = Long.bitCount(only.bytes()) == 1
                && (only.guest() & only.bytes() - 1) == 0
                && only.fileOffset() == 0
                && only.bytes() == SharedMemory.size(only.fd());
        return fits ? Optional.of(new DeviceMemory(only.guest(), only.bytes(), only.fd())) : Optional.empty();
    }

    /** Unmaps everything and closes the files. */
    @Override
    public void close() {
        for (final Entry entry : entries) {
            entry.mapping().close();
            Libc.close(entry.fd());
        }
        entries.clear();
    }
}
