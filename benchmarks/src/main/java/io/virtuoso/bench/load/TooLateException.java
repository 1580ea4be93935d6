package io.virtuoso.bench.load;

import io.virtuoso.bench.side.BenchException;

/** A load generator had its connections open only after it was to begin, which says that the machine is busy. */
final class TooLateException extends BenchException {
    /** {@code METER_TOO_LATE} of {@code meter.h}. */
    static final int STATUS = 3;

    private static final long serialVersionUID = 1L;

    TooLateException(final String message) {
        super(message);
    }
}
