package io.virtuoso.protocol;

/** Congestion controls: values of {@link Option#CONGESTION} and of the region's header. */
public final class Congestion {
    /** NewReno, RFC 5681 and 6582. */
    public static final int RENO = 1;

    /** CUBIC, RFC 9438. */
    public static final int CUBIC = 2;

    /** DCTCP, RFC 8257; since 2.2. */
    public static final int DCTCP = 3;

    /** BBR, draft-ietf-ccwg-bbr; since 2.3. */
    public static final int BBR = 4;

    private Congestion() {}
}
