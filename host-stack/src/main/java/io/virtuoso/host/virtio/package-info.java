/**
 * The device's side of virtio: the memory of a virtual machine, buffers, split and packed rings.
 *
 * <p>All of it lies in memory that a machine writes at will. A word is read once, checked, then used; what makes no sense
 * is a {@link io.virtuoso.host.virtio.VmFault}, which ends that machine's connection and nothing else.
 */
package io.virtuoso.host.virtio;
