package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.protocol.State;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;

/**
 * A client and a server that echoes, which do nothing wrong: connections of some thousand bytes, one after the other.
 * Every byte that comes back is checked, and none of them may fail.
 */
final class Victims {
    static final int PORT = 80;
    private static final int CONNECTIONS = 3;
    private static final int MOST_BYTES = 6_000;

    private final ScriptedGuest client;
    private final ScriptedGuest server;
    private final int address;
    private final Random random;
    private final Handle listener;
    private final List<Call> calls = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();
    private boolean closing;
    private int opened;
    private int completed;

    Victims(ScriptedGuest client, ScriptedGuest server, int address, Random random) {
        this.client = client;
        this.server = server;
        this.address = address;
        this.random = random;
        listener = server.socket();
        listener.bind(PORT);
        listener.listen(64);
    }

    /** A connection of the client's. */
    private final class Call {
        final Handle socket = client.socket();
        final byte[] bytes = new byte[1 + random.nextInt(MOST_BYTES)];
        int sent;
        int received;

        Call() {
            random.nextBytes(bytes);
            socket.connect(address, PORT);
        }

        /** @return true if it is done */
        boolean step() {
            final int state = socket.state();
            assertEquals(0, state & State.FAILED, () -> "a victim's connection failed: " + socket.error());
            if ((state & State.CONNECTED) == 0) {
                return false;
            }
            sent += socket.write(bytes, sent, Math.min(bytes.length - sent, 1 + random.nextInt(2_000)));
            final byte[] back = socket.read();
            final int end = received + back.length;
            assertEquals(-1, Arrays.mismatch(back, Arrays.copyOfRange(bytes, received, end)), "a byte is another");
            received = end;
            if (received < bytes.length) {
                return false;
            }
            socket.close();
            return true;
        }
    }

    /** A connection of the server's, of whomever. */
    private static final class Answer {
        private final Handle socket;
        private byte[] pending = {};

        Answer(Handle socket) {
            this.socket = socket;
        }

        boolean step() {
            final ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(pending);
            final int state = socket.state();
            if (pending.length < MOST_BYTES) {
                all.writeBytes(socket.read());
            }
            pending = all.toByteArray();
            final int written = socket.write(pending, 0, pending.length);
            pending = Arrays.copyOfRange(pending, written, pending.length);
            final boolean over = (state & State.READ_CLOSED) != 0 && pending.length == 0;
            if (over || (state & State.FAILED) != 0) {
                socket.close();
                return true;
            }
            return false;
        }
    }

    /** Both programs do something. */
    void step() {
        client.drain();
        server.drain();
        while (calls.size() < CONNECTIONS && !closing && opened < client.layout.guestSlotCount() - 1) {
            calls.add(new Call());
            opened++;
        }
        for (final Iterator<Call> all = calls.iterator(); all.hasNext(); ) {
            if (all.next().step()) {
                all.remove();
                completed++;
            }
        }
        Handle accepted;
        while ((accepted = listener.accept()) != null) {
            answers.add(new Answer(accepted));
        }
        answers.removeIf(Answer::step);
        assertNull(client.space.fault());
        assertNull(server.space.fault());
    }

    /** No more connections begin. */
    void close() {
        closing = true;
    }

    /** @return true if all that began is over, and answered to the last byte */
    boolean isDone() {
        return calls.isEmpty();
    }

    /** @return connections that were answered to the last byte */
    int completed() {
        return completed;
    }
}
