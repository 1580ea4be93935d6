package io.virtuoso.apps;

import java.rmi.NoSuchObjectException;
import java.rmi.registry.LocateRegistry;
import java.rmi.server.UnicastRemoteObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Calls {@link RmiServer}, has it call back, and checks every byte. Arguments: its address and the registry's port. */
final class RmiChecks implements RemoteEcho {
    private static final int THREADS = 8;
    private static final int CALLS = 100;

    private final AtomicInteger calledBack = new AtomicInteger();

    private RmiChecks() {}

    public static void main(final String[] arguments) throws Exception {
        final RemoteEcho echo = (RemoteEcho) LocateRegistry.getRegistry(arguments[0], Integer.parseInt(arguments[1]))
                .lookup(RmiServer.NAME);
        final RmiChecks callback = new RmiChecks();
        UnicastRemoteObject.exportObject(callback, 0);
        for (final int size : new int[] {0, 1, 1000, 65_537, 3_000_000}) {
            Bytes.check(echo.echo(Bytes.of(size, size)), size, size);
            Bytes.check(echo.echoThrough(callback, Bytes.of(size, size)), size, size);
        }
        final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        final List<Future<Void>> all = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            final int seed = i;
            all.add(threads.submit((Callable<Void>) () -> call(echo, callback, seed)));
        }
        for (final Future<Void> one : all) {
            one.get(150, TimeUnit.SECONDS);
        }
        if (callback.calledBack.get() != 5 + THREADS * CALLS) {
            throw new IllegalStateException("called back " + callback.calledBack + " times");
        }
        System.out.println("all right");
        System.exit(0);
    }

    private static Void call(final RemoteEcho echo, final RemoteEcho callback, final int seed) throws Exception {
        for (int i = 0; i < CALLS; i++) {
            Bytes.check(echo.echo(Bytes.of(seed, i * 10)), seed, i * 10);
            Bytes.check(echo.echoThrough(callback, Bytes.of(seed, i)), seed, i);
        }
        return null;
    }

    @Override
    public byte[] echo(final byte[] bytes) {
        calledBack.incrementAndGet();
        return bytes;
    }

    @Override
    public byte[] echoThrough(final RemoteEcho callback, final byte[] bytes) throws NoSuchObjectException {
        throw new NoSuchObjectException("only calls back");
    }
}
