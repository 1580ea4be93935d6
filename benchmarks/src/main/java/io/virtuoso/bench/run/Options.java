package io.virtuoso.bench.run;

import io.virtuoso.bench.side.Cores;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a benchmark is run.
 *
 * @param home the project's top folder
 * @param seconds length of a run's measured window; programs that know only whole seconds round it, at least to one
 * @param runs comparable pairs wanted for each case
 * @param cores where client, server and host stack run
 * @param smoke one pair of each case whatever its placement, to see that everything works
 * @param selfCheck the kernel's stack on both sides: every ratio should be one
 * @param profiles folder for profiles of one more run on each side, if they are wanted
 * @param rig what lies between client and server
 */
public record Options(
        Path home,
        double seconds,
        int runs,
        Cores cores,
        boolean smoke,
        boolean selfCheck,
        Optional<Path> profiles,
        Rig rig) {
    private static final double WARM_UP_SECONDS = 0.3;
    private static final double SMOKE_WARM_UP_SECONDS = 0.05;

    /** @return folder with the load generators */
    public Path tools() {
        return home.resolve("benchmarks/target/bin");
    }

    /** @return seconds before the measured window */
    public double warmUp() {
        return smoke ? SMOKE_WARM_UP_SECONDS : WARM_UP_SECONDS;
    }

    /** @return how many pairs a case gets at most, when placements keep changing */
    public int mostPairs() {
        return smoke ? 1 : 2 * runs;
    }
}
