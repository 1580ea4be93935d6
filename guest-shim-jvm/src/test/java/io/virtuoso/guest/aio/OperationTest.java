package io.virtuoso.guest.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class OperationTest {
    private final OperationFuture<Integer> future = new OperationFuture<>();

    @Test
    void shouldEndOnceAnAttemptGivesSomething() throws Exception {
        Iterator<Integer> results = Arrays.asList(null, 3).iterator();
        Operation<Integer> operation = new Operation<>(results::next, future);
        assertNull(operation.attempt());
        Runnable told = operation.attempt();
        assertFalse(future.isDone(), "told outside");
        told.run();
        assertEquals(3, future.get());
    }

    @Test
    void shouldFailWithTheAttempt() {
        IOException reason = new IOException("Broken pipe");
        new Operation<Integer>(
                        () -> {
                            throw reason;
                        },
                        future)
                .attempt()
                .run();
        assertSame(reason, assertThrows(ExecutionException.class, future::get).getCause());
    }

    @Test
    void shouldStopItsTimerAtTheEnd() {
        FutureTask<Void> timer = new FutureTask<>(() -> null);
        Operation<Integer> operation = new Operation<>(() -> 1, future);
        operation.timer(timer);
        operation.attempt().run();
        assertTrue(timer.isCancelled());
    }

    @Test
    void shouldTellOfACancelOnce() {
        List<Boolean> told = new ArrayList<>();
        future.onCancel(told::add);
        assertTrue(future.cancel(true));
        assertFalse(future.cancel(true));
        future.succeed(1);
        assertEquals(List.of(true), told);
        assertThrows(CancellationException.class, future::get);
    }

    @Test
    void shouldNotBeCancelledAfterItsEnd() throws Exception {
        List<Boolean> told = new ArrayList<>();
        future.onCancel(told::add);
        future.succeed(2);
        assertFalse(future.cancel(true));
        assertEquals(List.of(), told);
        assertEquals(2, future.get());
    }
}
