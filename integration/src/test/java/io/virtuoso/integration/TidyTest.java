package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What keeps the sources readable, as rules that a build can check. */
class TidyTest {
    private static final int MAX_FILE_LINES = 500;
    private static final int MAX_ROUTINE_LINES = 60;
    private static final List<String> MODULES = List.of(
            "protocol",
            "host-stack",
            "guest-shim-jvm",
            "guest-shim-jvm/netty",
            "guest-preload-c",
            "integration",
            "integration/apps",
            "benchmarks");
    private static final Pattern UNFINISHED = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
    private static final Pattern CLASS_IN_TEXT = Pattern.compile("`([A-Z][a-z]+(?:[A-Z][a-z0-9]*)+)`");

    @Test
    void shouldKeepMethodsShort() throws IOException {
        final List<SourceSizes.Routine> routines = new ArrayList<>(SourceSizes.ofJava(sources(".java")));
        for (final Path file : sources(".c")) {
            routines.addAll(SourceSizes.ofC(file));
        }
        assertFalse(routines.isEmpty(), "nothing was measured");
        assertNone(routines.stream().filter(routine -> routine.lines() > MAX_ROUTINE_LINES));
    }

    @Test
    void shouldKeepFilesShort() throws IOException {
        assertNone(all().stream().filter(file -> lines(file).size() > MAX_FILE_LINES));
    }

    @Test
    void shouldLeaveNothingUnfinished() throws IOException {
        assertNone(all().stream()
                .filter(file -> lines(file).stream()
                        .anyMatch(line -> UNFINISHED.matcher(line).find())));
    }

    @Test
    void shouldEndEveryFileWithOneLineBreak() throws IOException {
        assertNone(all().stream().filter(file -> {
            final String text = String.join("\n", lines(file));
            return text.isEmpty() || !text.equals(text.stripTrailing()) || text.contains("\t");
        }));
    }

    /** A text that names a class names one that exists. */
    @Test
    void shouldNameOnlyExistingClassesInTheDocuments() throws IOException {
        final List<String> classes = sources(".java").stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .toList();
        for (final String document : List.of("ARCHITECTURE.md", "README.md")) {
            final Path file = Repository.ROOT.resolve(document);
            final List<String> unknown = CLASS_IN_TEXT
                    .matcher(Files.readString(file))
                    .results()
                    .map((MatchResult match) -> match.group(1))
                    .filter(Predicate.not(classes::contains))
                    .distinct()
                    .toList();
            assertEquals(List.of(), unknown, document + " names classes that do not exist");
        }
    }

    private static <T> void assertNone(final Stream<T> offenders) {
        final List<T> list = offenders.toList();
        assertEquals(
                List.of(),
                list,
                () -> "\n"
                        + String.join("\n", list.stream().map(Object::toString).toList()));
    }

    private static List<Path> all() throws IOException {
        return Stream.of(sources(".java"), sources(".c"), sources(".h"))
                .flatMap(List::stream)
                .toList();
    }

    private static List<String> lines(final Path file) {
        try {
            return Files.readAllLines(file);
        } catch (final IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<Path> sources(final String suffix) throws IOException {
        final List<Path> found = new ArrayList<>();
        for (final String module : MODULES) {
            final Path folder = Repository.ROOT.resolve(module).resolve("src");
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.walk(folder)) {
                    files.filter(file -> file.toString().endsWith(suffix)).forEach(found::add);
                }
            }
        }
        return found;
    }
}
