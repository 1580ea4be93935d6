package io.virtuoso.host.capture;

import io.virtuoso.host.port.Frame;

/**
 * What is captured.
 *
 * @param guest      only packets that this guest pays for, or is the other end of; null: all packets
 * @param snapLength most bytes kept of a packet, {@link #MIN_SNAP} to {@link Frame#MAX_LENGTH}
 */
public record CaptureFilter(String guest, int snapLength) {
    /** Holds the headers of Ethernet, IPv6 and TCP. */
    public static final int MIN_SNAP = 96;

    public CaptureFilter {
        if (snapLength < MIN_SNAP || snapLength > Frame.MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "a snap length is between " + MIN_SNAP + " and " + Frame.MAX_LENGTH + " bytes");
        }
    }

    boolean matches(final String name) {
        return guest == null || guest.equals(name);
    }
}
