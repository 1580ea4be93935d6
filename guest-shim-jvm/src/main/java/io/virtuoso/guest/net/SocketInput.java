package io.virtuoso.guest.net;

import java.io.IOException;
import java.io.InputStream;

/** What a socket receives. */
final class SocketInput extends InputStream {
    private final GuestSocketImpl socket;

    SocketInput(GuestSocketImpl socket) {
        this.socket = socket;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) > 0 ? one[0] & 255 : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        return socket.read(target, offset, length);
    }

    @Override
    public int available() throws IOException {
        return socket.available();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
