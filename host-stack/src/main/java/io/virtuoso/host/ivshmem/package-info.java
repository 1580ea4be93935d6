/**
 * The server of QEMU's {@code ivshmem-doorbell} device (QEMU's docs/specs/ivshmem-spec): memory and event counters for one
 * virtual machine each.
 */
package io.virtuoso.host.ivshmem;
