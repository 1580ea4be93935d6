package io.virtuoso.apps;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps connections to the ports of an {@link EchoServer} busy, in every {@link Api}, one in each that waits for
 * data which never come. Says "connected NAME", "ended NAME: why after MS ms" when a connection breaks, and connects
 * again until it can. A line on its input ends it, once a block has come
 * back; then it says "right" if no byte was wrong. Arguments: address, port.
 */
final class EchoPump {
    private static final int BLOCK = 400;
    private static final int RETRY_MILLIS = 20;

    private final String name;
    private final Api api;
    private final boolean busy;
    private final InetSocketAddress to;
    private final AtomicLong trips;

    private EchoPump(
            final String name, final Api api, final boolean busy, final InetSocketAddress to, final AtomicLong trips) {
        this.name = name;
        this.api = api;
        this.busy = busy;
        this.to = to;
        this.trips = trips;
    }

    public static void main(final String[] arguments) throws Exception {
        final List<Thread> threads = new ArrayList<>();
        final AtomicLong trips = new AtomicLong();
        for (final Api api : Api.values()) {
            for (int server = 0; server < 3; server++) {
                final int port = Integer.parseInt(arguments[1]) + server;
                final InetSocketAddress to = new InetSocketAddress(arguments[0], port);
                final EchoPump pump = new EchoPump(api + "-" + server, api, true, to, trips);
                threads.add(new Thread(pump::run));
            }
            final InetSocketAddress to = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
            threads.add(new Thread(new EchoPump(api + "-waiting", api, false, to, trips)::run));
        }
        threads.forEach(thread -> thread.setDaemon(true));
        threads.forEach(Thread::start);
        System.in.read();
        while (trips.get() == 0) {
            pause(); // a busy machine takes its time
        }
        if (!threads.stream().allMatch(Thread::isAlive)) {
            throw new IllegalStateException("a thread has ended");
        }
        System.out.println("right: " + trips + " round trips");
        System.exit(0);
    }

    private void run() {
        while (true) {
            try (Api.Connection connection = api.open(to)) {
                System.out.println("connected " + name);
                final long begin = System.nanoTime();
                final String why = use(connection);
                System.out.println("ended " + name + ": " + why + " after "
                        + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin) + " ms");
            } catch (final IOException e) {
                pause();
            }
        }
    }

    /** @return why it ended */
    private String use(final Api.Connection connection) {
        try {
            for (long trip = 0; ; trip++) {
                if (!busy) {
                    return connection.read(1).length == 0 ? "end of stream" : "a byte that nobody sent";
                }
                final byte[] block = new byte[BLOCK];
                Bytes.fill(block, 0, BLOCK, trip, 0);
                connection.write(block);
                final byte[] back = connection.read(BLOCK);
                if (back.length < BLOCK) {
                    return "end of stream";
                }
                if (!Arrays.equals(back, block)) {
                    System.out.println("WRONG BYTES " + name);
                    System.exit(1);
                }
                trips.incrementAndGet();
            }
        } catch (final IOException e) {
            return e.toString();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
