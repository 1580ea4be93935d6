package io.virtuoso.guest.aio;

import io.virtuoso.guest.core.FallbackReason;
import io.virtuoso.guest.net.Scenes;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AcceptPendingException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.InterruptedByTimeoutException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.WritePendingException;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Asynchronous channels of a guest from end to end, in one process that talks to itself over the host stack. To be run
 * as a program with the agent; the argument is the guest's own address. Ends with status 0 if all is well.
 */
@SuppressWarnings({
    "FutureReturnValueIgnored", // of scenes in which an operation only has to be under way
    "AddressSelection" // literals
})
public final class AsyncSmoke {
    private static final int LIMIT_S = Scenes.LIMIT_S / 2;
    private static final int SHORT_MS = 100;

    private final InetAddress own;
    private final Scenes scenes = new Scenes();

    private AsyncSmoke(InetAddress own) {
        this.own = own;
    }

    /** Runs all scenes. */
    public static void main(String[] arguments) throws Exception {
        AsyncSmoke smoke = new AsyncSmoke(InetAddress.getByName(arguments[0]));
        smoke.scenes.play("futures", smoke::futures);
        smoke.scenes.play("handlers run on the group's threads", smoke::handlers);
        smoke.scenes.play("handlers without depth", smoke::deepHandlers);
        smoke.scenes.play("scatter and gather", smoke::scatter);
        smoke.scenes.play("large transfer", smoke::largeTransfer);
        smoke.scenes.play("timeouts", smoke::timeouts);
        smoke.scenes.play("one operation of a kind", smoke::pending);
        smoke.scenes.play("close ends operations", smoke::close);
        smoke.scenes.play("cancel", smoke::cancel);
        smoke.scenes.play("refused", smoke::refused);
        smoke.scenes.play("half close", smoke::halfClose);
        smoke.scenes.play("names and options", smoke::names);
        smoke.scenes.play("end of a group", smoke::groups);
        smoke.scenes.play("loopback", smoke::loopback);
        smoke.scenes.play("many connections", smoke::manyConnections);
        smoke.scenes.end();
    }

    // ---- scenes ------------------------------------------------------------------------------

    private AsynchronousServerSocketChannel listen(AsynchronousChannelGroup group) throws Exception {
        return AsynchronousServerSocketChannel.open(group).bind(null);
    }

    private InetSocketAddress at(AsynchronousServerSocketChannel listener) throws Exception {
        return new InetSocketAddress(own, ((InetSocketAddress) listener.getLocalAddress()).getPort());
    }

    /** Two connected channels. */
    private final class Pair implements AutoCloseable {
        private final AsynchronousSocketChannel client;
        private final AsynchronousSocketChannel accepted;

        Pair(AsynchronousChannelGroup group) throws Exception {
            try (AsynchronousServerSocketChannel listener = listen(group)) {
                Future<AsynchronousSocketChannel> accepting = listener.accept();
                client = AsynchronousSocketChannel.open(group);
                get(client.connect(at(listener)));
                accepted = get(accepting);
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
            accepted.close();
        }
    }

    private void futures() throws Exception {
        try (Pair pair = new Pair(null)) {
            ByteBuffer got = ByteBuffer.allocate(8);
            for (int i = 0; i < 500; i++) {
                Future<Integer> reading = pair.accepted.read(got.clear());
                check(get(pair.client.write(ByteBuffer.wrap(new byte[] {1, 2, (byte) i}))) == 3, "written");
                check(get(reading) == 3 && got.get(2) == (byte) i, "read");
            }
            check(get(pair.client.read(ByteBuffer.allocate(0))) == 0, "no room");
            pair.accepted.close();
            check(get(pair.client.read(got.clear())) == -1, "end");
            check(get(pair.client.read(got.clear())) == -1, "end again");
        }
    }

    private void handlers() throws Exception {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        AsynchronousChannelGroup group = AsynchronousChannelGroup.withFixedThreadPool(2, task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            threads.add(thread);
            return thread;
        });
        try (Pair pair = new Pair(group)) {
            CompletableFuture<Boolean> onThread = new CompletableFuture<>();
            pair.client.read(ByteBuffer.allocate(8), "attached", new Handler<>((count, attachment) -> {
                onThread.complete(
                        threads.contains(Thread.currentThread()) && count == 2 && attachment.equals("attached"));
            }));
            CompletableFuture<Boolean> written = new CompletableFuture<>();
            pair.accepted.write(
                    ByteBuffer.wrap(new byte[2]),
                    null,
                    new Handler<>((count, attachment) ->
                            written.complete(count == 2 && threads.contains(Thread.currentThread()))));
            check(get(onThread) && get(written), "thread, count and attachment");
        }
        group.shutdownNow();
        check(group.awaitTermination(LIMIT_S, TimeUnit.SECONDS) && group.isTerminated(), "terminated");
    }

