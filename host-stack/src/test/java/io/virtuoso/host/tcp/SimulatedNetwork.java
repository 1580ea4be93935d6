package io.virtuoso.host.tcp;

import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Two endpoints and the way between them, in virtual time: delay, bandwidth with a bounded queue, loss (also in
 * bursts), reordering and duplication. The same seed gives the same run.
 */
final class SimulatedNetwork {
    final Endpoint client;
    final Endpoint server;

    long delayNs = TimeUnit.MICROSECONDS.toNanos(500);
    double loss;
    double burstLoss;
    int burstLength = 6;
    double duplication;
    double reordering;
    long reorderingNs = TimeUnit.MILLISECONDS.toNanos(2);
    /** Bytes per second, 0: no limit. */
    long bandwidth;
    /** Longest queue in front of the bandwidth limit. */
    long queueNs = TimeUnit.MILLISECONDS.toNanos(20);
    /** Whether large segments are cut on the way, as a real wire would; else they arrive as they are. */
    boolean cut = true;
    /** Drops what it accepts. */
    Predicate<Sent> filter = segment -> false;

    private final Random random;
    private final PriorityQueue<Arrival> arrivals = new PriorityQueue<>();
    private final long[] linkFreeNs = new long[2];
    private int burstLeft;
    private long order;
    private long nowNs = TimeUnit.SECONDS.toNanos(5);

    SimulatedNetwork(long seed, TcpConfig config) {
        random = new Random(seed);
        client = new Endpoint(this, config, 1);
        server = new Endpoint(this, config, 2);
        client.peer = server;
        server.peer = client;
        client.iss = random.nextInt();
        server.iss = random.nextInt();
        server.listening = true;
    }

    private record Arrival(long atNs, long order, Endpoint target, Sent segment) implements Comparable<Arrival> {
        @Override
        public int compareTo(Arrival other) {
            return atNs != other.atNs ? Long.compare(atNs, other.atNs) : Long.compare(order, other.order);
        }
    }

    long nowNs() {
        return nowNs;
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
        if (filter.test(segment) || isLost()) {
            return;
        }
        long departureNs = nowNs;
        if (bandwidth > 0) {
            int link = from == client ? 0 : 1;
            departureNs = Math.max(nowNs, linkFreeNs[link]);
            if (departureNs - nowNs > queueNs) {
                return;
            }
            departureNs += (segment.length() + 66) * TimeUnit.SECONDS.toNanos(1) / bandwidth;
            linkFreeNs[link] = departureNs;
        }
        deliver(from.peer, segment, departureNs);
        if (random.nextDouble() < duplication) {
            deliver(from.peer, segment, departureNs);
        }
    }

    private void deliver(Endpoint target, Sent segment, long departureNs) {
        long extraNs = random.nextDouble() < reordering ? (long) (random.nextDouble() * reorderingNs) : 0;
        arrivals.add(new Arrival(departureNs + delayNs + extraNs, order++, target, segment));
    }

    private boolean isLost() {
        if (burstLeft > 0) {
            burstLeft--;
            return true;
        }
        if (random.nextDouble() < burstLoss) {
            burstLeft = random.nextInt(burstLength);
            return true;
        }
        return random.nextDouble() < loss;
    }

    /** Goes to the next thing that happens, if that is not after {@code limitNs}. */
    private boolean step(long limitNs) {
        long arrivalNs = arrivals.isEmpty() ? Long.MAX_VALUE : arrivals.peek().atNs;
        long clientNs = client.nextDeadlineNs();
        long serverNs = server.nextDeadlineNs();
        long nextNs = Math.min(arrivalNs, Math.min(clientNs, serverNs));
        if (nextNs > limitNs) {
            return false;
        }
        nowNs = Math.max(nowNs, nextNs);
        if (nextNs == arrivalNs) {
            Arrival arrival = arrivals.remove();
            arrival.target.receive(arrival.segment);
        } else {
            (nextNs == clientNs ? client : server).onDeadline();
        }
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
