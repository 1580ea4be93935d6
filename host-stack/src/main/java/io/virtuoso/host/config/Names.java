package io.virtuoso.host.config;

import java.util.regex.Pattern;

/** What guests, networks and interfaces may be called. */
public final class Names {
    /** What a guest's name must look like, for messages. */
    public static final String NAME_RULE = "1 to 63 of a-z A-Z 0-9 . _ -, the first a letter or digit";
    /** What an interface's name must look like, for messages. */
    public static final String INTERFACE_RULE = "1 to 15 of a-z A-Z 0-9 . _ -, the first a letter or digit";

    /** Guest names become file names and must fit the region header with their NUL. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    private static final Pattern INTERFACE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,14}");

    private Names() {}

    /** @return true if a guest or a network may have this name */
    public static boolean isGuestName(final String name) {
        return NAME.matcher(name).matches();
    }

    /** @return true if Linux accepts this interface name (IFNAMSIZ) and so do we */
    public static boolean isInterfaceName(final String name) {
        return INTERFACE.matcher(name).matches();
    }
}
