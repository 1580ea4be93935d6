package io.virtuoso.guest.netty;

import io.netty.channel.IoEvent;
import io.virtuoso.guest.core.StreamSocket;

/** What holds for a {@link VirtuosoIoHandle} now, of what it wanted to hear of. */
public final class VirtuosoIoEvent implements IoEvent {
    private static final VirtuosoIoEvent READ = new VirtuosoIoEvent(StreamSocket.READ);
    private static final VirtuosoIoEvent WRITE = new VirtuosoIoEvent(StreamSocket.WRITE);
    private static final VirtuosoIoEvent BOTH = new VirtuosoIoEvent(StreamSocket.READ | StreamSocket.WRITE);

    private final int ready;

    private VirtuosoIoEvent(int ready) {
        this.ready = ready;
    }

    static VirtuosoIoEvent of(int ready) {
        return ready == StreamSocket.READ ? READ : ready == StreamSocket.WRITE ? WRITE : BOTH;
    }

    /** Whether there is something to read, to accept, or the end of the stream. */
    public boolean isReadable() {
        return (ready & StreamSocket.READ) != 0;
    }

    /** Whether there is room to write, or the outcome of a connect. */
    public boolean isWritable() {
        return (ready & StreamSocket.WRITE) != 0;
    }

    @Override
    public String toString() {
        return "VirtuosoIoEvent(" + ready + ")";
    }
}
