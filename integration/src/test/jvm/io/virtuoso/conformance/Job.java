package io.virtuoso.conformance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A thread of a case. */
final class Job {
    private static final int LOOK = 10; // ms

    private final Thread thread;
    private final CountDownLatch beginning = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private final boolean virtual;
    private volatile Throwable failure;
    private volatile Path task; // of the kernel; null for virtual threads

    private Job(final Support.Body body, final boolean virtual) {
        this.virtual = virtual;
        this.thread = virtual ? VirtualThreads.unstarted(() -> run(body)) : new Thread(() -> run(body), "job");
    }

    static Job start(final Support.Body body, final boolean virtual) {
        final Job job = new Job(body, virtual);
        if (!virtual) {
            job.thread.setDaemon(true);
        }
        job.thread.start();
        return job;
    }

    private void run(final Support.Body body) {
        task = virtual ? null : task();
        beginning.countDown();
        try {
            body.run();
        } catch (final Throwable e) {
            failure = e;
        } finally {
            end.countDown();
        }
    }

    /** Waits until it runs, which takes its time on a busy machine. */
    void awaitBeginning() throws InterruptedException {
        if (!beginning.await(Support.SOON, TimeUnit.MILLISECONDS)) {
            throw hang("did not begin");
        }
    }

    private static Path task() {
        try {
            return Path.of("/proc").resolve(Files.readSymbolicLink(Path.of("/proc/thread-self")));
        } catch (final IOException e) {
            return null;
        }
    }

    /** Waits until it has slept for a while: it is in the call that blocks. It must not have ended. */
    void awaitBlocked(final int milliseconds) throws InterruptedException {
        awaitBeginning();
        final long limit = System.nanoTime() + Support.SOON * 1_000_000L;
        for (int asleep = 0; asleep < milliseconds / LOOK && System.nanoTime() < limit; ) {
            Thread.sleep(LOOK);
            Support.check(isRunning(), "did not block");
            asleep = sleeps() ? asleep + 1 : 0;
        }
    }

    private boolean sleeps() {
        if (task == null) {
            final Thread.State state = thread.getState();
            return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
        }
        try {
            final String stat = Files.readString(task.resolve("stat"), StandardCharsets.ISO_8859_1);
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'S';
        } catch (final IOException e) {
            return true; // it has ended
        }
    }

    /** Waits until it has ended, as it must soon; its failure is thrown. */
    void join() throws InterruptedException {
        join(Support.SOON);
    }

    void join(final int milliseconds) throws InterruptedException {
        if (!end.await(milliseconds, TimeUnit.MILLISECONDS)) {
            throw hang("still runs after " + milliseconds + " ms");
        }
        if (failure != null) {
            throw new AssertionError("in a thread of the case: " + failure, failure);
        }
    }

    private AssertionError hang(final String what) {
        final AssertionError error = new AssertionError("a thread of the case " + what);
        error.setStackTrace(thread.getStackTrace());
        return error;
    }

    boolean isRunning() throws InterruptedException {
        if (end.getCount() == 0) {
            join();
        }
        return end.getCount() > 0;
    }

    void interrupt() {
        thread.interrupt();
    }

    Thread thread() {
        return thread;
    }

    /** Its stack if it has not ended; empty otherwise. */
    String whereabouts() {
        if (end.getCount() == 0) {
            final StringBuilder text = new StringBuilder("a thread of the case is still at\n");
            for (final StackTraceElement frame : thread.getStackTrace()) {
                text.append("    ").append(frame).append('\n');
            }
            return text.toString();
        }
        return failure == null ? "" : "a thread of the case: " + failure + "\n";
    }
}
