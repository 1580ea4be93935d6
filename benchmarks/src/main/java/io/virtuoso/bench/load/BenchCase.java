package io.virtuoso.bench.load;

/**
 * One row of a benchmark: a server, and a load on it.
 *
 * @param benchmark the benchmark's name
 * @param name the case's name, unique within it
 * @param unit what an operation is
 */
public record BenchCase(String benchmark, String name, Unit unit, ServerProgram server, Load load) {
    /** What is counted, and so how a rate is written. */
    public enum Unit {
        /** requests or connections: thousands per second, processor seconds per million */
        OPERATIONS,
        /** bytes: gigabits per second, processor seconds per gigabyte */
        BYTES,
        /** bytes over a slow network: megabits per second, processor seconds per gigabyte */
        GOODPUT
    }

    /** @return the same as a case of another benchmark */
    BenchCase of(final String other) {
        return new BenchCase(other, name, unit, server, load);
    }
}
