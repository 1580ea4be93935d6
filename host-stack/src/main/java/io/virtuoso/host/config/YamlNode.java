package io.virtuoso.host.config;

import java.util.List;
import java.util.SequencedMap;

/** A YAML document with line numbers, which errors need and Jackson's own tree forgets. */
sealed interface YamlNode {
    /** @return the line where this begins, from 1 */
    int line();

    /** @return what a user would call it */
    String kind();

    /** A mapping. */
    record Mapping(int line, SequencedMap<String, Entry> entries) implements YamlNode {
        @Override
        public String kind() {
            return "a mapping";
        }
    }

    /** A key with its value. */
    record Entry(int line, YamlNode value) {}

    /** A sequence. */
    record Sequence(int line, List<YamlNode> items) implements YamlNode {
        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A number, a string, a boolean or nothing (the empty text). */
    record Scalar(int line, String text) implements YamlNode {
        @Override
        public String kind() {
            return text.isEmpty() ? "nothing" : "'" + text + "'";
        }
    }
}
