package io.virtuoso.guest.net;

import java.io.IOException;
import java.io.OutputStream;

/** What a socket sends. */
final class SocketOutput extends OutputStream {
    private final GuestSocketImpl socket;

    SocketOutput(GuestSocketImpl socket) {
        this.socket = socket;
    }

    @Override
    public void write(int data) throws IOException {
        write(new byte[] {(byte) data}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        socket.write(source, offset, length);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
