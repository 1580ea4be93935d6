package io.virtuoso.host.policy;

import java.util.Locale;
import java.util.Optional;

/** What rules tell apart. ICMP is that of both families. */
public enum Protocol {
    TCP,
    UDP,
    ICMP;

    /** @return the protocol that a configuration calls so */
    public static Optional<Protocol> named(final String text) {
        for (final Protocol protocol : values()) {
            if (protocol.text().equals(text)) {
                return Optional.of(protocol);
            }
        }
        return Optional.empty();
    }

    /** @return as configurations write it */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
