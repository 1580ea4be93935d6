package io.virtuoso.host.tcp;

import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Endpoints and the way between them, in virtual time: delay and jitter, bandwidth with a bounded queue, loss (also in
 * bursts), corruption, reordering and duplication. The same seed gives the same run.
 */
final class SimulatedNetwork {
    private static final int HEADER_BYTES = 66;
    private static final long LONGEST_BURST_NS = TimeUnit.MILLISECONDS.toNanos(200);

    final Endpoint client;
    final Endpoint server;

    long delayNs = TimeUnit.MICROSECONDS.toNanos(500);
    /** Delay varies by up to this, without reordering anything. */
    long jitterNs;

    double loss;
    /** Gilbert-Elliott: probability that a burst, in which everything is lost, begins with a segment. */
    double burstStart;
    /** Probability that it ends with a segment. */
    double burstEnd = 0.3;

    double corruption;
    double duplication;
    double reordering;
    long reorderingNs = TimeUnit.MILLISECONDS.toNanos(2);
    /** Bytes per second each way, 0: no limit. */
    long bandwidth;
    /** Longest queue in front of the bandwidth limit. */
    long queueNs = TimeUnit.MILLISECONDS.toNanos(20);
    /** From this length of the queue on, what is ECN-capable is marked; 0: nothing is. */
    long markNs;
    /** Whether large segments are cut on the way, as a real wire would; else they arrive as they are. */
    boolean cut = true;
    /** Drops what it accepts. */
    Predicate<Sent> filter = segment -> false;
    /** Called after everything that happens. */
    Runnable observer = () -> {};

    private final Random random;
    /** Clients have even places, each with its server behind it. */
    private final List<Endpoint> endpoints = new ArrayList<>();

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Link[] links = {new Link(), new Link()};
    private long order;
    private long nowNs = TimeUnit.SECONDS.toNanos(5);

    SimulatedNetwork(long seed, TcpConfig config) {
        random = new Random(seed);
        client = addPair(config);
        server = client.peer;
    }

    /** One direction. */
    private static final class Link {
        private long freeNs;
        private long lastArrivalNs;
        private boolean inBurst;
        private long burstSinceNs;
        private long waitedNs;
        private long waits;
    }

