package io.virtuoso.host.config;

import java.util.HashMap;
import java.util.Map;

/** Things of which a configuration may have one only, with the line of the first. */
final class Claims {
    private final Map<String, Integer> lines = new HashMap<>();

    /**
     * Takes something of which there may be one only.
     *
     * @param key whose value names the thing
     * @param thing unique among all kinds of things
     */
    void claim(final YamlView view, final String key, final String thing, final String wrong, final String right)
            throws ConfigException {
        final Integer before = lines.putIfAbsent(thing, view.line(key));
        if (before != null) {
            throw view.error(key, wrong + " on line " + before + " already", right);
        }
    }

    /** The same for an item of a list. */
    void claimAt(final YamlView view, final YamlNode item, final String thing, final String wrong, final String right)
            throws ConfigException {
        final Integer before = lines.putIfAbsent(thing, item.line());
        if (before != null) {
            throw view.errorAt(item, wrong + " on line " + before + " already", right);
        }
    }

    /** Takes an address of a network. */
    void claimAddress(final YamlView view, final String key, final String network, final int address)
            throws ConfigException {
        final String text = Ipv4.format(address);
        claim(
                view,
                key,
                "address " + network + " " + text,
                "address " + text + " of network '" + network + "' is used",
                "choose another address");
    }
}
