/** Asynchronous channels over the host stack, for {@code java.nio.channels.Asynchronous*Channel}. */
package io.virtuoso.guest.aio;
