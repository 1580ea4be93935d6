package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.guest.Attachment;
import io.virtuoso.host.guest.EndReason;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.port.WirePort;
import io.virtuoso.host.socket.SocketSpace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.Test;

/**
 * Guests that break the rules, or stretch them, between two pairs that keep them: one of neighbours, one over a wire. No byte of
 * those is lost or changed, and nothing is left of anybody when all are gone. {@code -Dhostile.seed=N} runs one,
 * {@code -Dhostile.seeds=N} so many, {@code -Dfuzz.seconds=N} for so long.
 */
class HostileGuestTest {
    private static final int RUNS = 2_000;
    private static final int EVIL = 5;

    private final HostileRegions regions = new HostileRegions();

    @Test
    void shouldLetNobodyElseNotice() {
        final Integer only = Integer.getInteger("hostile.seed");
        final Integer seconds = Integer.getInteger("fuzz.seconds");
        final int first = only != null ? only : seconds != null ? new Random().nextInt(1 << 30) : 0;
        final int runs = only != null ? 1 : Integer.getInteger("hostile.seeds", RUNS);
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds == null ? 0 : seconds);
        int faults = 0;
        int seed = first;
        for (; seconds == null ? seed - first < runs : System.nanoTime() < end; seed++) {
            final Run run = new Run(seed, regions);
            try {
                run.play();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
            faults += run.faults;
        }
        assertTrue(only != null || faults > (seed - first) / 2, "too few were thrown out: " + faults);
        if (seconds != null) {
            System.out.println("seeds " + first + " to " + seed + ", thrown out " + faults);
        }
    }

    private static final class Run {
        private final HostileRegions regions;
        private final Random random;
        private final CachedNanoClock clock = new CachedNanoClock();
        private final WirePort wire = WirePort.create(new WirePort.Traits(1500, 0, 64, true), clock::nanoTime);
        private final StackHarness near = StackHarness.on(wire, clock);
        private final StackHarness far = StackHarness.on(wire.peer(), clock);
        private final boolean lawful;
        private final List<SocketSpace> spaces = new ArrayList<>();
        private final List<ScriptedGuest> victims = new ArrayList<>();
        private final List<HostileGuest> evil = new ArrayList<>();
        private final List<Long> shares = new ArrayList<>();
        private final Guest evilGuest = HostileRegions.guest("evil", EVIL);
        private int faults;

        Run(int seed, HostileRegions regions) {
            this.regions = regions;
            random = new Random(seed * 0x9e3779b97f4a7c15L);
            lawful = seed % 4 == 0;
            regions.reset();
        }

        void play() {
            final ScriptedGuest neighbour = victim(near, "neighbour", 1);
            final ScriptedGuest client = victim(near, "client", 2);
            final ScriptedGuest distant = victim(far, "distant", 3);
            final Victims local = new Victims(client, neighbour, StackHarness.FIRST_ADDRESS + 1, random);
            final Victims remote = new Victims(client, distant, StackHarness.FIRST_ADDRESS + 3, random);
            for (int pass = 20 + random.nextInt(100); pass > 0; pass--) {
                attack();
                pass(random.nextInt(50) == 0 ? 1 + random.nextInt(400) : 0);
                local.step();
                remote.step();
            }
            assertNotEquals(0, local.completed() + remote.completed());
            evil.forEach(this::endOf);
            finish(local, remote);
            shares.forEach(near.attachments::shareReleased);
            rest(local, remote);
            assertEquals(2, near.attachments.count(), "something of the hostile guest is left");
            victims.forEach(victim -> exit(victim.space));
            rest();
            assertNothingLeft();
        }

        private ScriptedGuest victim(StackHarness stack, String name, int number) {
            final ScriptedGuest guest = stack.attach(regions.attachment(HostileRegions.guest(name, number)));
            victims.add(guest);
            spaces.add(guest.space);
            return guest;
        }

        private void attack() {
            if (evil.size() < 4 && random.nextInt(evil.isEmpty() ? 2 : 20) == 0) {
                final int[] targets = {
                    StackHarness.FIRST_ADDRESS + 1, StackHarness.FIRST_ADDRESS + 3, StackHarness.FIRST_ADDRESS + EVIL
                };
                final Attachment attachment = regions.attachment(evilGuest);
                evil.add(new HostileGuest(near.attachments, attachment, targets, lawful, shares, random));
                spaces.add(evil.getLast().space());
            }
            for (final HostileGuest guest : evil) {
                for (int steps = random.nextInt(4); steps > 0; steps--) {
                    guest.step();
                }
                if (random.nextInt(60) == 0) {
                    guest.exit();
                }
            }
        }

