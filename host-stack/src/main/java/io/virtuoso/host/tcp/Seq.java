package io.virtuoso.host.tcp;

/**
 * 32-bit sequence numbers (RFC 9293 section 3.4) and timestamps (RFC 7323 section 5.2): compared modulo 2^32, so only
 * meaningful when less than 2^31 apart.
 */
final class Seq {
    private Seq() {}

    static boolean lessThan(int a, int b) {
        return a - b < 0;
    }

    static boolean lessOrEqual(int a, int b) {
        return a - b <= 0;
    }

    static boolean greaterThan(int a, int b) {
        return a - b > 0;
    }

    /** The sequence number of a stream position, where {@code initial} is the sequence number of the SYN. */
    static int of(int initial, long position) {
        return initial + 1 + (int) position;
    }

    /** The stream position nearest to {@code reference} whose sequence number is {@code seq}. */
    static long position(int initial, long reference, int seq) {
        return reference + (seq - of(initial, reference));
    }
}
