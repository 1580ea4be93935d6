package io.virtuoso.bench.side;

/** Something that a benchmark needs did not happen; the message says what, in a sentence for people. */
public class BenchException extends Exception {
    private static final long serialVersionUID = 1L;

    public BenchException(final String message) {
        super(message);
    }

    public BenchException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