    private record Event(long atNs, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return atNs != other.atNs ? Long.compare(atNs, other.atNs) : Long.compare(order, other.order);
        }
    }

    /** A client and its server, which share the way with all others. Returns the client. */
    Endpoint addPair(TcpConfig config) {
        Endpoint left = new Endpoint(this, config, endpoints.size() + 1);
        Endpoint right = new Endpoint(this, config, endpoints.size() + 2);
        left.peer = right;
        right.peer = left;
        left.iss = random.nextInt();
        right.iss = random.nextInt();
        right.listening = true;
        endpoints.add(left);
        endpoints.add(right);
        return left;
    }

    long nowNs() {
        return nowNs;
    }

    /** How long segments of clients waited in the queue, since {@link #forgetWaits}. */
    double meanWaitNs() {
        return links[0].waits == 0 ? 0 : (double) links[0].waitedNs / links[0].waits;
    }

    void forgetWaits() {
        links[0].waitedNs = 0;
        links[0].waits = 0;
    }

    /** Does something later. */
    void after(long ns, Runnable action) {
        events.add(new Event(nowNs + ns, order++, action));
    }

    void transmit(Endpoint from, Sent segment) {
        if (!cut || segment.length() <= segment.segmentSize()) {
            transmitOne(from, segment);
            return;
        }
        for (int at = 0; at < segment.length(); at += segment.segmentSize()) {
            transmitOne(from, segment.piece(at, Math.min(at + segment.segmentSize(), segment.length())));
        }
    }

    private void transmitOne(Endpoint from, Sent segment) {
        Link link = links[endpoints.indexOf(from) % 2];
        if (filter.test(segment) || isLost(link)) {
            return;
        }
        long departureNs = nowNs;
        boolean marked = false;
        if (bandwidth > 0) {
            departureNs = Math.max(nowNs, link.freeNs);
            if (departureNs - nowNs > queueNs) {
                return;
            }
            marked = markNs > 0 && segment.ecn() != 0 && departureNs - nowNs > markNs;
            link.waitedNs += departureNs - nowNs;
            link.waits++;
            departureNs += (segment.length() + HEADER_BYTES) * TimeUnit.SECONDS.toNanos(1) / bandwidth;
            link.freeNs = departureNs;
        }
        if (corruption > 0 && random.nextDouble() < corruption) {
            corrupt(segment);
            return;
        }
        deliver(link, from.peer, marked ? segment.withEcn(Ecn.CE) : segment, departureNs);
        if (random.nextDouble() < duplication) {
            deliver(link, from.peer, segment, departureNs);
        }
    }

    private void deliver(Link link, Endpoint target, Sent segment, long departureNs) {
        long arrivalNs = departureNs + delayNs;
        if (jitterNs > 0) {
            arrivalNs = Math.max(arrivalNs + (long) (random.nextDouble() * jitterNs), link.lastArrivalNs);
            link.lastArrivalNs = arrivalNs;
        }
        if (random.nextDouble() < reordering) {
            arrivalNs += (long) (random.nextDouble() * reorderingNs);
        }
        events.add(new Event(arrivalNs, order++, () -> target.receive(segment)));
    }

    /** The checksum must give away a byte that changed on the way; what is left is a loss. */
    private void corrupt(Sent segment) {
        int source = random.nextInt();
        int destination = random.nextInt();
        ByteBuffer image = TcpImage.of(segment, source, destination, random.nextInt() | 0x1_0001);
        int at = random.nextInt(image.limit());
        image.put(at, (byte) (image.get(at) ^ 1 + random.nextInt(255)));
        assertNull(TcpImage.read(image, source, destination), "a corrupted segment passed");
    }

    private boolean isLost(Link link) {
        boolean goesOn = link.inBurst && nowNs - link.burstSinceNs < LONGEST_BURST_NS;
        link.inBurst = random.nextDouble() < (goesOn ? 1 - burstEnd : burstStart);
        if (link.inBurst) {
            link.burstSinceNs = goesOn ? link.burstSinceNs : nowNs;
            return true;
        }
        return random.nextDouble() < loss;
    }

    /** Goes to the next thing that happens, if that is not after {@code limitNs}. */
    private boolean step(long limitNs) {
        long nextNs = events.isEmpty() ? Long.MAX_VALUE : events.peek().atNs;
        Endpoint due = null;
        for (Endpoint endpoint : endpoints) {
            if (endpoint.nextDeadlineNs() < nextNs) {
                due = endpoint;
                nextNs = endpoint.nextDeadlineNs();
            }
        }
        if (nextNs > limitNs) {
            return false;
        }
        nowNs = Math.max(nowNs, nextNs);
        if (due == null) {
            events.remove().action.run();
        } else {
            due.onDeadline();
        }
        observer.run();
        return true;
    }

    /** Runs for a while of virtual time. */
    void run(long forNs) {
        long limitNs = nowNs + forNs;
        while (step(limitNs)) {
            // all is in step
        }
        nowNs = limitNs;
    }

    void runMillis(long millis) {
        run(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    /** Runs until {@code done}; false if that does not happen within {@code forNs}. */
    boolean runUntil(BooleanSupplier done, long forNs) {
        long limitNs = nowNs + forNs;
        while (!done.getAsBoolean()) {
            if (!step(limitNs)) {
                return done.getAsBoolean();
            }
        }
        return true;
    }

    /** Opens a connection from client to server and lets the handshake end. */
    SimulatedNetwork connected() {
        client.connect();
        run(TimeUnit.MILLISECONDS.toNanos(10));
        return this;
    }
}
