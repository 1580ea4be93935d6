package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.port.WirePort;
import java.lang.management.ManagementFactory;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/** What a server's stack makes for a connection with one request and one answer, which the server closes. */
class ShortConnectionTest {
    private static final int PORT = 80;
    private static final int SERVER = StackHarness.FIRST_ADDRESS + 1;
    private static final int CONNECTIONS = 40;
    private static final int ROUNDS = 6;
    /** Garbage, all of it but what is kept for TIME_WAIT. */
    private static final long MOST_BYTES = 3_000;

    private static final byte[] REQUEST = new byte[100];
    private static final byte[] ANSWER = new byte[800];

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final CachedNanoClock clock = new CachedNanoClock();
    private final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), clock::nanoTime);
    private final StackHarness near = StackHarness.on(wire, clock);
    private final StackHarness far = StackHarness.on(wire.peer(), clock);
    private final ScriptedGuest client = near.guest("client", 0);
    private final ScriptedGuest server = far.guest("server", 1);
    private Handle listener;
    private long allocated;

    private void run() {
        for (int pass = 0; pass < 4; pass++) {
            clock.update(clock.nanoTime() + 50_000);
            near.attachments.onDoorbell(client.space.attachment().id());
            far.attachments.onDoorbell(server.space.attachment().id());
            near.pass();
            client.drain();
            final long before = threads.getCurrentThreadAllocatedBytes();
            far.pass();
            allocated += threads.getCurrentThreadAllocatedBytes() - before;
            server.drain();
        }
    }

    private void serveOne() {
        final Handle asking = client.socket();
        asking.connect(SERVER, PORT);
        run();
        asking.write(REQUEST, 0, REQUEST.length);
        run();
        final Handle answering = listener.accept();
        assertArrayEquals(REQUEST, answering.read());
        assertEquals(ANSWER.length, answering.write(ANSWER, 0, ANSWER.length));
        answering.close();
        run();
        assertArrayEquals(ANSWER, asking.read());
        asking.close();
        run();
    }

    @Test
    void shouldMakeLittleForAShortConnection() {
        listener = server.socket();
        listener.bind(PORT);
        listener.listen(64);
        run();
        serveOne();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            allocated = 0;
            for (int i = 0; i < CONNECTIONS; i++) {
                serveOne();
            }
            least = Math.min(least, allocated / CONNECTIONS);
        }
        assertEquals(1, server.space.socketCount(), "all are closed");
        assertTrue(least <= MOST_BYTES, least + " bytes for each connection");
    }
}
