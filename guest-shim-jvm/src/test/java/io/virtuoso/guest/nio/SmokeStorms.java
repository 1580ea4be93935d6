package io.virtuoso.guest.nio;

import static io.virtuoso.guest.nio.Smoke.check;
import static io.virtuoso.guest.nio.Smoke.equal;
import static io.virtuoso.guest.nio.Smoke.get;
import static io.virtuoso.guest.nio.Smoke.start;

import io.virtuoso.guest.nio.Smoke.Pair;
import io.virtuoso.guest.nio.Smoke.Scene;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** Many channels, many threads. */
@SuppressWarnings("try") // closes in the middle are what is tried
final class SmokeStorms {
    private static final int MANY = 5000;

    void addTo(Map<String, Scene> scenes) {
        scenes.put("many-channels", this::manyChannels);
        scenes.put("wakeup-storm", this::wakeupStorm);
        scenes.put("register-storm", this::registerStorm);
        scenes.put("close-storm", this::closeStorm);
        scenes.put("echo-loop", this::echoLoop);
    }

    /** Half of the channels of many pairs on one selector, which echoes. */
    private void manyChannels() throws Exception {
        List<Pair> pairs = new ArrayList<>();
        try (ServerSocketChannel listener = Smoke.listen();
                Selector selector = Selector.open()) {
            for (int i = 0; i < MANY; i++) {
                Pair pair = Pair.open(listener);
                pair.server.configureBlocking(false);
                pair.server.register(selector, SelectionKey.OP_READ);
                pairs.add(pair);
            }
            AtomicBoolean end = new AtomicBoolean();
            FutureTask<Object> loop = start(() -> echo(selector, end));
            long begin = System.nanoTime();
            for (int round = 0; round < 3; round++) {
                for (Pair pair : pairs) {
                    pair.client.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                }
                for (Pair pair : pairs) {
                    equal(3, Smoke.readAll(pair.client, 3).length);
                }
            }
            long afterAll = System.nanoTime();
            for (int i = 0; i < 2000; i++) {
                pairs.get(7).client.write(ByteBuffer.wrap(new byte[] {1}));
                equal(1, Smoke.readAll(pairs.get(7).client, 1).length);
            }
            long afterOne = System.nanoTime();
            System.out.println("     " + (afterAll - begin) / 1000 / MANY / 3 + " us an echo of " + MANY + ", "
                    + (afterOne - afterAll) / 1000 / 2000 + " us when one is busy");
            end.set(true);
            selector.wakeup();
            get(loop);
        } finally {
            for (Pair pair : pairs) {
                pair.close();
            }
        }
    }

