package io.virtuoso.conformance;

import java.util.ArrayList;
import java.util.List;

/** What a running case holds: threads of its own and things that are closed when it ends. */
final class Scope {
    private static final ThreadLocal<Scope> CURRENT = new ThreadLocal<>();

    private final boolean virtual;
    private final List<AutoCloseable> resources = new ArrayList<>();
    private final List<Job> jobs = new ArrayList<>();

    /**
     * A new one.
     *
     * @param virtual its threads are virtual
     */
    Scope(final boolean virtual) {
        this.virtual = virtual;
    }

    /** The one of the case that runs in this thread. */
    static Scope here() {
        return CURRENT.get();
    }

    /** The case's own thread. */
    Job startCase(final Support.Body body) {
        return Job.start(
                () -> {
                    CURRENT.set(this);
                    body.run();
                },
                virtual);
    }

    Job start(final Support.Body body) {
        final Job job = Job.start(
                () -> {
                    CURRENT.set(this);
                    body.run();
                },
                virtual);
        synchronized (jobs) {
            jobs.add(job);
        }
        return job;
    }

    void keep(final AutoCloseable resource) {
        synchronized (resources) {
            resources.add(resource);
        }
    }

    /** Closes all, last first. What fails now, or hangs, is no part of the case. */
    void close() throws InterruptedException {
        final Thread closer = new Thread(this::closeAll, "closer");
        closer.setDaemon(true);
        closer.start();
        closer.join(5000);
    }

    private void closeAll() {
        synchronized (resources) {
            for (int i = resources.size() - 1; i >= 0; i--) {
                try {
                    resources.get(i).close();
                } catch (final Exception e) {
                    continue;
                }
            }
            resources.clear();
        }
        synchronized (jobs) {
            jobs.forEach(Job::interrupt);
        }
    }

    /** What its threads are doing, for the message of a case that hangs. */
    String whereabouts() {
        final StringBuilder text = new StringBuilder();
        synchronized (jobs) {
            jobs.forEach(job -> text.append(job.whereabouts()));
        }
        return text.toString();
    }
}
