package io.virtuoso.guest.aio;

import io.virtuoso.guest.core.StreamSocket;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Begins to connect, then looks for the outcome. */
final class ConnectAttempt implements Operation.Attempt<Boolean> {
    private final StreamSocket socket;
    private final InetSocketAddress remote;
    private boolean begun;

    ConnectAttempt(StreamSocket socket, InetSocketAddress remote) {
        this.socket = socket;
        this.remote = remote;
    }

    @Override
    public Boolean run() throws IOException {
        if (!begun) {
            begun = true;
            socket.connect(remote.getAddress(), remote.getPort());
            socket.moveTo(null); // this thread may have a context of its own, where nobody would look
        }
        return socket.finishConnect() ? Boolean.TRUE : null;
    }
}
