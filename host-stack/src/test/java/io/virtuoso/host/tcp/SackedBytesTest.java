package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whatever a peer reports, however it opens and shrinks its window: what it has is not sent again (RFC 2018 section 4). */
class SackedBytesTest {
    private static final int SEEDS = 3_000;
    private static final int STEPS = 16;
    private static final int UNIT = 100;

    /** One connection. */
    private static final class Run {
        private final SplittableRandom random;
        private final ScriptedPeer peer;
        private final List<String> log = new ArrayList<>();
        /** What the peer has reported, in units. */
        private final BitSet sacked = new BitSet();

        private long una;
        private long sent;
        private int resent;

        Run(final long seed) {
            random = new SplittableRandom(seed);
            peer = ScriptedPeer.established(ScriptedPeer.CONFIG.withOptions(random.nextBoolean(), true));
            log.add("seed " + seed);
        }

        private int unit(final long position) {
            return (int) (position / UNIT);
        }

        private void look() {
            while (!peer.sent.isEmpty()) {
                final Sent segment = peer.sent.remove();
                final long from = Seq.position(ScriptedPeer.ISS, una, segment.seq());
                final long to = from + segment.length();
                log.add("> " + from + " to " + to);
                resent += segment.length() > 0 && from < sent ? 1 : 0;
                sent = Math.max(sent, to);
                for (long position = Math.max(from, una); position < to; position++) {
                    assertTrue(!sacked.get(unit(position)), () -> String.join("\n", log));
                }
            }
        }

        private void acknowledge() {
            peer.peerWindow = random.nextInt(3) == 0 ? random.nextInt(8) * 500 : 60_000;
            if (random.nextInt(3) == 0) {
                una = Math.min(una + (long) UNIT * random.nextInt(25), sent - sent % UNIT);
            }
            while (sacked.get(unit(una))) {
                una += UNIT;
            }
            final TcpSegment segment = peer.fill(TcpFlags.ACK, 0, una, 0);
            final int left = unit(una) + 1 + random.nextInt(100);
            final int right = left + 1 + random.nextInt(30);
            log.add("< ack " + una + " win " + peer.peerWindow);
            if ((long) right * UNIT <= sent && random.nextInt(4) != 0) {
                segment.sackCount = 1;
                segment.sackEdges[0] = Seq.of(ScriptedPeer.ISS, (long) left * UNIT);
                segment.sackEdges[1] = Seq.of(ScriptedPeer.ISS, (long) right * UNIT);
                sacked.set(left, right);
                log.add("  sack " + left * UNIT + " to " + right * UNIT);
            }
            peer.deliverFilled();
        }

        int play() {
            peer.write((3 + random.nextInt(12)) * ScriptedPeer.MSS);
            look();
            for (int step = 0; step < STEPS; step++) {
                final int millis = random.nextInt(4) == 0 ? random.nextInt(3_000) : random.nextInt(20);
                log.add("+" + millis + " ms");
                peer.passMillis(millis);
                look();
                acknowledge();
                look();
            }
            return resent;
        }
    }

    @Test
    void shouldNotBeSentAgain() {
        int resent = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            resent += new Run(seed).play();
        }
        assertTrue(resent > SEEDS, "something was sent again: " + resent);
    }
}
