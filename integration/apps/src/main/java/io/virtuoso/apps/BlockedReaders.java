package io.virtuoso.apps;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Virtual threads, each with a connection to a {@link BlockedServer} of its own and blocked in a read of it. Says
 * "blocked N" when all are, and "all right" when each has got its answer. Arguments: address, first port, number of
 * ports, number of connections, seconds that connecting and answering may take.
 */
final class BlockedReaders {
    private static final int CONNECTING_AT_ONCE = 256;

    private final Semaphore connecting = new Semaphore(CONNECTING_AT_ONCE);
    private final CountDownLatch blocked;
    private final CountDownLatch right;

    private BlockedReaders(final int count) {
        blocked = new CountDownLatch(count);
        right = new CountDownLatch(count);
    }

    public static void main(final String[] arguments) throws Throwable {
        final int port = Integer.parseInt(arguments[1]);
        final int ports = Integer.parseInt(arguments[2]);
        final int count = Integer.parseInt(arguments[3]);
        final int seconds = Integer.parseInt(arguments[4]);
        final BlockedReaders readers = new BlockedReaders(count);
        final MethodHandle start = MethodHandles.lookup()
                .findStatic(Thread.class, "startVirtualThread", MethodType.methodType(Thread.class, Runnable.class));
        for (int i = 0; i < count; i++) {
            final int number = i;
            final InetSocketAddress to = new InetSocketAddress(arguments[0], port + i % ports);
            final Thread started = (Thread) start.invokeExact((Runnable) () -> readers.read(number, to));
            started.setName("reader-" + i);
        }
        await(readers.blocked, seconds);
        System.out.println("blocked " + count);
        await(readers.right, seconds);
        System.out.println("all right");
        System.exit(0);
    }

    private static void await(final CountDownLatch latch, final int seconds) throws InterruptedException {
        if (!latch.await(seconds, TimeUnit.SECONDS)) {
            throw new IllegalStateException(latch.getCount() + " threads are not there");
        }
    }

    private void read(final int number, final InetSocketAddress to) {
        final byte[] bytes = ByteBuffer.allocate(Long.BYTES).putLong(number).array();
        try (Api.Connection connection = connect(number, to)) {
            connection.write(bytes);
            blocked.countDown();
            if (Arrays.equals(bytes, connection.read(Long.BYTES))) {
                right.countDown();
            } else {
                System.out.println("reader " + number + ": a wrong answer");
            }
        } catch (final IOException e) {
            System.out.println("reader " + number + ": " + e);
        }
    }

    private Api.Connection connect(final int number, final InetSocketAddress to) throws IOException {
        connecting.acquireUninterruptibly();
        try {
            return (number % 2 == 0 ? Api.SOCKET : Api.CHANNEL).open(to);
        } finally {
            connecting.release();
        }
    }
}
