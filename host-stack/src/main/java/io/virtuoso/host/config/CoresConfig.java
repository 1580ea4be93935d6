package io.virtuoso.host.config;

import java.util.List;

/**
 * The fast-path cores: threads that guests are served by. They start and stop with the load.
 *
 * @param least     cores that stay in use, if there are as many islands
 * @param most      cores that may be in use, 1 to {@link #MAX_CORES}
 * @param cpus      processors that the cores are bound to, in their order; empty: to none, else at least {@code most}
 * @param exclusive whether the host stack's other threads keep off these processors
 */
public record CoresConfig(int least, int most, List<Integer> cpus, boolean exclusive) {
    /** Most cores. */
    public static final int MAX_CORES = 64;
    /** Highest number of a processor. */
    public static final int MAX_CPU = 1023;
    /** What applies when a configuration says nothing. */
    public static final CoresConfig DEFAULT = new CoresConfig(1, 1, List.of(), false);

    /** Copies the list. */
    public CoresConfig {
        cpus = List.copyOf(cpus);
    }
}