    private void deepHandlers() throws Exception {
        AsynchronousChannelGroup group = AsynchronousChannelGroup.withFixedThreadPool(1, AsyncSmoke::daemon);
        try (Pair pair = new Pair(group)) {
            int rounds = 100_000;
            CompletableFuture<Integer> done = new CompletableFuture<>();
            pair.client.write(ByteBuffer.allocate(0), 0, new CompletionHandler<Integer, Integer>() {
                @Override
                public void completed(Integer count, Integer round) {
                    if (round == rounds) {
                        done.complete(round);
                    } else {
                        pair.client.write(ByteBuffer.allocate(0), round + 1, this);
                    }
                }

                @Override
                public void failed(Throwable why, Integer round) {
                    done.completeExceptionally(why);
                }
            });
            check(get(done) == rounds, "rounds");
        }
        group.shutdown();
        check(group.awaitTermination(LIMIT_S, TimeUnit.SECONDS), "terminated");
    }

    private void scatter() throws Exception {
        try (Pair pair = new Pair(null)) {
            ByteBuffer[] out = {ByteBuffer.wrap(new byte[3]), ByteBuffer.wrap(new byte[] {4, 5})};
            CompletableFuture<Long> wrote = new CompletableFuture<>();
            pair.client.write(out, 0, 2, 0, TimeUnit.SECONDS, null, new Handler<>((n, a) -> wrote.complete(n)));
            check(get(wrote) == 5, "gathered");
            ByteBuffer[] in = {ByteBuffer.allocate(1), ByteBuffer.allocate(4)};
            CompletableFuture<Long> read = new CompletableFuture<>();
            pair.accepted.read(in, 0, 2, 0, TimeUnit.SECONDS, null, new Handler<>((n, a) -> read.complete(n)));
            check(get(read) == 5 && in[1].get(3) == 5, "scattered");
            expect(IllegalArgumentException.class, () -> pair.client.read(out[0].asReadOnlyBuffer()));
        }
    }

    private void largeTransfer() throws Exception {
        try (Pair pair = new Pair(null)) {
            int total = 20_000_000;
            ByteBuffer much = ByteBuffer.allocate(total);
            new java.util.Random(3).nextBytes(much.array());
            CompletableFuture<Void> written = new CompletableFuture<>();
            pair.client.write(much, null, new CompletionHandler<Integer, Void>() {
                @Override
                public void completed(Integer count, Void attachment) {
                    if (much.hasRemaining()) {
                        pair.client.write(much, null, this);
                    } else {
                        written.complete(null);
                    }
                }

                @Override
                public void failed(Throwable why, Void attachment) {
                    written.completeExceptionally(why);
                }
            });
            ByteBuffer got = ByteBuffer.allocate(total);
            while (got.hasRemaining()) {
                check(get(pair.accepted.read(got)) > 0, "more");
            }
            get(written);
            check(got.flip().equals(much.flip()), "bytes");
        }
    }

    private void timeouts() throws Exception {
        try (Pair pair = new Pair(null)) {
            CompletableFuture<Integer> read = new CompletableFuture<>();
            pair.client.read(ByteBuffer.allocate(1), SHORT_MS, TimeUnit.MILLISECONDS, null, new Forward<>(read));
            expect(InterruptedByTimeoutException.class, () -> get(read));
            expect(IllegalStateException.class, () -> pair.client.read(ByteBuffer.allocate(1)));
            ByteBuffer much = ByteBuffer.allocate(1 << 26);
            Throwable why = null;
            while (why == null) {
                CompletableFuture<Integer> write = new CompletableFuture<>();
                pair.client.write(much.clear(), SHORT_MS, TimeUnit.MILLISECONDS, null, new Forward<>(write));
                try {
                    get(write);
                } catch (InterruptedByTimeoutException e) {
                    why = e;
                }
            }
            expect(IllegalStateException.class, () -> pair.client.write(ByteBuffer.allocate(1)));
        }
    }

    private void pending() throws Exception {
        try (Pair pair = new Pair(null);
                AsynchronousServerSocketChannel listener = listen(null);
                AsynchronousSocketChannel fresh = AsynchronousSocketChannel.open()) {
            expect(NotYetConnectedException.class, () -> fresh.read(ByteBuffer.allocate(1)));
            expect(
                    NotYetBoundException.class,
                    () -> AsynchronousServerSocketChannel.open().accept());
            pair.client.read(ByteBuffer.allocate(1));
            expect(ReadPendingException.class, () -> pair.client.read(ByteBuffer.allocate(1)));
            listener.accept();
            expect(AcceptPendingException.class, listener::accept);
            ByteBuffer much = ByteBuffer.allocate(1 << 26);
            expect(WritePendingException.class, () -> {
                for (int i = 0; i < 100; i++) {
                    pair.client.write(much.duplicate());
                }
                return null;
            });
            expect(java.nio.channels.AlreadyConnectedException.class, () -> pair.client.connect(at(listener)));
        }
    }

