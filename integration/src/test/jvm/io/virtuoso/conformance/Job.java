package io.virtuoso.conformance;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A thread of a case. */
final class Job {
    private final Thread thread;
    private final CountDownLatch beginning = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile Throwable failure;

    private Job(final Support.Body body, final boolean virtual) {
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
        if (!beginning.await(5, TimeUnit.SECONDS)) {
            throw hang("did not begin");
        }
    }

    /** Waits until it has ended, as it must soon; its failure is thrown. */
    void join() throws InterruptedException {
        join(9000);
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
