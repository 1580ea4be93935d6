package io.virtuoso.host.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongPredicate;

/** Runs a target with ever new inputs. Keeps those that take edges, or numbers of times, that none before took. */
final class Fuzzer {
    /** An input, in hexadecimal, that made the target throw; as short as could be had. */
    record Finding(String input, Throwable thrown) {}

    private static final int MOST_FINDINGS = 20;

    private final FuzzTarget target;
    private final SplittableRandom random;
    private final Mutator mutator;
    private final byte[] seen = EdgeCounts.newSeen();
    private final List<byte[]> corpus = new ArrayList<>();
    private final Map<String, Finding> findings = new LinkedHashMap<>();
    private long executions;

    Fuzzer(FuzzTarget target, long seed) {
        this.target = target;
        random = new SplittableRandom(seed);
        mutator = new Mutator(random);
    }

    /** Plays an input that is known, and keeps it if it is of use. */
    void play(byte[] input) {
        Throwable thrown = execute(input);
        if (thrown != null) {
            note(input, thrown);
        } else if (EdgeCounts.addTo(seen)) {
            corpus.add(input);
        }
    }

    /** Plays new inputs for as long as {@code goesOn}, which is asked with their number so far. */
    void fuzz(LongPredicate goesOn) {
        if (corpus.isEmpty()) {
            corpus.add(new byte[0]);
        }
        while (goesOn.test(executions) && findings.size() < MOST_FINDINGS) {
            play(mutator.mutate(pick(), corpus.get(random.nextInt(corpus.size()))));
        }
    }

    /** What was found lately is looked at more often. */
    private byte[] pick() {
        int size = corpus.size();
        int lately = Math.max(size / 4, 1);
        return corpus.get(random.nextBoolean() ? random.nextInt(size) : size - 1 - random.nextInt(lately));
    }

    private Throwable execute(byte[] input) {
        executions++;
        EdgeCounts.clear();
        try {
            target.run(new FuzzInput(input));
            return null;
        } catch (Exception | AssertionError | StackOverflowError | OutOfMemoryError e) {
            return e;
        }
    }

    private void note(byte[] input, Throwable thrown) {
        String name = name(thrown);
        if (!findings.containsKey(name)) {
            findings.put(name, shorten(input, name, thrown));
        }
    }

    /** What was thrown, and where in this project. */
    private static String name(Throwable thrown) {
        String where = Arrays.stream(thrown.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("io.virtuoso."))
                .findFirst()
                .map(StackTraceElement::toString)
                .orElse("");
        return thrown.getClass().getName() + " at " + where;
    }

    private Finding shorten(byte[] input, String name, Throwable thrown) {
        byte[] best = input;
        for (int piece = Math.max(input.length / 2, 1); piece > 0; piece /= 2) {
            for (int at = 0; at + piece <= best.length; ) {
                byte[] candidate = without(best, at, piece);
                Throwable again = execute(candidate);
                if (again != null && name(again).equals(name)) {
                    best = candidate;
                } else {
                    at += piece;
                }
            }
        }
        return new Finding(HexFormat.of().formatHex(best), thrown);
    }

    private static byte[] without(byte[] input, int at, int length) {
        byte[] result = Arrays.copyOf(input, input.length - length);
        System.arraycopy(input, at + length, result, at, input.length - at - length);
        return result;
    }

    /** The fewest of the corpus that take all edges that it takes, as far as taking the short ones first finds them. */
    List<byte[]> essential() {
        byte[] covered = EdgeCounts.newSeen();
        List<byte[]> kept = new ArrayList<>();
        List<byte[]> sorted = new ArrayList<>(corpus);
        sorted.sort((a, b) -> a.length != b.length ? Integer.compare(a.length, b.length) : Arrays.compare(a, b));
        for (byte[] input : sorted) {
            int before = EdgeCounts.countSeen(covered);
            Throwable thrown = execute(input);
            EdgeCounts.addTo(covered);
            if (thrown == null && EdgeCounts.countSeen(covered) > before) {
                kept.add(input);
            }
        }
        return kept;
    }

    long executions() {
        return executions;
    }

    /** Edges taken by anything so far. */
    int edges() {
        return EdgeCounts.countSeen(seen);
    }

    int corpusSize() {
        return corpus.size();
    }

    List<Finding> findings() {
        return List.copyOf(findings.values());
    }
}
