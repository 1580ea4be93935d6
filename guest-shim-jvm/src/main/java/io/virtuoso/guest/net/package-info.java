/** {@code java.net.Socket} and {@code java.net.ServerSocket} over the host stack. */
package io.virtuoso.guest.net;
