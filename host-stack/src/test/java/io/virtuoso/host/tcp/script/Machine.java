package io.virtuoso.host.tcp.script;

import io.virtuoso.host.tcp.Sent;
import io.virtuoso.host.tcp.TcpSegment;
import java.util.List;

/** What a script is played against: a TCP with one application, and the time. */
interface Machine {
    /** A segment that the machine sent, as cut for the wire, and when. */
    record Arrived(long atNs, Sent segment) {}

    /** Never going back. */
    long nowNs();

    /** How much earlier or later something may come than a script says. */
    default long toleranceNs() {
        return 0;
    }

    /** The next segment that was sent; null, and the time is {@code untilNs}, if there is none until then. */
    Arrived poll(long untilNs);

    /** A segment from the peer. */
    void inject(TcpSegment segment);

    /**
     * A configuration (before the connection), a socket call or an ICMP message, as docs/testing.md lists them. Where
     * a sequence number is said it is as on the wire.
     *
     * @throws IllegalArgumentException if there is no such command
     */
    void command(String name, List<String> arguments);

    /**
     * A number about the connection, a time in nanoseconds, or a word.
     *
     * @throws IllegalArgumentException if there is no such fact
     */
    Object fact(String name);
}
