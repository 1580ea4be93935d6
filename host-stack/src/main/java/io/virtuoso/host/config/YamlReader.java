package io.virtuoso.host.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns YAML text into {@link YamlNode}s. */
final class YamlReader {
    /** Nested deeper than any configuration of ours. */
    private static final int MAX_DEPTH = 16;

    private static final Pattern PLACE = Pattern.compile("\\s*in '.*', line ([0-9]{1,9}), column [0-9]+:");

    private final String file;
    private final YAMLParser parser;

    private YamlReader(final String file, final YAMLParser parser) {
        this.file = file;
        this.parser = parser;
    }

    /** @return the document; an empty one is an empty mapping */
    static YamlNode read(final String file, final String text) throws ConfigException {
        try (YAMLParser parser = new YAMLFactory().createParser(text)) {
            final YamlReader reader = new YamlReader(file, parser);
            if (parser.nextToken() == null) {
                return new YamlNode.Mapping(1, new LinkedHashMap<>());
            }
            final YamlNode root = reader.node(0);
            if (parser.nextToken() != null) {
                throw reader.error("a second document begins", "put everything into one document");
            }
            return root;
        } catch (final JsonProcessingException e) {
            throw notYaml(file, e);
        } catch (final IOException e) {
            throw new ConfigException(file, 1, "cannot be read: " + e.getMessage(), "give a readable file");
        }
    }

    /** The parser's message has lines of text with a place behind each: of what it was about, and of what is wrong. */
    private static ConfigException notYaml(final String file, final JsonProcessingException e) {
        final List<String> lines =
                e.getOriginalMessage().lines().filter(line -> !line.isBlank()).toList();
        final JsonLocation at = e.getLocation();
        final String first = lines.isEmpty() ? "syntax error" : lines.getFirst().strip();
        String wrong = first;
        int line = at == null ? 1 : at.getLineNr();
        int begun = 0;
        for (int i = 1; i < lines.size(); i++) {
            final Matcher place = PLACE.matcher(lines.get(i));
            if (place.matches()) {
                wrong = lines.get(i - 1).strip();
                line = Integer.parseInt(place.group(1));
                begun = begun == 0 ? line : begun;
            }
        }
        final String about = wrong.equals(first) ? "" : ", " + first + (begun == line ? "" : " from line " + begun);
        return new ConfigException(file, line, "not YAML: " + wrong + about, "mend the syntax");
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }

    private ConfigException error(final String wrong, final String right) {
        return new ConfigException(file, line(), wrong, right);
    }

    private YamlNode node(final int depth) throws IOException, ConfigException {
        if (depth > MAX_DEPTH) {
            throw error("nested too deeply", "see docs for the form of a configuration");
        }
        if (parser.isCurrentAlias()) {
            throw error("aliases are not supported", "write the value out");
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> mapping(depth);
            case START_ARRAY -> sequence(depth);
            case VALUE_NULL -> new YamlNode.Scalar(line(), "");
            default -> new YamlNode.Scalar(line(), parser.getText());
        };
    }

    private YamlNode mapping(final int depth) throws IOException, ConfigException {
        final int start = line();
        final SequencedMap<String, YamlNode.Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            final String key = parser.currentName();
            final int line = line();
            if (entries.containsKey(key)) {
                throw error(
                        "'" + key + "' is given twice",
                        "the first is on line " + entries.get(key).line() + ", keep one");
            }
            parser.nextToken();
            entries.put(key, new YamlNode.Entry(line, node(depth + 1)));
        }
        return new YamlNode.Mapping(start, entries);
    }

    private YamlNode sequence(final int depth) throws IOException, ConfigException {
        final int start = line();
        final List<YamlNode> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(node(depth + 1));
        }
        return new YamlNode.Sequence(start, items);
    }
}
