package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Examples of configurations in the documents can be used as they are. */
class DocumentedExamplesTest {
    private static final Pattern YAML = Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL);

    /** Those with networks: others are parts. */
    private static List<String> examples() throws IOException {
        final List<String> found = new ArrayList<>();
        for (final String document : List.of("README.md", "docs/configuration.md")) {
            YAML.matcher(Files.readString(Path.of("..").resolve(document)))
                    .results()
                    .map((MatchResult match) -> match.group(1))
                    .filter(text -> text.contains("networks:"))
                    .forEach(found::add);
        }
        return found;
    }

    @ParameterizedTest
    @MethodSource("examples")
    void shouldBeRead(final String text) {
        assertDoesNotThrow(() -> ConfigReader.parse("example.yaml", text));
    }

    @Test
    void shouldBeFound() throws IOException {
        assertTrue(examples().size() >= 5, () -> "examples are not found");
    }
}
