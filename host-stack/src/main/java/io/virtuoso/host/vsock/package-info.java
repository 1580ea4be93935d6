/**
 * The host's end of virtio-vsock (virtio 1.2, section 5.10): stream connections that a virtual machine's programs make to
 * ports of the host. Machine and host are told apart by context identifiers; the host's is 2.
 */
package io.virtuoso.host.vsock;
