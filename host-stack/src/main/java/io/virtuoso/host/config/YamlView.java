package io.virtuoso.host.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** One mapping of a configuration, read field by field, with errors that name file and line. */
final class YamlView {
    private final String file;
    private final String what;
    private final YamlNode.Mapping mapping;

    private YamlView(final String file, final String what, final YamlNode.Mapping mapping) {
        this.file = file;
        this.what = what;
        this.mapping = mapping;
    }

    /**
     * @param what  what the mapping describes, for messages
     * @param known the keys it may have
     */
    static YamlView of(final String file, final String what, final YamlNode node, final List<String> known)
            throws ConfigException {
        if (!(node instanceof YamlNode.Mapping mapping)) {
            throw new ConfigException(
                    file, node.line(), what + " is " + node.kind(), "give a mapping with " + String.join(", ", known));
        }
        for (final var entry : mapping.entries().entrySet()) {
            if (!Set.copyOf(known).contains(entry.getKey())) {
                throw new ConfigException(
                        file,
                        entry.getValue().line(),
                        "unknown key '" + entry.getKey() + "' in " + what,
                        "known keys: " + String.join(", ", known));
            }
        }
        return new YamlView(file, what, mapping);
    }

    /** @return a view of another mapping in the same file */
    YamlView of(final String otherWhat, final YamlNode node, final List<String> known) throws ConfigException {
        return of(file, otherWhat, node, known);
    }

    /** @return true if a mapping is under the key */
    boolean isMapping(final String key) {
        return has(key) && mapping.entries().get(key).value() instanceof YamlNode.Mapping;
    }

    /** @return an error on the line of a key, or of the mapping if the key is absent */
    ConfigException error(final String key, final String wrong, final String right) {
        return new ConfigException(file, line(key), wrong, right);
    }

    /** @return an error on the line of an item */
    ConfigException errorAt(final YamlNode item, final String wrong, final String right) {
        return new ConfigException(file, item.line(), wrong, right);
    }

    /** @return an item of a list, as a mapping */
    YamlView item(final String itemWhat, final YamlNode item, final List<String> known) throws ConfigException {
        return of(file, itemWhat, item, known);
    }

    int line(final String key) {
        final YamlNode.Entry entry = mapping.entries().get(key);
        return entry == null ? mapping.line() : entry.line();
    }

    boolean has(final String key) {
        return mapping.entries().containsKey(key);
    }

    /** @return the mapping under a key, if it is there */
    Optional<YamlView> child(final String key, final String childWhat, final List<String> known)
            throws ConfigException {
        if (!has(key)) {
            return Optional.empty();
        }
        return Optional.of(of(file, childWhat, mapping.entries().get(key).value(), known));
    }

    /** @return the items under a key; none if it is absent */
    List<YamlNode> list(final String key) throws ConfigException {
        if (!has(key)) {
            return List.of();
        }
        final YamlNode value = mapping.entries().get(key).value();
        if (value instanceof YamlNode.Sequence(int line, List<YamlNode> items)) {
            return items;
        }
        throw error(key, "'" + key + "' is " + value.kind(), "give a list");
    }

    /** @return the keys that are there */
    Set<String> keys() {
        return mapping.entries().keySet();
    }

    /** @return the words under a key, which may be one word or a list of them; none if it is absent */
    List<String> words(final String key, final String right) throws ConfigException {
        if (!has(key)) {
            return List.of();
        }
        if (!(mapping.entries().get(key).value() instanceof YamlNode.Sequence)) {
            return List.of(text(key, right));
        }
        final List<String> words = new ArrayList<>();
        for (final YamlNode item : list(key)) {
            if (!(item instanceof YamlNode.Scalar(int line, String text)) || text.isEmpty()) {
                throw new ConfigException(file, item.line(), "'" + key + "' holds " + item.kind(), right);
            }
            words.add(text);
        }
        return words;
    }

    /** @return labels under a key, a mapping or a list; none if it is absent. One without a value has an empty one */
    Map<String, String> labels(final String key) throws ConfigException {
        final String right = "give labels such as {app: web, tier: front} or [web, front], of " + Names.NAME_RULE;
        final Map<String, String> labels = new LinkedHashMap<>();
        if (has(key) && mapping.entries().get(key).value() instanceof YamlNode.Mapping given) {
            for (final var label : given.entries().entrySet()) {
                if (!(label.getValue().value() instanceof YamlNode.Scalar(int line, String value))
                        || !Names.isGuestName(value)
                        || !Names.isGuestName(label.getKey())) {
                    throw new ConfigException(
                            file, label.getValue().line(), "bad label '" + label.getKey() + "'", right);
                }
                labels.put(label.getKey(), value);
            }
            return labels;
        }
        for (final String label : words(key, right)) {
            if (!Names.isGuestName(label)) {
                throw error(key, "bad label '" + label + "'", right);
            }
            labels.put(label, "");
        }
        return labels;
    }

    String text(final String key, final String right) throws ConfigException {
        if (!has(key)) {
            throw error(key, what + " has no '" + key + "'", right);
        }
        final YamlNode value = mapping.entries().get(key).value();
        if (value instanceof YamlNode.Scalar(int line, String text) && !text.isEmpty()) {
            return text;
        }
        throw error(key, "'" + key + "' of " + what + " is " + value.kind(), right);
    }

    String name(final String key) throws ConfigException {
        final String name = text(key, "give a name of " + Names.NAME_RULE);
        if (!Names.isGuestName(name)) {
            throw error(key, "bad name '" + name + "'", "use " + Names.NAME_RULE);
        }
        return name;
    }

    int number(final String key, final int min, final int max) throws ConfigException {
        final String right = "give a whole number from " + min + " to " + max;
        final String text = text(key, right);
        if (text.matches("[0-9]{1,9}")) {
            final int value = Integer.parseInt(text);
            if (value >= min && value <= max) {
                return value;
            }
        }
        throw error(key, "'" + key + "' is " + text, right);
    }

    int number(final String key, final int min, final int max, final int ifAbsent) throws ConfigException {
        return has(key) ? number(key, min, max) : ifAbsent;
    }

    boolean flag(final String key, final boolean ifAbsent) throws ConfigException {
        final String right = "give true or false";
        final String text = has(key) ? text(key, right) : Boolean.toString(ifAbsent);
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw error(key, "'" + key + "' is '" + text + "'", right);
        };
    }

    int powerOfTwo(final String key, final int min, final int max, final int ifAbsent) throws ConfigException {
        final int value = number(key, min, max, ifAbsent);
        if (Integer.bitCount(value) != 1) {
            throw error(
                    key, "'" + key + "' is " + value, "give a power of two, such as " + Integer.highestOneBit(value));
        }
        return value;
    }

    /** @return an address that a host of the subnet may have */
    int address(final String key, final Subnet subnet) throws ConfigException {
        final String right = "give an address of " + subnet + ", such as " + Ipv4.format(subnet.firstHost());
        final String text = text(key, right);
        final OptionalInt address = Ipv4.parse(text);
        if (address.isEmpty()) {
            throw error(key, "bad address '" + text + "'", right);
        }
        if (!subnet.isHostAddress(address.getAsInt())) {
            throw error(key, "address " + text + " is no host address of " + subnet, right);
        }
        return address.getAsInt();
    }
}
