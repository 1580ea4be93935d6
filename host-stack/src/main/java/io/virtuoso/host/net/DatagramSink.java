package io.virtuoso.host.net;

import java.nio.ByteBuffer;

/** Who receives UDP datagrams from a port, and ICMP errors about those sent. Addresses are ints in host order. */
public interface DatagramSink {
    /** Nobody receives anything. */
    DatagramSink NONE = new DatagramSink() {
        @Override
        public boolean onDatagram(
                final int localAddress,
                final int localPort,
                final int remoteAddress,
                final int remotePort,
                final ByteBuffer buffer,
                final int at,
                final int length) {
            return false;
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
            return false;
        }
    };

    /**
     * A datagram with a right checksum.
     *
     * @param localAddress one of the guests'
     * @param at where its payload begins in the buffer, which is valid during the call only
     * @param length bytes of payload
     * @return false if no socket is bound to the port: the sender is told by ICMP
     */
    boolean onDatagram(
            int localAddress, int localPort, int remoteAddress, int remotePort, ByteBuffer buffer, int at, int length);

    /**
     * An error about a datagram that a guest seems to have sent.
     *
     * @param at where what was quoted of its payload begins in the buffer, which is valid during the call only
     * @param length bytes of payload quoted
     * @return false if there is no such socket
     */
    boolean onIcmpError(
            int localAddress,
            int localPort,
            int remoteAddress,
            int remotePort,
            IcmpError error,
            ByteBuffer buffer,
            int at,
            int length);
}