        private void endOf(HostileGuest guest) {
            final EndReason fault = guest.fault();
            assertNotEquals(EndReason.HOST_FAULT, fault);
            if (lawful) {
                assertNull(fault);
            }
            faults += fault == null ? 0 : 1;
            guest.exit();
        }

        private void pass(int milliseconds) {
            clock.update(clock.nanoTime() + 100_000 + TimeUnit.MILLISECONDS.toNanos(milliseconds));
            for (final SocketSpace space : spaces) {
                near.attachments.onDoorbell(space.attachment().id());
                far.attachments.onDoorbell(space.attachment().id());
            }
            near.pass();
            far.pass();
        }

        private void finish(Victims... pairs) {
            for (int pass = 0; pass < 3_000; pass++) {
                boolean done = true;
                for (final Victims pair : pairs) {
                    pair.close();
                    pair.step();
                    done &= pair.isDone();
                }
                if (done) {
                    return;
                }
                pass(0);
            }
            throw new AssertionError("a victim's connection stands still");
        }

        /** Lets all that is to happen by itself happen. */
        private void rest(Victims... pairs) {
            final long end = clock.nanoTime() + TimeUnit.MINUTES.toNanos(30);
            for (int i = 0; i < 5_000 && clock.nanoTime() - end < 0; i++) {
                for (final Victims pair : pairs) {
                    pair.step();
                }
                pass(0);
                final long next = Math.min(deadline(near), deadline(far));
                if (next == Long.MAX_VALUE && i > 20) {
                    if (near.attachments.isLingering()) {
                        pass(60_000);
                    } else {
                        return;
                    }
                } else if (next != Long.MAX_VALUE && next - clock.nanoTime() > 0) {
                    clock.update(next);
                }
            }
            throw new AssertionError("it never comes to rest: now " + clock.nanoTime() + ", near " + deadlines(near)
                    + ", far " + deadlines(far) + ", attachments " + near.attachments.count() + left(near) + left(far));
        }

        private static String left(StackHarness stack) {
            final StringBuilder left = new StringBuilder();
            stack.attachments.forEachSocket(socket -> left.append("\n")
                    .append(socket.space().node().guest())
                    .append(' ')
                    .append(socket.role())
                    .append(socket.closed() ? " closed " : " ")
                    .append(socket.localPort())
                    .append(" to ")
                    .append(socket.remotePort())
                    .append(socket.shareId() != 0 ? " shared" : "")
                    .append(socket.transport()));
            stack.slowPath.wire().counters((name, value) -> left.append(value != 0 ? " " + name + " " + value : ""));
            return left.toString();
        }

        private static long deadline(StackHarness stack) {
            return Collections.min(deadlines(stack));
        }

        private static List<Long> deadlines(StackHarness stack) {
            return List.of(
                    stack.slowPath.wire().nextDeadlineNs(),
                    stack.slowPath.agent().nextDeadlineNs(),
                    stack.slowPath.turns().scheduler().nextDeadlineNs());
        }

        private void exit(SocketSpace space) {
            final StackHarness stack = far.attachments.find(space.attachment().id()) == space ? far : near;
            space.attachment().end(EndReason.GUEST_CLOSED);
            stack.attachments.guestGone(space.attachment());
        }

        private void assertNothingLeft() {
            for (final SocketSpace space : spaces) {
                assertEquals(
                        0, space.socketCount(), "sockets of " + space.node().guest());
                assertEquals(
                        0, space.pool().usedBytes(), "rings of " + space.node().guest());
                assertEquals(
                        0,
                        space.node().account().connectionCount(),
                        "connections of " + space.node().guest());
                assertEquals(
                        0,
                        space.node().account().handshakeCount(),
                        "handshakes of " + space.node().guest());
                assertEquals(
                        0,
                        space.node().ports().held(),
                        "ports of " + space.node().guest());
                assertEquals(
                        0,
                        space.node().datagramPorts().held(),
                        "ports of " + space.node().guest());
            }
            for (final StackHarness stack : List.of(near, far)) {
                assertEquals(0, stack.attachments.count());
                assertEquals(0, stack.contexts.size());
                assertTrue(stack.slowPath.inbox().isEmpty());
                assertEquals(Long.MAX_VALUE, deadline(stack), "a deadline is left");
            }
        }
    }
}
