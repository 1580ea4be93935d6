package io.virtuoso.host.ivshmem;

import io.virtuoso.host.ffm.Libc;
import io.virtuoso.host.ffm.SharedMemory;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.util.Arrays;

/**
 * What one virtual machine's ivshmem device shows: memory that nobody else has, and event counters both ways, one for
 * each vector. One thread.
 */
public final class DoorbellDevice implements AutoCloseable {
    /** Of each side. A device with fewer cannot take them all, one with more leaves the rest unused. */
    public static final int VECTORS = 64;

    private static final int NONE = -1;

    private final int[] hostVectors = new int[VECTORS];
    private final int[] machineVectors = new int[VECTORS];
    private int memoryFd = NONE;
    private Object identity;

    private DoorbellDevice() {
        Arrays.fill(hostVectors, NONE);
        Arrays.fill(machineVectors, NONE);
    }

    /**
     * Makes the memory, zeroed and of a sealed size, and the counters.
     *
     * @param name  for people, seen in /proc
     * @param bytes a power of two
     * @throws IOException naming the errno, such as EMFILE
     */
    public static DoorbellDevice create(final String name, final long bytes) throws IOException {
        final DoorbellDevice device = new DoorbellDevice();
        device.memoryFd = SharedMemory.create(name, bytes);
        boolean complete = device.memoryFd >= 0;
        for (int i = 0; complete && i < VECTORS; i++) {
            device.hostVectors[i] = Libc.eventFd();
            device.machineVectors[i] = Libc.eventFd();
            complete = device.hostVectors[i] >= 0 && device.machineVectors[i] >= 0;
        }
        if (!complete) {
            device.close();
            throw new IOException("no descriptor or memory is left for an ivshmem device: "
                    + Errno.describe(device.memoryFd < 0 ? -device.memoryFd : Errno.EMFILE));
        }
        device.identity = SharedMemory.identity(device.memoryFd);
        return device;
    }

    int memoryFd() {
        return memoryFd;
    }

    /** @return true if a descriptor is one of this device's memory */
    public boolean isMemory(final int fd) {
        return identity.equals(SharedMemory.identity(fd));
    }

    /** @return the counter that the machine raises: to be watched by its edges, since a read could be made to wait */
    public int hostVector(final int vector) {
        return hostVectors[vector];
    }

    int machineVector(final int vector) {
        return machineVectors[vector];
    }

    /** Interrupts the machine. */
    public void ring(final int vector) {
        Libc.ringEventFd(machineVectors[vector]);
    }

    @Override
    public void close() {
        for (int i = 0; i < VECTORS; i++) {
            Libc.close(hostVectors[i]);
            Libc.close(machineVectors[i]);
        }
        Libc.close(memoryFd);
    }
}
