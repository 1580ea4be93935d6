package io.virtuoso.host.fastpath;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Datagram;
import io.virtuoso.protocol.SocketSlot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A UDP socket as its guest sees it, driven step by step. */
final class ScriptedDatagrams {
    final ScriptedGuest guest;
    final Handle handle;

    /** A datagram as received; of an IPv6 address the last four bytes. */
    record Received(int address, int port, int flags, String text) {}

    ScriptedDatagrams(ScriptedGuest guest) {
        this(guest, guest.socket());
    }

    ScriptedDatagrams(ScriptedGuest guest, Handle handle) {
        this.guest = guest;
        this.handle = handle;
    }

    /** Binds to any address; port 0: to any port. */
    ScriptedDatagrams open(int port, long flags) {
        handle.command(Command.DATAGRAM, 0, 0, port, flags);
        return this;
    }

    void connect(int address, int port) {
        handle.command(Command.DATAGRAM_CONNECT, Addresses.IPV4_HIGH, Addresses.ipv4Low(address), port, 0);
    }

    void connect(byte[] address, int port) {
        final ByteBuffer words = words(address);
        handle.command(Command.DATAGRAM_CONNECT, words.getLong(0), words.getLong(Long.BYTES), port, 0);
    }

    private static ByteBuffer words(byte[] address) {
        return ByteBuffer.wrap(address).order(ByteOrder.LITTLE_ENDIAN);
    }

    void dissolve() {
        handle.command(Command.DATAGRAM_CONNECT);
    }

    int port() {
        return SocketSlot.localPort(guest.region, handle.at);
    }

    int errors() {
        return SocketSlot.errorCountAcquire(guest.region, handle.at);
    }

    /** @return false if there was no room; the host has been asked for some */
    boolean send(int address, int port, int flags, byte[] payload) {
        return send(Addresses.IPV4_HIGH, Addresses.ipv4Low(address), port, flags, payload);
    }

    /** @param address of IPv6 */
    boolean send(byte[] address, int port, String text) {
        final ByteBuffer words = words(address);
        return send(words.getLong(0), words.getLong(Long.BYTES), port, 0, text.getBytes(US_ASCII));
    }

    private boolean send(long high, long low, int port, int flags, byte[] payload) {
        final byte[] record = new byte[Datagram.recordBytes(payload.length)];
        Datagram.write(ByteBuffer.wrap(record), 0, payload.length, high, low, port, flags);
        System.arraycopy(payload, 0, record, Datagram.BYTES, payload.length);
        final long before = SocketSlot.txTailAcquire(guest.region, handle.at);
        handle.write(record, 0, 0); // takes the ring on offer
        final int room = handle.room();
        if (room < record.length) {
            handle.command(Command.TX, record.length);
            return false;
        }
        handle.write(record, 0, record.length);
        return SocketSlot.txTailAcquire(guest.region, handle.at) == before + record.length;
    }

    boolean send(int address, int port, String text) {
        return send(address, port, 0, text.getBytes(US_ASCII));
    }

    /** Takes everything that was received. */
    List<Received> receive() {
        final List<Received> all = new ArrayList<>();
        final byte[] bytes = handle.read();
        final ByteBuffer buffer = ByteBuffer.wrap(bytes);
        for (int at = 0; at < bytes.length; ) {
            final int length = Datagram.payloadBytes(buffer, at);
            final byte[] payload = Arrays.copyOfRange(bytes, at + Datagram.BYTES, at + Datagram.BYTES + length);
            all.add(new Received(
                    Addresses.ipv4(Datagram.addressLow(buffer, at)),
                    Datagram.port(buffer, at),
                    Datagram.flags(buffer, at),
                    new String(payload, US_ASCII)));
            at += Datagram.recordBytes(length);
        }
        return all;
    }
}
