package io.virtuoso.guest.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.AsynchronousChannel;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.ShutdownChannelGroupException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GuestChannelGroupTest {
    private final GuestAsynchronousChannelProvider provider = new GuestAsynchronousChannelProvider();
    private final GuestChannelGroup group =
            (GuestChannelGroup) provider.openAsynchronousChannelGroup(1, Executors.defaultThreadFactory());

    @AfterEach
    void end() throws Exception {
        group.shutdownNow();
        assertTrue(group.awaitTermination(30, TimeUnit.SECONDS));
    }

    /** A channel that only can be closed. */
    private final class Member implements AsynchronousChannel {
        private boolean open = true;

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void close() {
            open = false;
            group.remove(this);
        }
    }

    @Test
    void shouldRunHandlersOnItsThreads() throws Exception {
        CompletableFuture<Thread> first = new CompletableFuture<>();
        CompletableFuture<Thread> second = new CompletableFuture<>();
        group.dispatch(() -> {
            group.dispatch(() -> second.complete(Thread.currentThread()));
            first.complete(Thread.currentThread());
        });
        assertNotSame(Thread.currentThread(), first.get());
        assertSame(first.get(), second.get());
    }

    @Test
    void shouldNotNestHandlersWithoutEnd() throws Exception {
        CompletableFuture<Integer> depth = new CompletableFuture<>();
        group.dispatch(() -> again(10_000, depth));
        assertTrue(depth.get() < 1_000, "stack of " + depth.get());
    }

    private void again(int left, CompletableFuture<Integer> depth) {
        if (left == 0) {
            depth.complete(new Throwable().getStackTrace().length);
        } else {
            group.dispatch(() -> again(left - 1, depth));
        }
    }

    @Test
    void shouldEndWhenTheLastChannelIsClosed() throws Exception {
        Member member = new Member();
        group.add(member);
        group.shutdown();
        assertTrue(group.isShutdown());
        assertFalse(group.isTerminated());
        assertThrows(ShutdownChannelGroupException.class, () -> group.add(new Member()));
        member.close();
        assertTrue(group.awaitTermination(30, TimeUnit.SECONDS));
        assertTrue(group.isTerminated());
    }

    @Test
    void shouldCloseChannelsWhenItEndsNow() throws IOException {
        Member member = new Member();
        group.add(member);
        group.shutdownNow();
        assertFalse(member.isOpen());
    }

    @Test
    void shouldEndWithItsPartAtThePlatform() throws Exception {
        AsynchronousChannelGroup platform = group.platform();
        assertNotSame(GuestChannelGroup.class, platform.getClass());
        group.shutdown();
        assertTrue(platform.awaitTermination(30, TimeUnit.SECONDS));
        assertTrue(group.awaitTermination(30, TimeUnit.SECONDS));
    }

    @Test
    void shouldRunWhatAnEndedExecutorRefuses() throws Exception {
        group.shutdown();
        assertTrue(group.awaitTermination(30, TimeUnit.SECONDS));
        CompletableFuture<Integer> done = new CompletableFuture<>();
        group.execute(() -> done.complete(7));
        assertEquals(7, done.get());
    }

    @Test
    void shouldRefuseAGroupWithoutThreads() {
        assertThrows(
                IllegalArgumentException.class,
                () -> provider.openAsynchronousChannelGroup(0, Executors.defaultThreadFactory()));
        assertThrows(NullPointerException.class, () -> provider.openAsynchronousChannelGroup(null, 0));
    }
}
