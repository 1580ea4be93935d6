/**
 * The shared-memory ABI in Java: what a region looks like and how its words are read and written.
 *
 * <p>The truth is {@code src/main/c/include/virtuoso_abi.h}; a probe compiled in every build compares it with the
 * constants here. Nothing in this package allocates on the data path, throws for what a peer wrote, or needs a flag on
 * JDK 17 to 25. A region is a little-endian {@link java.nio.ByteBuffer} that begins at a page; offsets are bytes from
 * its start.
 */
package io.virtuoso.protocol;
