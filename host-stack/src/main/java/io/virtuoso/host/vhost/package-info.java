/**
 * The back end's side of the vhost-user protocol (QEMU's docs/interop/vhost-user.rst): a virtual machine's monitor
 * connects, shares the machine's memory and says where its rings are. What it says is checked like what the machine
 * writes: the monitor may have been taken over by it.
 */
package io.virtuoso.host.vhost;
