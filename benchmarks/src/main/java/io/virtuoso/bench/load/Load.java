package io.virtuoso.bench.load;

import io.virtuoso.bench.side.BenchException;
import java.util.Optional;

/** A client's work in one case. */
public interface Load {
    /** Runs it once; throws when it fails, gives no result, or takes far too long. */
    Sample run(Setting setting) throws BenchException;

    /** @return the command for people to read, without addresses and process ids */
    String describe();

    /** @return how long {@link #run} takes until the warm-up begins, in seconds, where it is a time of its own */
    default double startSeconds() {
        return 0;
    }

    /** @return a client that stays up over all runs and is told by {@link #run} what to do, if the load has one */
    default Optional<ServerProgram> client() {
        return Optional.empty();
    }
}
