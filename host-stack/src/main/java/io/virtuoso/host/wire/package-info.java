/**
 * What packets look like: static accessors over a buffer and a position, no state, no allocation.
 *
 * <p>Contract: call {@code check(buffer, at, available)} of a header first; if it returns {@code null}, every accessor of
 * that header stays within the available bytes. A {@link io.virtuoso.host.wire.DropReason} says why not. Nothing here
 * throws on anything that a packet may contain.
 */
package io.virtuoso.host.wire;
