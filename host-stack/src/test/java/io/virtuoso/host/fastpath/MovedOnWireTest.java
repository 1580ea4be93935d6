package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.control.Adoption;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.port.LossPort;
import io.virtuoso.protocol.Abi;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.State;
import java.io.ByteArrayOutputStream;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes take a connection from each other, again and again, while it carries bytes both ways over a bad wire. */
class MovedOnWireTest {
    private static final int PORT = 80;
    private static final long SHARE = 17;
    private static final int BYTES = 600_000;
    private static final int MOST_PASSES = 2_000_000;
    private static final LossPort.Rates BAD = new LossPort.Rates(0.03, 0.02, 0.03, 0.01);

    private SplittableRandom random;
    private LossPort wire;
    private StackPair stacks;
    private ScriptedGuest[] processes;
    private Attachment[] attachments;
    private int holder;
    private Handle held;
    private Handle far;
    private int moves;
    private int movesInFlight;

    /** One direction. */
    private static final class Stream {
        private final byte[] bytes = new byte[BYTES];
        private final ByteArrayOutputStream read = new ByteArrayOutputStream();
        private int written;

        Stream(final SplittableRandom random) {
            random.nextBytes(bytes);
        }

        void write(final Handle socket, final int most) {
            final int length = Math.min(most, BYTES - written);
            written += length == 0 ? 0 : socket.write(bytes, written, length);
        }

        void read(final Handle socket, final int most) {
            read.writeBytes(socket.read(most));
        }
    }

    private void connect(final long seed) {
        random = new SplittableRandom(seed);
        stacks = new StackPair(port -> wire = new LossPort(port, BAD, seed));
        final Attachment first = stacks.client.space.attachment();
        attachments = new Attachment[] {first, stacks.near.sibling(first, Abi.MINOR)};
        processes = new ScriptedGuest[] {stacks.client, stacks.near.attach(attachments[1])};
        final Handle listener = stacks.server.socket();
        listener.bind(PORT);
        listener.listen(1);
        stacks.run();
        held = stacks.client.socket();
        held.connect(StackPair.SERVER, PORT);
        for (int pass = 0; pass < MOST_PASSES && far == null; pass++) {
            pass();
            far = listener.accept();
        }
        assertEquals(State.CONNECTED, held.state());
        assertEquals(0, stacks.near.attachments.shareSocket(first, held.index, held.generation, SHARE));
    }

    private void pass() {
        for (final Attachment attachment : attachments) {
            stacks.near.attachments.onDoorbell(attachment.id());
        }
        stacks.far.attachments.onDoorbell(stacks.server.space.attachment().id());
        stacks.pass();
        processes[1].drain();
    }

    /** Now and then the one that takes the connection looks at it only after some time. */
    private void move() {
        movesInFlight += isInFlight() ? 1 : 0;
        moves++;
        final int taker = 1 - holder;
        final Adoption adopted = stacks.near.attachments.adopt(attachments[taker], SHARE);
        assertEquals(0, adopted.errno());
        for (int waits = random.nextInt(3) == 0 ? random.nextInt(3_000) : 0; waits > 0; waits--) {
            pass();
        }
        held.command(Command.CLOSE, Command.CLOSE_MOVED);
        held = processes[taker].new Handle(adopted.slot(), adopted.generation()).knowsItsRings();
        holder = taker;
    }

    private boolean isInFlight() {
        return processes[holder]
                        .space
                        .find(held.index, held.generation)
                        .transmit()
                        .pending()
                > 0;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldCarryEachByteOnceAndInOrder(final long seed) {
        connect(seed);
        final Stream up = new Stream(random);
        final Stream down = new Stream(random);
        for (int pass = 0; pass < MOST_PASSES && !(up.read.size() == BYTES && down.read.size() == BYTES); pass++) {
            if (random.nextInt(8) == 0) {
                up.write(held, 1 + random.nextInt(9_000));
            }
            if (random.nextInt(8) == 0) {
                down.write(far, 1 + random.nextInt(9_000));
            }
            if (random.nextInt(16) == 0) {
                down.read(held, 1 + random.nextInt(20_000));
                up.read(far, 1 + random.nextInt(20_000));
            }
            if (random.nextInt(24) == 0) {
                move();
            }
            pass();
        }
        assertArrayEquals(up.bytes, up.read.toByteArray());
        assertArrayEquals(down.bytes, down.read.toByteArray());
        assertTrue(
                moves > 12 && movesInFlight > moves / 4,
                moves + " moves, " + movesInFlight + " with bytes on their way");
        assertTrue(wire.lost() > 12, wire.lost() + " frames lost");
        assertEquals(State.CONNECTED, held.state());
        assertEquals(State.CONNECTED, far.state());
    }
}
