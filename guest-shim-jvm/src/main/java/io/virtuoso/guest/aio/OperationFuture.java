package io.virtuoso.guest.aio;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** An operation's end, for who prefers to wait. */
final class OperationFuture<V> extends CompletableFuture<V> implements Completion<V> {
    private volatile Consumer<Boolean> whenCancelled = mayClose -> {};

    /** @param action told whether to close the channel, too */
    void onCancel(Consumer<Boolean> action) {
        whenCancelled = action;
    }

    @Override
    public void succeed(V value) {
        complete(value);
    }

    @Override
    public void fail(Throwable why) {
        completeExceptionally(why);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (isDone() || !super.cancel(mayInterruptIfRunning)) {
            return false;
        }
        whenCancelled.accept(mayInterruptIfRunning);
        return true;
    }
}
