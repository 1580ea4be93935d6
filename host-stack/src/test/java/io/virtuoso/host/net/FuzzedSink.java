package io.virtuoso.host.net;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;

/** A program with one UDP socket, which reads all it is given. */
final class FuzzedSink implements DatagramSink {
    private static void read(final ByteBuffer buffer, final int at, final int length) {
        assertTrue(length >= 0 && at >= 0 && at + length <= buffer.capacity(), "payload outside of the frame");
    }

    @Override
    public boolean onDatagram(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort,
            final ByteBuffer buffer,
            final int at,
            final int length) {
        read(buffer, at, length);
        return localPort == WireTarget.BOUND;
    }

    @Override
    public boolean onIcmpError(
            final int localAddress,
            final int localPort,
            final int remoteAddress,
            final int remotePort,
            final IcmpError error,
            final ByteBuffer buffer,
            final int at,
            final int length) {
        read(buffer, at, length);
        return localPort == WireTarget.BOUND;
    }
}
