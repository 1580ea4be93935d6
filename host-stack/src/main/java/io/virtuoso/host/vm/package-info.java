/**
 * Virtual machines as guests: the thread that serves their vhost-user connections, and what answers at the host's vsock
 * ports.
 */
package io.virtuoso.host.vm;
