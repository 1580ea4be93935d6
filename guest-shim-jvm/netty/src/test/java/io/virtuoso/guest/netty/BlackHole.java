package io.virtuoso.guest.netty;

import io.virtuoso.guest.core.StreamSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A listener whose backlog is full: whoever connects to it hears nothing, as from a host that is not there. */
final class BlackHole {
    /** Where it listens, at {@link HostStackProcess#ADDRESS}; also the default of netty's tests. */
    static final int PORT = 65_535;

    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int MOST_CONNECTIONS = 16;

    private final List<StreamSocket> sockets = new ArrayList<>();

    static BlackHole open() throws IOException {
        BlackHole made = new BlackHole();
        StreamSocket listener = made.keep(new StreamSocket());
        listener.bind(HostStackProcess.ADDRESS, PORT);
        listener.listen(0);
        while (made.takesOneMore()) {
            if (made.sockets.size() > MOST_CONNECTIONS) {
                throw new IllegalStateException("the backlog is never full");
            }
        }
        return made;
    }

    private boolean takesOneMore() throws IOException {
        StreamSocket client = keep(new StreamSocket());
        client.connect(HostStackProcess.ADDRESS, PORT);
        return client.await(StreamSocket.WRITE, PATIENCE_NANOS, false) == StreamSocket.READY;
    }

    private StreamSocket keep(StreamSocket socket) {
        sockets.add(socket);
        return socket;
    }
}
