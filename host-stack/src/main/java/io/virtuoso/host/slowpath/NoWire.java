package io.virtuoso.host.slowpath;

import io.virtuoso.host.socket.GuestSocket;
import io.virtuoso.protocol.Errno;
import java.util.function.ObjLongConsumer;

/** A host stack without ports: guests reach each other and nobody else. */
public final class NoWire implements WireService {
    @Override
    public void connect(GuestSocket socket) {
        ConnectionSetup.refuse(socket, Errno.ENETUNREACH);
    }

    @Override
    public int poll(int limit) {
        return 0;
    }

    @Override
    public int onTimers() {
        return 0;
    }

    @Override
    public void flush() {}

    @Override
    public long nextDeadlineNs() {
        return Long.MAX_VALUE;
    }

    @Override
    public void counters(ObjLongConsumer<String> sink) {}
}
