package io.virtuoso.host.tcp.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/rfc.md names what exists, and all scripts. */
class RfcTableTest {
    private static final Path TABLE = Path.of("../docs/rfc.md");
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");
    private static final int COLUMNS = 5;

    @Test
    void shouldNameClassesThatExist() throws IOException {
        Set<String> classes = classes();
        List<String> unknown = names(row -> row.matches("[A-Z]\\w+")).stream()
                .filter(Predicate.not(classes::contains))
                .toList();
        assertEquals(List.of(), unknown);
    }

    @Test
    void shouldNameScriptsThatExist() throws IOException {
        List<Path> scripts = scripts();
        List<String> unknown = names(name -> name.contains("/")).stream()
                .filter(name -> scripts.stream().noneMatch(matcher(name)::matches))
                .toList();
        assertEquals(List.of(), unknown);
    }

    @Test
    void shouldNameEveryScript() throws IOException {
        List<PathMatcher> named = names(name -> name.contains("/")).stream()
                .map(RfcTableTest::matcher)
                .toList();
        List<Path> missing = scripts().stream()
                .filter(script -> named.stream().noneMatch(matcher -> matcher.matches(script)))
                .toList();
        assertEquals(List.of(), missing);
    }

    private static PathMatcher matcher(String name) {
        return FileSystems.getDefault().getPathMatcher("glob:" + name + ".script");
    }

    private static List<Path> scripts() throws IOException {
        return ScriptsTest.files().stream().map(ScriptsTest.ROOT::relativize).toList();
    }

    /** The names that the table's last two columns quote. */
    private static List<String> names(Predicate<String> kind) throws IOException {
        List<String> names = new ArrayList<>();
        for (String line : Files.readAllLines(TABLE)) {
            if (line.startsWith("|") && line.contains("`")) {
                String[] columns = line.substring(1, line.length() - 1).split("\\|", -1);
                assertEquals(COLUMNS, columns.length, line);
                NAME.matcher(columns[3] + columns[4]).results().forEach(match -> names.add(match.group(1)));
            }
        }
        assertTrue(names.size() > COLUMNS, "nothing found");
        return names.stream().filter(kind).distinct().toList();
    }

    private static Set<String> classes() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".java"))
                    .map(name -> name.replace(".java", ""))
                    .collect(Collectors.toSet());
        }
    }
}
