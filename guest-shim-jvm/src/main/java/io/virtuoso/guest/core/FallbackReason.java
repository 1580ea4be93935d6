package io.virtuoso.guest.core;

import java.util.concurrent.atomic.LongAdder;

/** Why a socket was left to the platform. Each is counted; the counts are part of the report at the JVM's end. */
@SuppressWarnings("ImmutableEnumChecker") // counting is what the constants are for
public enum FallbackReason {
    /** Bound to 127.x or ::1, or used for it where no socket of this guest answers. */
    LOOPBACK("loopback address that no socket of this guest serves"),

    /** An IPv6 address beyond the guest's subnet. */
    IPV6("IPv6 address beyond the guest's subnet"),

    /** An address that the operator's rule leaves to the platform. */
    RULE("address left to the platform by rule"),

    /** A Unix-domain channel. */
    UNIX_DOMAIN("Unix-domain channel"),

    /** Datagrams to an address beyond the guest's network, or to all stations of one. */
    OUTSIDE("datagrams to outside the guest's network"),

    /** A datagram socket with an option that the host stack does not have. */
    OPTION("datagram socket with an option of the platform's only"),

    /** A datagram socket used while there was no host stack that knows UDP. */
    UNATTACHED("datagram socket without a host stack"),

    /** A Socket that was made for datagrams, which its class does not do any more. */
    DATAGRAM("datagram socket of class Socket"),

    /** A channel that this JVM inherited from the process that started it. */
    INHERITED("channel inherited from the parent process");

    private final String text;
    private final LongAdder counter = new LongAdder();

    FallbackReason(String text) {
        this.text = text;
    }

    /**
     * Why an address that belongs there means the platform.
     *
     * @throws IllegalArgumentException if it does not
     */
    public static FallbackReason of(Target target) {
        return switch (target) {
            case LOOPBACK -> LOOPBACK;
            case PLATFORM_IPV6 -> IPV6;
            case PLATFORM_BY_RULE -> RULE;
            case VIRTUOSO -> throw new IllegalArgumentException("no reason to leave: " + target);
        };
    }

    /** What to tell people. */
    public String text() {
        return text;
    }

    /** One more socket was left to the platform for this reason. */
    public void count() {
        counter.increment();
    }

    /** Sockets left to the platform for this reason so far. */
    public long counted() {
        return counter.sum();
    }
}
