package io.virtuoso.host.fuzz;

/** An entry point. Whatever {@link #run} throws is a finding. */
public interface FuzzTarget {
    /** Plays one input, from the same beginning each time. */
    void run(FuzzInput input);
}
