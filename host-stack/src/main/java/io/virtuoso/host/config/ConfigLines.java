package io.virtuoso.host.config;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** On which line of its file a configuration says what. */
public final class ConfigLines {
    /** Of a configuration that was not read from a file. */
    public static final ConfigLines NONE = new ConfigLines("configuration");

    private final String file;
    private final Map<String, Integer> lines = new HashMap<>();

    ConfigLines(final String file) {
        this.file = file;
    }

    /**
     * Notes a mapping and its keys.
     *
     * @param thing what it describes, such as {@code guest web}; empty: the whole configuration
     */
    void note(final String thing, final YamlView view) {
        lines.put(thing, view.line(""));
        view.keys().forEach(key -> lines.put(thing + "." + key, view.line(key)));
    }

    /** @return true if the thing has the key */
    boolean has(final String thing, final String key) {
        return lines.containsKey(thing + "." + key);
    }

    /** @return an error on the line of a thing's key; if that is not there, of the thing; else on the first */
    ConfigException error(final String thing, final String key, final String wrong, final String right) {
        return new ConfigException(file, line(thing, key), wrong, right);
    }

    private int line(final String thing, final String key) {
        final Integer ofKey = lines.get(thing + "." + key);
        return ofKey != null ? ofKey : lines.getOrDefault(thing, 1);
    }

    /**
     * Names the line where a configuration asks for a port.
     *
     * @param thing whose it is, as {@link #note} was told
     * @param failed why it cannot be opened
     */
    public IOException portError(final String thing, final IOException failed) {
        final String key = Stream.of("port", "tap", "tunnel")
                .filter(one -> has(thing, one))
                .findFirst()
                .orElse("port");
        final String place = lines.isEmpty() ? "" : file + ":" + line(thing, key) + ": ";
        return new IOException(place + failed.getMessage(), failed);
    }
}