    private void close() throws Exception {
        AsynchronousServerSocketChannel listener = listen(null);
        Future<AsynchronousSocketChannel> accepting = listener.accept();
        listener.close();
        expect(AsynchronousCloseException.class, () -> get(accepting));
        expect(ClosedChannelException.class, () -> get(listener.accept()));
        try (Pair pair = new Pair(null)) {
            Future<Integer> reading = pair.client.read(ByteBuffer.allocate(1));
            pair.client.close();
            expect(AsynchronousCloseException.class, () -> get(reading));
            expect(ClosedChannelException.class, () -> get(pair.client.read(ByteBuffer.allocate(1))));
            check(get(pair.accepted.read(ByteBuffer.allocate(1))) == -1, "FIN");
        }
    }

    private void cancel() throws Exception {
        try (Pair pair = new Pair(null)) {
            Future<Integer> reading = pair.client.read(ByteBuffer.allocate(1));
            check(reading.cancel(false) && reading.isCancelled() && pair.client.isOpen(), "cancelled");
            expect(CancellationException.class, () -> get(reading));
            expect(IllegalStateException.class, () -> pair.client.read(ByteBuffer.allocate(1)));
            Future<Integer> other = pair.accepted.read(ByteBuffer.allocate(1));
            check(other.cancel(true) && !pair.accepted.isOpen(), "closed");
        }
    }

    private void refused() throws Exception {
        AsynchronousSocketChannel channel = AsynchronousSocketChannel.open();
        expect(ConnectException.class, () -> get(channel.connect(new InetSocketAddress(own, 1))));
        check(!channel.isOpen(), "closed");
        expect(
                java.nio.channels.UnresolvedAddressException.class,
                () -> AsynchronousSocketChannel.open().connect(InetSocketAddress.createUnresolved("x.invalid", 1)));
    }

    private void halfClose() throws Exception {
        try (Pair pair = new Pair(null)) {
            Future<Integer> reading = pair.client.read(ByteBuffer.allocate(1));
            pair.client.shutdownOutput();
            check(get(pair.accepted.read(ByteBuffer.allocate(1))) == -1, "end");
            expect(ClosedChannelException.class, () -> get(pair.client.write(ByteBuffer.allocate(1))));
            pair.accepted.write(ByteBuffer.allocate(1));
            check(get(reading) == 1, "other direction");
            Future<Integer> last = pair.client.read(ByteBuffer.allocate(1));
            pair.client.shutdownInput();
            check(get(last) == -1, "reader is woken");
        }
    }

    private void names() throws Exception {
        try (Pair pair = new Pair(null)) {
            check(pair.client.getRemoteAddress().equals(pair.accepted.getLocalAddress()), "peer");
            check(pair.accepted.getRemoteAddress().equals(pair.client.getLocalAddress()), "peer's peer");
            pair.client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            check(pair.client.getOption(StandardSocketOptions.TCP_NODELAY), "option");
            expect(UnsupportedOperationException.class, () -> pair.client.setOption(StandardSocketOptions.IP_TOS, 1));
            pair.client.close();
            expect(ClosedChannelException.class, pair.client::getLocalAddress);
        }
    }

    private void groups() throws Exception {
        ExecutorService pool = Executors.newCachedThreadPool(AsyncSmoke::daemon);
        AsynchronousChannelGroup group = AsynchronousChannelGroup.withThreadPool(pool);
        AsynchronousServerSocketChannel listener = listen(group);
        Future<AsynchronousSocketChannel> accepting = listener.accept();
        group.shutdown();
        check(group.isShutdown() && !group.isTerminated(), "waits for its channels");
        expect(ShutdownChannelGroupException.class, () -> AsynchronousSocketChannel.open(group));
        group.shutdownNow();
        expect(AsynchronousCloseException.class, () -> get(accepting));
        check(group.awaitTermination(LIMIT_S, TimeUnit.SECONDS) && pool.isTerminated(), "terminated");
    }

