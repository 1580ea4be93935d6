package io.virtuoso.host.tcp;

import java.util.Locale;
import java.util.Optional;

/** Whether explicit congestion notification (RFC 3168) is asked for, and with which feedback. */
public enum EcnMode {
    /** Never. */
    OFF,
    /** Only where the peer asks for it, as Linux does by default. */
    PASSIVE,
    /** Also when a connection is opened. */
    ON,
    /** As {@link #ON}, with accurate feedback (RFC 9768) if the peer has it, too. */
    ACCURATE;

    /** @return whether it is asked for, whatever congestion control there is */
    boolean asks() {
        return this == ON || this == ACCURATE;
    }

    /** @return the name in the configuration */
    public String configName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @return the mode of this name, if there is one */
    public static Optional<EcnMode> named(String configName) {
        for (EcnMode mode : values()) {
            if (mode.configName().equals(configName)) {
                return Optional.of(mode);
            }
        }
        return Optional.empty();
    }
}