    private static Object echo(Selector selector, AtomicBoolean end) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(65536);
        while (!end.get()) {
            selector.select();
            Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
            while (keys.hasNext()) {
                SelectionKey key = keys.next();
                keys.remove();
                SocketChannel channel = (SocketChannel) key.channel();
                int got = channel.read(buffer.clear());
                if (got < 0) {
                    channel.close();
                } else {
                    buffer.flip();
                    while (buffer.hasRemaining()) {
                        channel.write(buffer);
                    }
                }
            }
        }
        return null;
    }

    /** Every wakeup is followed by a return of select: a lost one would hang. */
    private void wakeupStorm() throws Exception {
        try (Selector selector = Selector.open()) {
            AtomicLong asked = new AtomicLong();
            AtomicLong answered = new AtomicLong();
            AtomicBoolean end = new AtomicBoolean();
            FutureTask<Object> loop = start(() -> {
                while (!end.get()) {
                    selector.select();
                    answered.set(asked.get());
                }
                return null;
            });
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> threads = Smoke.threads(4, () -> {
                for (int i = 0; i < 5000 && failure.get() == null; i++) {
                    long mine = asked.incrementAndGet();
                    selector.wakeup();
                    long begin = System.nanoTime();
                    while (answered.get() < mine) {
                        if (System.nanoTime() - begin > 5_000_000_000L) {
                            failure.set(new AssertionError("lost wakeup " + mine));
                            return;
                        }
                        LockSupport.parkNanos(10_000);
                    }
                }
            });
            for (Thread thread : threads) {
                thread.join();
            }
            end.set(true);
            selector.wakeup();
            get(loop);
            check(failure.get() == null, String.valueOf(failure.get()));
        }
    }

    private void registerStorm() throws Exception {
        try (ServerSocketChannel listener = Smoke.listen();
                Selector selector = Selector.open();
                Selector other = Selector.open()) {
            AtomicBoolean end = new AtomicBoolean();
            AtomicInteger echoed = new AtomicInteger();
            FutureTask<Object> loop = start(() -> swallow(selector, end, echoed));
            FutureTask<Object> second = start(() -> swallow(other, end, echoed));
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> threads = Smoke.threads(6, () -> {
                try {
                    storm(listener, selector, other);
                } catch (Exception e) {
                    failure.set(e);
                }
            });
            for (Thread thread : threads) {
                thread.join();
            }
            end.set(true);
            selector.wakeup();
            other.wakeup();
            get(loop);
            get(second);
            if (failure.get() != null) {
                throw new AssertionError(failure.get());
            }
            selector.selectNow();
            other.selectNow();
            equal(0, selector.keys().size());
            equal(0, other.keys().size());
            check(echoed.get() > 0, "bytes came");
        }
    }

    private static void storm(ServerSocketChannel listener, Selector one, Selector two) throws Exception {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        for (int i = 0; i < 300; i++) {
            Pair pair;
            synchronized (listener) {
                pair = Pair.open(listener);
            }
            pair.server.configureBlocking(false);
            for (int j = 0; j < 5; j++) {
                Selector selector = random.nextBoolean() ? one : two;
                try {
                    SelectionKey key = pair.server.register(selector, SelectionKey.OP_READ);
                    selector.wakeup();
                    pair.client.write(ByteBuffer.wrap(new byte[] {1}));
                    if (random.nextBoolean()) {
                        key.cancel();
                    } else {
                        key.interestOps(random.nextBoolean() ? 0 : SelectionKey.OP_READ);
                    }
                } catch (CancelledKeyException e) {
                    selector.wakeup();
                }
            }
            pair.close();
        }
    }

    private static Object swallow(Selector selector, AtomicBoolean end, AtomicInteger count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(100);
        while (!end.get()) {
            selector.select(
                    key -> {
                        try {
                            count.addAndGet(Math.max(0, ((SocketChannel) key.channel()).read(buffer.clear())));
                        } catch (ClosedChannelException | CancelledKeyException e) {
                            // closed by the storm
                        } catch (IOException e) {
                            if (key.channel().isOpen()) {
                                key.cancel();
                            }
                        }
                    },
                    100);
        }
        return null;
    }

    /** Readers, writers and closers meet at all times. */
    private void closeStorm() throws Exception {
        try (ServerSocketChannel listener = Smoke.listen()) {
            for (int i = 0; i < 1000; i++) {
                Pair pair = Pair.open(listener);
                boolean virtual = i % 2 == 0;
                FutureTask<Object> read = start(() -> pair.client.read(ByteBuffer.allocate(8)), virtual);
                FutureTask<Object> write = start(() -> pair.client.write(ByteBuffer.allocate(8)), virtual);
                if (i % 3 == 0) {
                    LockSupport.parkNanos(10_000);
                }
                pair.client.close();
                expectClosed(read);
                expectClosed(write);
                Smoke.readAll(pair.server, 100);
                pair.server.close();
            }
        }
    }

    private static void expectClosed(FutureTask<?> task) throws Exception {
        try {
            get(task);
        } catch (java.util.concurrent.ExecutionException e) {
            Throwable cause = e.getCause();
            boolean expected = cause.getClass() == ClosedChannelException.class
                    || cause.getClass() == AsynchronousCloseException.class;
            check(expected, cause.toString());
        }
    }

    /** Two event loops and a selector closed under load. */
    private void echoLoop() throws Exception {
        try (ServerSocketChannel listener = Smoke.listen()) {
            Selector selector = Selector.open();
            AtomicBoolean end = new AtomicBoolean();
            FutureTask<Object> loop = start(() -> {
                try {
                    return echo(selector, end);
                } catch (ClosedSelectorException e) {
                    return null;
                }
            });
            List<Pair> pairs = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Pair pair = Pair.open(listener);
                pair.server.configureBlocking(false);
                pair.server.register(selector, SelectionKey.OP_READ);
                selector.wakeup();
                pairs.add(pair);
            }
            for (int i = 0; i < 5000; i++) {
                SocketChannel client = pairs.get(i % 50).client;
                client.write(ByteBuffer.wrap(new byte[100]));
                equal(100, Smoke.readAll(client, 100).length);
            }
            selector.close();
            end.set(true);
            get(loop);
            for (Pair pair : pairs) {
                check(!pair.server.isRegistered(), "not registered");
                pair.close();
            }
        }
    }
}
