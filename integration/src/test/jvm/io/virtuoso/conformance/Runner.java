package io.virtuoso.conformance;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs cases and tells their outcomes: first a line "plan NAME" for each, then "planned COUNT", then for each, in any
 * order, "case NAME (TIME ms): ok", or "skipped: WHY", or, after lines "# NAME: TEXT", "FAILED: WHY"; "failed COUNT" at
 * last.
 */
final class Runner {
    private final Queue<Registry.Entry> waiting;
    private final AtomicInteger failed = new AtomicInteger();

    private Runner(final List<Registry.Entry> entries) {
        this.waiting = new ConcurrentLinkedQueue<>(entries);
    }

    /** Runs all. @return exit status */
    static int run(final List<Registry.Entry> entries) throws InterruptedException {
        entries.forEach(entry -> System.out.println("plan " + entry.name));
        System.out.println("planned " + entries.size());
        final Runner runner = new Runner(entries);
        final Thread[] workers = new Thread[Integer.parseInt(Support.variable("CONF_JOBS", "1"))];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Thread(runner::work, "worker");
            workers[i].start();
        }
        for (final Thread worker : workers) {
            worker.join();
        }
        System.out.println("failed " + runner.failed);
        return runner.failed.get() == 0 ? 0 : 1;
    }

    private void work() {
        for (Registry.Entry entry = waiting.poll(); entry != null; entry = waiting.poll()) {
            try {
                run(entry);
            } catch (final InterruptedException e) {
                return;
            }
        }
    }

    /** Runs one in a thread of its own, which is left alone when its time is over. */
    private void run(final Registry.Entry entry) throws InterruptedException {
        final long start = System.nanoTime();
        final Scope scope = new Scope(entry.virtual);
        final StringBuilder text = new StringBuilder();
        String verdict = "ok";
        try {
            scope.startCase(entry::run).join(entry.seconds * 1000);
        } catch (final AssertionError e) {
            final Throwable failure = e.getCause() == null ? e : e.getCause();
            if (failure instanceof Support.Skipped) {
                verdict = "skipped: " + failure.getMessage();
            } else {
                verdict = "FAILED: " + failure.getMessage() + " at " + place(failure);
                final StringWriter stack = new StringWriter();
                failure.printStackTrace(new PrintWriter(stack));
                (stack + scope.whereabouts())
                        .lines()
                        .forEach(line -> text.append("# " + entry.name + ": " + line + "\n"));
                failed.incrementAndGet();
            }
        }
        scope.close();
        final long took = (System.nanoTime() - start) / 1_000_000;
        text.append("case " + entry.name + " (" + took + " ms): " + verdict.replace('\n', ' '));
        System.out.println(text);
    }

    /** The line of the suite that failed. */
    private static String place(final Throwable failure) {
        for (final StackTraceElement frame : failure.getStackTrace()) {
            if (!frame.getClassName().equals(Support.class.getName())
                    && frame.getClassName().startsWith(Main.class.getPackageName())) {
                return frame.getFileName() + ":" + frame.getLineNumber();
            }
        }
        return failure.getSuppressed().length == 0 ? "an unknown place" : place(failure.getSuppressed()[0]);
    }
}
