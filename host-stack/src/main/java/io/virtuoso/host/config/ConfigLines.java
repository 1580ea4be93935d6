package io.virtuoso.host.config;

import java.util.HashMap;
import java.util.Map;

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
        final Integer ofKey = lines.get(thing + "." + key);
        return new ConfigException(file, ofKey != null ? ofKey : lines.getOrDefault(thing, 1), wrong, right);
    }
}
