package io.virtuoso.host.fastpath;

import io.virtuoso.host.config.CoresConfig;
import io.virtuoso.host.ffm.NativeThread;
import io.virtuoso.protocol.Errno;
import java.io.File;
import java.io.IOException;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which processors the host stack's threads run on: sched_setaffinity(2). */
final class Processors {
    private static final Logger LOG = LoggerFactory.getLogger(Processors.class);
    private static final File THREADS = new File("/proc/self/task");

    private final List<Integer> cpus;
    private final BitSet others;

    private Processors(List<Integer> cpus, BitSet others) {
        this.cpus = cpus;
        this.others = others;
    }

    /** @throws IOException if the process may not use one of the processors, or none is left for its other threads */
    static Processors of(CoresConfig config) throws IOException {
        return of(config, NativeThread.affinity());
    }

    /** @param allowed what the process may use */
    static Processors of(CoresConfig config, BitSet allowed) throws IOException {
        for (final int cpu : config.cpus()) {
            if (!allowed.get(cpu)) {
                throw new IOException("cores.cpus: the host stack may not use processor " + cpu + ", but " + allowed);
            }
        }
        final BitSet others = new BitSet();
        if (config.exclusive()) {
            others.or(allowed);
            config.cpus().forEach(others::clear);
            if (others.isEmpty()) {
                throw new IOException("cores.exclusive: no processor is left for the host stack's other threads");
            }
        }
        return new Processors(config.cpus(), others);
    }

    /** @return what threads other than cores may use; empty: what they may use already */
    BitSet others() {
        return others;
    }

    /** Binds the calling thread, a core's, to its processor if it has one. */
    void bind(int core) {
        if (core < cpus.size()) {
            final BitSet own = new BitSet();
            own.set(cpus.get(core));
            final int result = NativeThread.setAffinity(own);
            if (result < 0) {
                LOG.error("core {} is not bound to processor {}: {}", core, cpus.get(core), Errno.describe(-result));
            }
        }
    }

    /** Threads that exist now go to the other processors, and with them those that they will make. */
    void keepOthersOff() {
        if (others.isEmpty()) {
            return;
        }
        for (final String thread :
                Optional.ofNullable(THREADS.list()).map(List::of).orElse(Collections.emptyList())) {
            NativeThread.setAffinity(Integer.parseInt(thread), others); // one that has ended meanwhile needs nothing
        }
    }
}
