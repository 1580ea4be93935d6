package io.virtuoso.host.slowpath;

import io.virtuoso.host.account.Ledger;
import io.virtuoso.host.net.DatagramSink;
import io.virtuoso.host.net.IcmpError;
import io.virtuoso.host.socket.DatagramPath;
import io.virtuoso.host.socket.GuestSocket;
import java.nio.ByteBuffer;

/** Datagrams, and errors about them, from one port. Stack thread only. */
final class WireDatagrams implements DatagramSink {
    private final WireNames names;
    private final DatagramPath datagrams;
    private final Ledger ledger;

    WireDatagrams(WireNames names, DatagramPath datagrams, Ledger ledger) {
        this.names = names;
        this.datagrams = datagrams;
        this.ledger = ledger;
    }

    @Override
    public boolean onDatagram(
            int localAddress, int localPort, int remoteAddress, int remotePort, ByteBuffer buffer, int at, int length) {
        final GuestSocket socket = names.receiver(localAddress, localPort, remoteAddress, remotePort);
        if (socket == null) {
            return false;
        }
        ledger.charge(socket.space().node().account());
        datagrams.deliver(socket, remoteAddress, remotePort, buffer, at, length);
        return true;
    }

    @Override
    public boolean onIcmpError(
            int localAddress,
            int localPort,
            int remoteAddress,
            int remotePort,
            IcmpError error,
            ByteBuffer buffer,
            int at,
            int length) {
        final GuestSocket socket = names.receiver(localAddress, localPort, remoteAddress, remotePort);
        if (socket == null) {
            return false;
        }
        datagrams.report(socket, error, remoteAddress, remotePort, 0, buffer, at, length);
        return true;
    }
}
