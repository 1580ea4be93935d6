/**
 * Guests and their attachments, as several threads know them.
 *
 * <p>A {@link io.virtuoso.host.guest.Guest} is a name with addresses, which exists with or without processes. Each of its
 * processes is an {@link io.virtuoso.host.guest.Attachment} with a {@link io.virtuoso.host.guest.Region} of shared memory, made and
 * sealed by {@link io.virtuoso.host.guest.RegionFactory}; in a virtual machine regions are cut from {@link
 * io.virtuoso.host.guest.MachineMemory}. An attachment ends with an {@link io.virtuoso.host.guest.EndReason}.
 */
package io.virtuoso.host.guest;
