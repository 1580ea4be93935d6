package io.virtuoso.conformance;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/** What cases are written with: checks, threads, time and addresses. */
final class Support {
    static final int SOON = 30_000; // ms: limit for what must happen, on a busy machine, too
    static final int QUIET = 40; // ms: how long to look for what must not happen
    static final int BLOCKED = 50; // ms: for which another thread sleeps that is taken to be blocked
    private static final int FIRST_RESERVED = 20_000; // below all ports that anybody gets without asking
    private static final int RESERVED_FOR_EACH_JDK = 100;
    private static final AtomicInteger RESERVED = new AtomicInteger();

    /** A piece of a case. */
    interface Body {
        void run() throws Exception;
    }

    private Support() {}

    static void check(final boolean holds, final String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    static void same(final Object actual, final Object expected) {
        if (!Objects.equals(actual, expected)) {
            throw new AssertionError(actual + " instead of " + expected);
        }
    }

    static void among(final Object actual, final Object... expected) {
        for (final Object one : expected) {
            if (Objects.equals(actual, one)) {
                return;
            }
        }
        throw new AssertionError(actual + " instead of one of " + java.util.List.of(expected));
    }

    /** Exactly this type and, unless null, this message. */
    static <E extends Throwable> E fails(final Class<E> type, final String message, final Body body) {
        final E thrown = fails(type, body);
        if (message != null) {
            same(thrown.getMessage(), message);
        }
        return thrown;
    }

    /** Exactly this type. */
    static <E extends Throwable> E fails(final Class<E> type, final Body body) {
        try {
            body.run();
        } catch (final Throwable e) {
            if (e.getClass() != type) {
                throw new AssertionError(e + " instead of " + type.getName(), e);
            }
            return type.cast(e);
        }
        throw new AssertionError("nothing thrown instead of " + type.getName());
    }

    /** This type or one below. */
    static Throwable failsWith(final Class<? extends Throwable> type, final Body body) {
        try {
            body.run();
        } catch (final Throwable e) {
            if (!type.isInstance(e)) {
                throw new AssertionError(e + " instead of " + type.getName(), e);
            }
            return e;
        }
        throw new AssertionError("nothing thrown instead of " + type.getName());
    }

    /** Waits until something becomes so: what one end does reaches the other after some time. */
    static void eventually(final String what, final Callable<Boolean> condition) throws Exception {
        final long end = System.nanoTime() + SOON * 1_000_000L;
        while (!condition.call()) {
            check(System.nanoTime() < end, "never: " + what);
            pause(1);
        }
    }

    static void pause(final int milliseconds) throws InterruptedException {
        Thread.sleep(milliseconds);
    }

    /** How long something took, in milliseconds. */
    static long millis(final Body body) throws Exception {
        final long start = System.nanoTime();
        body.run();
        return (System.nanoTime() - start) / 1_000_000;
    }

    /** At least this long, and not much longer. */
    static void took(final long milliseconds, final int expected) {
        check(milliseconds >= expected - 1 && milliseconds < expected + SOON, "took " + milliseconds + " ms");
    }

    /** Runs beside the case, whose failure is the case's. */
    static Job job(final Body body) {
        return Scope.here().start(body);
    }

    /** Starts something that will block, and waits until it has surely begun to. */
    static Job blocked(final Body body) throws InterruptedException {
        final Job job = job(body);
        job.awaitBlocked(BLOCKED);
        return job;
    }

    /** Closed when the case ends. */
    static <T extends AutoCloseable> T keep(final T resource) {
        Scope.here().keep(resource);
        return resource;
    }

    static void skip(final String why) {
        throw new Skipped(why);
    }

    /** Thrown by cases that cannot run here. */
    static final class Skipped extends RuntimeException {
        private static final long serialVersionUID = 1;

        Skipped(final String why) {
            super(why);
        }
    }

    // --- addresses ---

    static InetAddress own() {
        return address(variable("CONF_ADDR", "127.0.0.1"));
    }

    static InetSocketAddress own(final int port) {
        return new InetSocketAddress(own(), port);
    }

    /** An address of the network that never answers. */
    static InetSocketAddress silent() {
        final String silent = variable("CONF_SILENT", "");
        if (silent.isEmpty()) {
            skip("CONF_SILENT is not set");
        }
        return new InetSocketAddress(address(silent), 9);
    }

    static InetAddress address(final String text) {
        try {
            return InetAddress.getByName(text);
        } catch (final UnknownHostException e) {
            throw new AssertionError(text, e);
        }
    }

    /** An own address where nobody listens: bound, so that nobody else gets it meanwhile. */
    static InetSocketAddress dead() throws Exception {
        final java.net.Socket holder = keep(new java.net.Socket());
        holder.bind(own(0));
        return (InetSocketAddress) holder.getLocalSocketAddress();
    }

    /** A port that nobody else binds or is given, also not once it is closed; the same one is never given again. */
    static int reservedPort() {
        return FIRST_RESERVED + feature() * RESERVED_FOR_EACH_JDK + RESERVED.getAndIncrement();
    }

    static ServerSocket serverSocket() throws Exception {
        return keep(new ServerSocket(0, 128, own()));
    }

    static String variable(final String name, final String otherwise) {
        final String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    static int feature() {
        return Runtime.version().feature();
    }
}
