package io.virtuoso.host;

import io.virtuoso.host.config.HostConfig;
import io.virtuoso.host.control.ControlMailbox;
import io.virtuoso.host.control.StackMailbox;
import io.virtuoso.host.fastpath.FastPathAgent;
import io.virtuoso.host.fastpath.Sleeper;
import io.virtuoso.host.fastpath.StackIdleStrategy;
import io.virtuoso.host.slowpath.NoWire;
import io.virtuoso.host.slowpath.SlowPath;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.CachedNanoClock;

/** The thread that runs fast path and slow path. */
final class StackThread implements AutoCloseable {
    /** How long the stack waits for more work before it sleeps, if a core is to spare. */
    private static final long LONGEST_WAIT_NS = 50_000;

    private static final int STOP_MILLIS = 3_000;

    private final StackMailbox mailbox;
    private final AgentRunner runner;

    StackThread(
            final HostConfig config,
            final StackMailbox mailbox,
            final ControlMailbox control,
            final List<NetworkPort> ports,
            final Consumer<Throwable> fatal)
            throws IOException {
        this.mailbox = mailbox;
        final CachedNanoClock clock = new CachedNanoClock();
        clock.update(System.nanoTime());
        final Sleeper sleeper = new Sleeper();
        final SlowPath slowPath = SlowPath.create(clock, parts -> new NoWire());
        final FastPathAgent agent =
                new FastPathAgent(clock, mailbox, control, slowPath, sleeper, config.limits());
        final int cores = Runtime.getRuntime().availableProcessors();
        final StackIdleStrategy idle = new StackIdleStrategy(agent, cores, LONGEST_WAIT_NS);
        runner = new AgentRunner(idle, fault -> onFault(fault, fatal), null, agent);
    }

    /** The runner reports the end that {@link #close} asks for as a fault, too. */
    private static void onFault(final Throwable fault, final Consumer<Throwable> fatal) {
        if (!(fault instanceof AgentTerminationException)) {
            fatal.accept(fault);
        }
    }

    void start() {
        final Thread thread = AgentRunner.startOnThread(runner);
        thread.setName("virtuoso-stack");
    }

    /** The thread may sleep in the kernel, where only a message reaches it. */
    @Override
    public void close() {
        mailbox.stop();
        runner.close(STOP_MILLIS, thread -> {});
    }
}
