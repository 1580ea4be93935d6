package io.virtuoso.guest.net;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Plays what programs of this folder and its neighbours show, one after the other, each in a limited time. */
public final class Scenes {
    /** How long anything may take. */
    public static final int LIMIT_S = 20;

    private int failures;

    /** One thing to show. */
    @FunctionalInterface
    public interface Scene {
        /** Fails by an exception. */
        void play() throws Exception;
    }

    /** Plays one and prints how it went. */
    public void play(String name, Scene scene) {
        long start = System.nanoTime();
        FutureTask<Void> task = new FutureTask<>(() -> {
            scene.play();
            return null;
        });
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        try {
            unwrap(task);
            System.out.printf("ok    %-40s %6.1f ms%n", name, (System.nanoTime() - start) / 1e6);
        } catch (Exception e) {
            failures++;
            System.out.println("FAILED " + name);
            if (e instanceof TimeoutException) {
                e.setStackTrace(thread.getStackTrace());
            }
            e.printStackTrace(System.out);
        }
    }

    /** Ends the program: with status 0 if all went well. */
    public void end() {
        System.out.println(failures == 0 ? "all well" : failures + " scenes failed");
        System.exit(failures == 0 ? 0 : 1);
    }

    /** Runs something beside the scene. */
    public static <T> FutureTask<T> start(Callable<T> task) {
        FutureTask<T> future = new FutureTask<>(task);
        Thread thread = new Thread(null, future, "scene", 256 * 1024);
        thread.setDaemon(true);
        thread.start();
        return future;
    }

    /** A result in time, or the exception that it failed with. */
    public static <T> T unwrap(Future<T> future) throws Exception {
        try {
            return future.get(LIMIT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    /**
     * Fails unless an action throws what it should.
     *
     * @param message null: any
     */
    public static void expect(Class<? extends Exception> type, String message, Callable<?> action) {
        Object result;
        try {
            result = action.call();
        } catch (Exception e) {
            boolean fits = type.isInstance(e) && (message == null || message.equals(e.getMessage()));
            if (!fits) {
                throw new IllegalStateException("expected " + type.getSimpleName() + " " + message, e);
            }
            return;
        }
        fail("no " + type.getSimpleName() + " but " + result);
    }

    /** Fails unless something holds. */
    public static void check(boolean holds, String what) {
        if (!holds) {
            fail(what);
        }
    }

    /** Fails. */
    public static void fail(String what) {
        throw new IllegalStateException(what);
    }
}
