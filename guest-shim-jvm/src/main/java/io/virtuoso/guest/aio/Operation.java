package io.virtuoso.guest.aio;

import java.io.IOException;
import java.util.concurrent.Future;

/**
 * One read, write, accept or connect under way.
 *
 * @param <V> what it gives
 */
final class Operation<V> {
    /**
     * Tries without waiting.
     *
     * @param <V> what it gives
     */
    @FunctionalInterface
    interface Attempt<V> {
        /** @return null: not yet */
        V run() throws IOException;
    }

    private final Attempt<V> attempt;
    private final Completion<V> completion;
    private volatile Future<?> timer;

    Operation(Attempt<V> attempt, Completion<V> completion) {
        this.attempt = attempt;
        this.completion = completion;
    }

    /** Tries. @return how to tell of the end; null: it is not there yet */
    Runnable attempt() {
        try {
            V value = attempt.run();
            return value == null ? null : () -> succeed(value);
        } catch (IOException | RuntimeException e) {
            return () -> fail(e);
        }
    }

    private void succeed(V value) {
        stopTimer();
        completion.succeed(value);
    }

    void fail(Throwable why) {
        stopTimer();
        completion.fail(why);
    }

    /** Ends with the operation. */
    void timer(Future<?> started) {
        timer = started;
    }

    private void stopTimer() {
        Future<?> started = timer;
        if (started != null) {
            started.cancel(false);
        }
    }
}
