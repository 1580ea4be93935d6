package io.virtuoso.guest.netty;

import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.virtuoso.guest.core.EventContext;
import io.virtuoso.guest.core.HostSocket;
import io.virtuoso.guest.core.StreamSocket;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One socket at one event loop.
 *
 * <p>Levels, not edges: as long as something holds that its handle wants to hear of, it stays in the loop's list.
 */
final class StreamRegistration implements IoRegistration, HostSocket.Watcher {
    private final VirtuosoIoHandler loop;
    private final VirtuosoIoHandle handle;
    private final StreamSocket socket;
    private final AtomicBoolean listed = new AtomicBoolean();
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private volatile int interest;

    StreamRegistration(VirtuosoIoHandler loop, VirtuosoIoHandle handle) {
        this.loop = loop;
        this.handle = handle;
        this.socket = handle.socket();
    }

    void begin(EventContext context) {
        socket.addWatcher(this);
        socket.moveTo(context);
        handle.registered();
    }

    /** Something may have changed. Any thread. Without interest there is no need to look: {@link #submit} does. */
    @Override
    public void onEvent(HostSocket changed) {
        if (interest != 0) {
            list();
        }
    }

    private void list() {
        if (listed.compareAndSet(false, true)) {
            loop.list(this);
        }
    }

    /** Looks, and tells the handle what it finds. The loop's thread, for what was listed. @return whether it told */
    boolean serve() {
        listed.set(false); // before the look: what happens after it lists this again
        int ready = ready();
        if (ready == 0) {
            return false;
        }
        handle.handle(this, VirtuosoIoEvent.of(ready));
        if (ready() != 0) {
            list();
        }
        return true;
    }

    private int ready() {
        int wanted = interest;
        if (wanted == 0 || cancelled.get()) {
            return 0;
        }
        int data = wanted & (VirtuosoIoOps.READ | VirtuosoIoOps.WRITE);
        int ready = data == 0 ? 0 : socket.readiness(data) & data;
        boolean toldByReading = (wanted & VirtuosoIoOps.READ) != 0;
        return toldByReading || !hasEnded(wanted) ? ready : ready | VirtuosoIoOps.READ;
    }

    private boolean hasEnded(int wanted) {
        return (wanted & VirtuosoIoOps.END) != 0
                && (socket.readiness(StreamSocket.READ) & StreamSocket.READ) != 0
                && socket.available() == 0;
    }

    @Override
    public long submit(IoOps ops) {
        if (!(ops instanceof VirtuosoIoOps wish)) {
            throw new IllegalArgumentException(ops + " is none of VirtuosoIoOps");
        }
        if (cancelled.get()) {
            return -1;
        }
        int wanted = wish.interest();
        boolean more = (wanted & ~interest) != 0;
        interest = wanted;
        if (more) {
            list();
        }
        return wanted;
    }

    /** The loop's {@link EventContext}. */
    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as the interface has it
    public <T> T attachment() {
        return (T) loop.events();
    }

    @Override
    public boolean isValid() {
        return !cancelled.get();
    }

    @Override
    public boolean cancel() {
        if (!cancelled.compareAndSet(false, true)) {
            return false;
        }
        socket.removeWatcher(this);
        socket.moveTo(null);
        loop.forget(this);
        handle.unregistered();
        return true;
    }

    /** The loop ends, and with it its sockets. */
    void end() throws Exception {
        cancel();
        handle.close();
    }

    @Override
    public String toString() {
        return "StreamRegistration(" + socket + ", interest " + interest + ")";
    }
}
