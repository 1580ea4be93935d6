package io.virtuoso.conformance;

import static io.virtuoso.conformance.Channels.text;
import static io.virtuoso.conformance.Support.check;
import static io.virtuoso.conformance.Support.dead;
import static io.virtuoso.conformance.Support.fails;
import static io.virtuoso.conformance.Support.keep;
import static io.virtuoso.conformance.Support.millis;
import static io.virtuoso.conformance.Support.own;
import static io.virtuoso.conformance.Support.pause;
import static io.virtuoso.conformance.Support.same;
import static io.virtuoso.conformance.Support.took;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.AcceptPendingException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.InterruptedByTimeoutException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.WritePendingException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** What {@link AsynchronousSocketChannel} and {@link AsynchronousServerSocketChannel} promise. */
final class Async {
    private Async() {}

    private static AsynchronousServerSocketChannel listener() throws IOException {
        return keep(AsynchronousServerSocketChannel.open()).bind(own(0));
    }

    private static AsynchronousSocketChannel[] pair() throws Exception {
        final AsynchronousServerSocketChannel listener = listener();
        final AsynchronousSocketChannel client = keep(AsynchronousSocketChannel.open());
        same(get(client.connect(listener.getLocalAddress())), null);
        return new AsynchronousSocketChannel[] {client, keep(get(listener.accept()))};
    }

    private static <T> T get(final Future<T> future) throws Exception {
        return future.get(Support.SOON, TimeUnit.MILLISECONDS);
    }

    private static <E extends Throwable> E failure(final Class<E> type, final Future<?> future) {
        final Throwable cause =
                fails(ExecutionException.class, () -> get(future)).getCause();
        same(cause.getClass(), type);
        return type.cast(cause);
    }

    /** A handler whose outcome is a future; the attachment must come back. */
    private static final class Outcome<T> extends CompletableFuture<T> implements CompletionHandler<T, String> {
        private volatile Thread thread;

        @Override
        public void completed(final T result, final String attachment) {
            thread = Thread.currentThread();
            check("mine".equals(attachment), "attachment " + attachment);
            complete(result);
        }

        @Override
        public void failed(final Throwable failure, final String attachment) {
            thread = Thread.currentThread();
            check("mine".equals(attachment), "attachment " + attachment);
            completeExceptionally(failure);
        }
    }

