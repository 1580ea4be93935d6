package io.virtuoso.host.vhost;

/**
 * Memory of a machine that is not its RAM: what an ivshmem device offers. Its file is sealed against shrinking.
 *
 * @param address where the machine sees it
 * @param bytes   its length, a power of two
 * @param fd      the whole of it; stays the memory table's
 */
public record DeviceMemory(long address, long bytes, int fd) {}
