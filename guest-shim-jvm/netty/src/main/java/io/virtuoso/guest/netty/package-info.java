/**
 * A transport for netty 4.2 that works on the guest's sockets directly: an event loop sleeps on a context of its own, and
 * no selector stands between the two.
 */
package io.virtuoso.guest.netty;
