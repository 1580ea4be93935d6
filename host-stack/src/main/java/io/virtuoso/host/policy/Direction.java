package io.virtuoso.host.policy;

import java.util.Locale;

/** Which of a connection's ends a rule is about. */
public enum Direction {
    /** The guest is asked. */
    IN,
    /** The guest asks. */
    OUT;

    /** @return as configurations write it */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