    @Case
    static void futuresEndWithTheirResult() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        final ByteBuffer in = ByteBuffer.allocate(16);
        final Future<Integer> read = pair[1].read(in);
        pause(30);
        check(!read.isDone(), "done");
        same(get(pair[0].write(text("future"))), 6);
        same(get(read), 6);
        check(read.isDone() && !read.isCancelled(), "not done");
        same(in.position(), 6);
        get(pair[0].write(text("there")));
        same(get(pair[1].read(in)), 5);
        pair[0].shutdownOutput();
        same(get(pair[1].read(in)), -1);
        same(get(pair[1].read(ByteBuffer.allocate(0))), 0);
    }

    @Case
    static void handlersHearOfTheResult() throws Exception {
        final AsynchronousServerSocketChannel listener = listener();
        final Outcome<AsynchronousSocketChannel> accepted = new Outcome<>();
        listener.accept("mine", accepted);
        final AsynchronousSocketChannel client = keep(AsynchronousSocketChannel.open());
        final Outcome<Void> connected = new Outcome<>();
        client.connect(listener.getLocalAddress(), "mine", connected);
        same(get(connected), null);
        final AsynchronousSocketChannel server = keep(get(accepted));
        same(server.getRemoteAddress(), client.getLocalAddress());
        final ByteBuffer in = ByteBuffer.allocateDirect(16);
        final Outcome<Integer> read = new Outcome<>();
        server.read(in, "mine", read);
        final Outcome<Integer> written = new Outcome<>();
        client.write(text("handler"), "mine", written);
        same(get(written), 7);
        same(get(read), 7);
        client.close();
        final Outcome<Integer> end = new Outcome<>();
        server.read(in, "mine", end);
        same(get(end), -1);
    }

    @Case
    static void scatterAndGather() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        final Outcome<Long> written = new Outcome<>();
        pair[0].write(
                new ByteBuffer[] {text("no"), text("one"), text("two")},
                1,
                2,
                Support.SOON,
                TimeUnit.MILLISECONDS,
                "mine",
                written);
        same(get(written), 6L);
        final ByteBuffer[] in = {ByteBuffer.allocate(2), ByteBuffer.allocateDirect(9)};
        final Outcome<Long> read = new Outcome<>();
        pair[1].read(in, 0, 2, 0, TimeUnit.SECONDS, "mine", read);
        same(get(read), 6L);
        same(in[0].position() + "," + in[1].position(), "2,4");
        fails(
                IndexOutOfBoundsException.class,
                () -> pair[1].read(in, 1, 2, 0, TimeUnit.SECONDS, "mine", new Outcome<Long>()));
    }

    @Case
    static void pendingOnesExcludeOthers() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        pair[0].read(ByteBuffer.allocate(1));
        fails(ReadPendingException.class, null, () -> pair[0].read(ByteBuffer.allocate(1)));
        final Future<Integer> write = pair[0].write(ByteBuffer.allocateDirect(64 << 20));
        if (!write.isDone()) {
            fails(WritePendingException.class, null, () -> pair[0].write(text("x")));
        }
        final AsynchronousServerSocketChannel listener = listener();
        listener.accept();
        fails(AcceptPendingException.class, null, listener::accept);
    }

    @Case
    static void mistakes() throws Exception {
        final AsynchronousSocketChannel channel = keep(AsynchronousSocketChannel.open());
        fails(NotYetConnectedException.class, null, () -> channel.read(ByteBuffer.allocate(1)));
        fails(NotYetConnectedException.class, null, () -> channel.write(text("x")));
        same(channel.getLocalAddress(), null);
        same(channel.getRemoteAddress(), null);
        final AsynchronousServerSocketChannel unbound = keep(AsynchronousServerSocketChannel.open());
        fails(NotYetBoundException.class, null, unbound::accept);
        same(unbound.getLocalAddress(), null);
        final AsynchronousSocketChannel[] pair = pair();
        fails(AlreadyConnectedException.class, null, () -> pair[0].connect(own(1)));
        fails(
                IllegalArgumentException.class,
                () -> pair[0].read(ByteBuffer.allocate(1).asReadOnlyBuffer()));
        fails(NullPointerException.class, () -> pair[0].read(ByteBuffer.allocate(1), "mine", null));
        channel.close();
        failure(ClosedChannelException.class, channel.read(ByteBuffer.allocate(1)));
        failure(ClosedChannelException.class, channel.connect(own(1)));
        check(!channel.isOpen(), "open");
        unbound.close();
        failure(ClosedChannelException.class, unbound.accept());
    }

    @Case
    static void refusedConnectFails() throws Exception {
        final AsynchronousSocketChannel channel = keep(AsynchronousSocketChannel.open());
        same(failure(ConnectException.class, channel.connect(dead())).getMessage(), "Connection refused");
        check(!channel.isOpen(), "open");
        final AsynchronousSocketChannel other = keep(AsynchronousSocketChannel.open());
        final Outcome<Void> outcome = new Outcome<>();
        other.connect(dead(), "mine", outcome);
        failure(ConnectException.class, outcome);
    }

    @Case
    static void pendingConnectEndsByClose() throws Exception {
        final AsynchronousSocketChannel channel = keep(AsynchronousSocketChannel.open());
        final Future<Void> connect = channel.connect(Support.silent());
        pause(30);
        check(!connect.isDone(), "done");
        fails(ConnectionPendingException.class, null, () -> channel.connect(own(1)));
        channel.close();
        failure(AsynchronousCloseException.class, connect);
    }

    @Case
    static void readTimesOut() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        final Outcome<Integer> read = new Outcome<>();
        took(
                millis(() -> {
                    pair[1].read(ByteBuffer.allocate(4), 60, TimeUnit.MILLISECONDS, "mine", read);
                    failure(InterruptedByTimeoutException.class, read);
                }),
                60);
        check(pair[1].isOpen(), "closed");
        fails(IllegalStateException.class, () -> pair[1].read(ByteBuffer.allocate(4)));
        same(get(pair[1].write(text("still"))), 5);
    }

    @Case
    static void readInTimeIsNoTimeout() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        for (int i = 0; i < 3; i++) {
            final Outcome<Integer> read = new Outcome<>();
            pair[1].read(ByteBuffer.allocate(4), 10, TimeUnit.SECONDS, "mine", read);
            get(pair[0].write(text("x")));
            same(get(read), 1);
        }
        pause(10_100);
        final Future<Integer> read = pair[1].read(ByteBuffer.allocate(4));
        get(pair[0].write(text("later")));
        same(get(read), 4);
    }

    @Case
    static void writeTimesOut() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        Outcome<Integer> written = new Outcome<>();
        try {
            while (true) {
                pair[0].write(ByteBuffer.allocateDirect(1 << 20), 60, TimeUnit.MILLISECONDS, "mine", written);
                get(written);
                written = new Outcome<>();
            }
        } catch (final ExecutionException e) {
            same(e.getCause().getClass(), InterruptedByTimeoutException.class);
        }
        fails(IllegalStateException.class, () -> pair[0].write(text("x")));
        check(pair[0].isOpen(), "closed");
    }

    @Case
    static void closeEndsWhatIsPending() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        final Future<Integer> read = pair[0].read(ByteBuffer.allocate(1));
        final Outcome<AsynchronousSocketChannel> accept = new Outcome<>();
        final AsynchronousServerSocketChannel listener = listener();
        listener.accept("mine", accept);
        pause(20);
        pair[0].close();
        listener.close();
        failure(AsynchronousCloseException.class, read);
        failure(AsynchronousCloseException.class, accept);
        same(get(pair[1].read(ByteBuffer.allocate(1))), -1);
    }

    @Case
    static void cancelledReadLeavesAnUnusableChannel() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        final Future<Integer> read = pair[1].read(ByteBuffer.allocate(1));
        fails(TimeoutException.class, () -> read.get(20, TimeUnit.MILLISECONDS));
        check(read.cancel(false) && read.isCancelled() && read.isDone(), "not cancelled");
        fails(java.util.concurrent.CancellationException.class, read::get);
        fails(IllegalStateException.class, () -> pair[1].read(ByteBuffer.allocate(1)));
        final Future<Integer> other = pair[0].read(ByteBuffer.allocate(1));
        check(other.cancel(true), "not cancelled");
        check(!pair[0].isOpen(), "cancel(true) closes");
    }

    @Case
    static void handlersReadInAChain() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        final CompletableFuture<Integer> total = new CompletableFuture<>();
        final ByteBuffer in = ByteBuffer.allocate(1000);
        pair[1].read(in, 0, new CompletionHandler<Integer, Integer>() {
            @Override
            public void completed(final Integer count, final Integer sum) {
                if (count < 0) {
                    total.complete(sum);
                    return;
                }
                in.clear();
                pair[1].read(in, sum + count, this);
            }

            @Override
            public void failed(final Throwable failure, final Integer sum) {
                total.completeExceptionally(failure);
            }
        });
        final ByteBuffer out = ByteBuffer.allocate(500_000);
        while (out.hasRemaining()) {
            get(pair[0].write(out));
        }
        pair[0].shutdownOutput();
        same(get(total), 500_000);
    }

    @Case
    static void groupsRunHandlersInTheirThreads() throws Exception {
        final AtomicInteger made = new AtomicInteger();
        final AsynchronousChannelGroup group = AsynchronousChannelGroup.withFixedThreadPool(2, body -> {
            final Thread thread = new Thread(body, "of the group " + made.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        final AsynchronousServerSocketChannel listener =
                keep(AsynchronousServerSocketChannel.open(group)).bind(own(0));
        final Outcome<AsynchronousSocketChannel> accepted = new Outcome<>();
        listener.accept("mine", accepted);
        final AsynchronousSocketChannel client = keep(AsynchronousSocketChannel.open());
        get(client.connect(listener.getLocalAddress()));
        final AsynchronousSocketChannel server = get(accepted);
        check(accepted.thread.getName().startsWith("of the group"), accepted.thread.getName());
        final Outcome<Integer> read = new Outcome<>();
        server.read(ByteBuffer.allocate(9), "mine", read);
        get(client.write(text("g")));
        same(get(read), 1);
        check(read.thread.getName().startsWith("of the group"), read.thread.getName());
        group.shutdown();
        check(group.isShutdown() && !group.isTerminated(), "terminated");
        fails(ShutdownChannelGroupException.class, null, () -> AsynchronousSocketChannel.open(group));
        server.close();
        listener.close();
        check(group.awaitTermination(Support.SOON, TimeUnit.MILLISECONDS) && group.isTerminated(), "not terminated");
    }

    @Case
    static void groupsCloseTheirChannels() throws Exception {
        final ExecutorService threads = Executors.newCachedThreadPool();
        final AsynchronousChannelGroup group = AsynchronousChannelGroup.withCachedThreadPool(threads, 1);
        final AsynchronousServerSocketChannel listener =
                AsynchronousServerSocketChannel.open(group).bind(own(0));
        final AsynchronousSocketChannel client = keep(AsynchronousSocketChannel.open());
        get(client.connect(listener.getLocalAddress()));
        final AsynchronousSocketChannel server = get(listener.accept());
        final Future<Integer> read = server.read(ByteBuffer.allocate(1));
        group.shutdownNow();
        failure(AsynchronousCloseException.class, read);
        check(client.isOpen() && !server.isOpen() && !listener.isOpen(), "open");
        check(group.awaitTermination(Support.SOON, TimeUnit.MILLISECONDS), "not terminated");
        check(threads.isShutdown(), "the pool goes on");
    }

    @Case
    static void shutdownStates() throws Exception {
        final AsynchronousSocketChannel[] pair = pair();
        same(pair[0].shutdownInput(), pair[0]);
        same(get(pair[0].read(ByteBuffer.allocate(1))), -1);
        same(pair[0].shutdownOutput(), pair[0]);
        failure(ClosedChannelException.class, pair[0].write(text("x")));
        same(get(pair[1].read(ByteBuffer.allocate(1))), -1);
        check(pair[0].toString().contains("shut"), pair[0].toString());
    }

    @Case
    static void manyAtOnce() throws Exception {
        final AsynchronousServerSocketChannel listener = listener();
        final AsynchronousSocketChannel[] clients = new AsynchronousSocketChannel[100];
        final Outcome<?>[] reads = new Outcome<?>[clients.length];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = keep(AsynchronousSocketChannel.open());
            get(clients[i].connect(listener.getLocalAddress()));
            final Outcome<Integer> read = new Outcome<>();
            keep(get(listener.accept())).read(ByteBuffer.allocate(9), "mine", read);
            reads[i] = read;
        }
        for (final AsynchronousSocketChannel client : clients) {
            get(client.write(text("abc")));
        }
        for (final Outcome<?> read : reads) {
            same(get(read), 3);
        }
    }
}
