package io.virtuoso.guest.nio;

import io.virtuoso.guest.core.Link;
import io.virtuoso.guest.os.Os;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Tries the channels and selectors of a JVM against each other, one scene after another. With a guest's socket it makes
 * itself that guest; without one it tries the JDK's own, which must pass as well.
 *
 * <pre>Smoke ADDRESS [GUEST-SOCKET] [SCENE...]</pre>
 */
public final class Smoke {
    static final long LIMIT_S = 30;

    /** One thing to try. */
    interface Scene {
        void run() throws Exception;
    }

    private static InetAddress address;
    private final Map<String, Scene> scenes = new LinkedHashMap<>();

    private Smoke() {}

    /** Entry. */
    public static void main(String[] args) throws Exception {
        address = InetAddress.getAllByName(args[0])[0];
        if (args.length > 1 && !args[1].isEmpty()) {
            System.setProperty("java.nio.channels.spi.SelectorProvider", GuestSelectorProvider.class.getName());
            Link.configure(Os.get(), args[1], "smoke");
        }
        Smoke smoke = new Smoke();
        new SmokeChannels().addTo(smoke.scenes);
        new SmokeErrors().addTo(smoke.scenes);
        new SmokeSelectors().addTo(smoke.scenes);
        new SmokeMixed().addTo(smoke.scenes);
        new SmokeStorms().addTo(smoke.scenes);
        System.exit(smoke.run(List.of(args).subList(Math.min(2, args.length), args.length)) ? 0 : 1);
    }

    private boolean run(List<String> wanted) {
        int failed = 0;
        int passed = 0;
        for (Map.Entry<String, Scene> scene : scenes.entrySet()) {
            if (wanted.isEmpty() || wanted.contains(scene.getKey())) {
                if (run(scene.getKey(), scene.getValue())) {
                    passed++;
                } else {
                    failed++;
                }
            }
        }
        System.out.println(passed + " passed, " + failed + " failed");
        return failed == 0;
    }

    private static boolean run(String name, Scene scene) {
        FutureTask<Void> task = new FutureTask<>(() -> {
            scene.run();
            return null;
        });
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        long begin = System.nanoTime();
        thread.start();
        try {
            task.get(LIMIT_S, TimeUnit.SECONDS);
            System.out.println("ok   " + name + " " + (System.nanoTime() - begin) / 1_000_000 + " ms");
            return true;
        } catch (ExecutionException e) {
            System.out.println("FAIL " + name + ": " + e.getCause());
            e.getCause().printStackTrace(System.out);
        } catch (TimeoutException e) {
            System.out.println("FAIL " + name + ": hangs");
            Thread.getAllStackTraces().forEach((other, frames) -> {
                if (!other.isDaemon() || other == thread || other.getName().startsWith("by-")) {
                    System.out.println("  " + other);
                    for (StackTraceElement frame : frames) {
                        System.out.println("    " + frame);
                    }
                }
            });
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return false;
    }

    // ---- what scenes need --------------------------------------------------------------------

    static InetAddress address() {
        return address;
    }

    static boolean isGuest() throws IOException {
        try (SocketChannel channel = SocketChannel.open()) {
            return channel instanceof GuestSocketChannel;
        }
    }

    static ServerSocketChannel listen() throws IOException {
        return ServerSocketChannel.open().bind(new InetSocketAddress(0), 8192);
    }

    static InetSocketAddress target(ServerSocketChannel server) throws IOException {
        return new InetSocketAddress(address, ((InetSocketAddress) server.getLocalAddress()).getPort());
    }

    /** Two ends of one connection. */
    static final class Pair implements AutoCloseable {
        final SocketChannel client;
        final SocketChannel server;

        Pair(SocketChannel client, SocketChannel server) {
            this.client = client;
            this.server = server;
        }

        static Pair open() throws IOException {
            try (ServerSocketChannel listener = listen()) {
                return open(listener);
            }
        }

        static Pair open(ServerSocketChannel listener) throws IOException {
            SocketChannel client = SocketChannel.open(target(listener));
            return new Pair(client, listener.accept());
        }

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }

    static FutureTask<Object> start(Callable<?> call) {
        return start(call, false);
    }

    /** Runs a call beside the scene. On a virtual thread, if asked and this JVM has them. */
    static FutureTask<Object> start(Callable<?> call, boolean virtual) {
        FutureTask<Object> task = new FutureTask<>(call::call);
        if (virtual && Runtime.version().feature() >= 21) {
            startVirtual(task);
        } else {
            thread(task).start();
        }
        return task;
    }

    static Thread thread(Runnable run) {
        Thread thread = new Thread(run, "by-" + Thread.currentThread().getName());
        thread.setDaemon(true);
        return thread;
    }

    static Thread startVirtual(Runnable run) {
        try {
            Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
            return (Thread) start.invoke(null, run);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    static Object get(FutureTask<?> task) throws Exception {
        return task.get(10, TimeUnit.SECONDS);
    }

    static void mustThrow(Class<? extends Throwable> type, FutureTask<?> task) throws Exception {
        mustThrow(type, () -> {
            try {
                get(task);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        });
    }

    static <T extends Throwable> T mustThrow(Class<T> type, Scene scene) {
        try {
            scene.run();
        } catch (Throwable e) {
            if (e.getClass() == type) {
                return type.cast(e);
            }
            throw new AssertionError("threw " + e + " instead of " + type, e);
        }
        throw new AssertionError("did not throw " + type);
    }

    static void equal(Object expected, Object actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected " + expected + " but was " + actual);
        }
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("not so: " + what);
        }
    }

    static void pause(long millis) throws InterruptedException {
        Thread.sleep(millis);
    }

    static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + i / 251);
        }
        return bytes;
    }

    static byte[] readAll(SocketChannel channel, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            // until the end
        }
        byte[] got = new byte[buffer.position()];
        buffer.flip().get(got);
        return got;
    }

    static List<Thread> threads(int count, Runnable run) {
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Thread thread = thread(run);
            thread.start();
            all.add(thread);
        }
        return all;
    }
}
