package io.virtuoso.host.guest;

import io.virtuoso.protocol.RegionLayout;
import java.nio.ByteBuffer;

/**
 * The shared memory of one attachment, and what the host decided about it. The guest can write everything in
 * {@code memory}, the header too; so the host never reads its own decisions back from there.
 *
 * @param memory          the whole region, little-endian
 * @param memoryFd        its memfd, for giving pages back
 * @param layout          where things are
 * @param maxSendBytes    largest transmit ring, a power of two
 * @param maxReceiveBytes largest receive ring, a power of two
 */
public record Region(ByteBuffer memory, int memoryFd, RegionLayout layout, int maxSendBytes, int maxReceiveBytes) {}
