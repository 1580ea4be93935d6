package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.protocol.Command;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/** A socket that its guest closed, though it had said that others hold it, too. */
class ClosedShareTest {
    private static final int PORT = 80;
    private static final long SHARE = 17;

    private final CachedNanoClock clock = new CachedNanoClock();
    private final StackHarness stack = new StackHarness(clock, parts -> List.of());
    private final ScriptedGuest server = stack.guest("server", 0);
    private final Attachment attachment = stack.attachment("client", StackHarness.FIRST_ADDRESS + 1);
    private final ScriptedGuest client = stack.attach(attachment);

    @Test
    void shouldBeGivenUpWhenNobodyHoldsItAndNobodyAcceptsIt() {
        final Handle listener = server.socket();
        listener.bind(PORT);
        listener.command(Command.LISTEN, 1, 0); // but does not accept
        stack.run(server);
        final Handle socket = client.socket();
        socket.connect(StackHarness.FIRST_ADDRESS, PORT);
        stack.run(server, client);
        assertEquals(0, stack.attachments.shareSocket(attachment, socket.index, socket.generation, SHARE));
        socket.close();
        stack.run(server, client);
        stack.attachments.guestGone(attachment);
        stack.attachments.shareReleased(SHARE);
        stack.run(server);
        assertEquals(2, stack.attachments.count());
        clock.update(clock.nanoTime() + TimeUnit.MINUTES.toNanos(2));
        stack.run(server);
        assertEquals(1, stack.attachments.count());
    }
}