    private void loopback() throws Exception {
        long before = FallbackReason.LOOPBACK.counted();
        AsynchronousChannelGroup group = AsynchronousChannelGroup.withFixedThreadPool(1, AsyncSmoke::daemon);
        try (AsynchronousServerSocketChannel listener = listen(group);
                AsynchronousSocketChannel client = AsynchronousSocketChannel.open(group)) {
            Future<AsynchronousSocketChannel> accepting = listener.accept();
            int port = at(listener).getPort();
            get(client.connect(new InetSocketAddress("127.0.0.1", port)));
            get(accepting).close();
            check(get(client.read(ByteBuffer.allocate(1))) == -1, "own listener");
            check(FallbackReason.LOOPBACK.counted() == before, "no fallback");
        }
        try (AsynchronousServerSocketChannel listener = AsynchronousServerSocketChannel.open(group);
                AsynchronousSocketChannel client = AsynchronousSocketChannel.open(group)) {
            listener.bind(new InetSocketAddress("127.0.0.1", 0));
            Future<AsynchronousSocketChannel> accepting = listener.accept();
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            get(client.connect(listener.getLocalAddress()));
            check(client.getOption(StandardSocketOptions.TCP_NODELAY), "option is kept");
            CompletableFuture<String> thread = new CompletableFuture<>();
            client.read(
                    ByteBuffer.allocate(1),
                    null,
                    new Handler<>(
                            (n, a) -> thread.complete(Thread.currentThread().getName())));
            try (AsynchronousSocketChannel accepted = get(accepting)) {
                get(accepted.write(ByteBuffer.allocate(1)));
                check(get(thread).equals("group"), "thread " + get(thread));
            }
            check(FallbackReason.LOOPBACK.counted() == before + 2, "counted");
        }
        group.shutdown();
        check(group.awaitTermination(LIMIT_S, TimeUnit.SECONDS), "terminated");
    }

    private void manyConnections() throws Exception {
        int count = 500;
        CountDownLatch done = new CountDownLatch(count);
        try (AsynchronousServerSocketChannel listener =
                AsynchronousServerSocketChannel.open().bind(null, 1000)) {
            listener.accept(null, new CompletionHandler<AsynchronousSocketChannel, Void>() {
                @Override
                public void completed(AsynchronousSocketChannel accepted, Void attachment) {
                    listener.accept(null, this);
                    echo(accepted, ByteBuffer.allocate(16));
                }

                @Override
                public void failed(Throwable why, Void attachment) {
                    // closed
                }
            });
            for (int i = 0; i < count; i++) {
                AsynchronousSocketChannel client = AsynchronousSocketChannel.open();
                client.connect(at(listener), null, new Handler<>((nothing, attachment) -> {
                    play(client, 20, done);
                }));
            }
            check(done.await(LIMIT_S, TimeUnit.SECONDS), done.getCount() + " are not done");
        }
    }

    private static void echo(AsynchronousSocketChannel channel, ByteBuffer buffer) {
        channel.read(buffer.clear(), null, new Handler<>((count, attachment) -> {
            if (count < 0) {
                Closing.quietly(channel);
            } else {
                channel.write(buffer.flip(), null, new Handler<>((n, a) -> echo(channel, buffer)));
            }
        }));
    }

    private static void play(AsynchronousSocketChannel client, int rounds, CountDownLatch done) {
        if (rounds == 0) {
            Closing.quietly(client);
            done.countDown();
            return;
        }
        client.write(ByteBuffer.allocate(10), null, new Handler<>((n, a) -> {
            readFully(client, ByteBuffer.allocate(10), () -> play(client, rounds - 1, done));
        }));
    }

    private static void readFully(AsynchronousSocketChannel client, ByteBuffer buffer, Runnable next) {
        client.read(buffer, null, new Handler<>((count, attachment) -> {
            if (buffer.hasRemaining()) {
                readFully(client, buffer, next);
            } else {
                next.run();
            }
        }));
    }

    // ---- tools -------------------------------------------------------------------------------

    /** What to do with a result. */
    @FunctionalInterface
    private interface Success<V, A> {
        void accept(V value, A attachment);
    }

    /** A handler for what is not to fail. */
    private static final class Handler<V, A> implements CompletionHandler<V, A> {
        private final Success<V, A> success;

        Handler(Success<V, A> success) {
            this.success = success;
        }

        @Override
        public void completed(V value, A attachment) {
            success.accept(value, attachment);
        }

        @Override
        public void failed(Throwable why, A attachment) {
            why.printStackTrace(System.out);
        }
    }

    /** A handler that tells a future. */
    private static final class Forward<V> implements CompletionHandler<V, Void> {
        private final CompletableFuture<V> future;

        Forward(CompletableFuture<V> future) {
            this.future = future;
        }

        @Override
        public void completed(V value, Void attachment) {
            future.complete(value);
        }

        @Override
        public void failed(Throwable why, Void attachment) {
            future.completeExceptionally(why);
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "group");
        thread.setDaemon(true);
        return thread;
    }

    private static <V> V get(Future<V> future) throws Exception {
        return Scenes.unwrap(future);
    }

    private static void expect(Class<? extends Exception> type, Callable<?> action) {
        Scenes.expect(type, null, action);
    }

    private static void check(boolean holds, String what) {
        Scenes.check(holds, what);
    }
}
