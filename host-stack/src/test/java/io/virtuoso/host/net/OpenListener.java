package io.virtuoso.host.net;

import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A listener for tests that always has room.
 *
 * @param program makes the socket of a new connection
 * @param opened is told of it
 */
record OpenListener(Supplier<StreamSocket> program, Consumer<StreamSocket> opened) implements WireListener {
    @Override
    public boolean mayAccept() {
        return true;
    }

    @Override
    public boolean mayRemember() {
        return true;
    }

    @Override
    public int maxSegment() {
        return 0;
    }

    @Override
    public StreamSocket open(final WireConnection connection) {
        final StreamSocket socket = program.get();
        socket.connection(connection);
        opened.accept(socket);
        return socket;
    }
}
