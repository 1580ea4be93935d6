package io.virtuoso.guest.jar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What in the jar could leave Java, according to the JDK's own tool, is what README.md says. */
class NativeScanJarTest {
    @TempDir
    Path folder;

    @Test
    void shouldFindOnlyWhatTheDocumentExplains() throws IOException {
        Path home = Path.of(System.getProperty("java.home"));
        Jvms.Outcome outcome = Jvms.run(home, "jnativescan", folder, Map.of(), "--class-path", Jvms.jar());
        assertEquals(0, outcome.status, outcome.errors);
        List<String> found = outcome.out.stream()
                .filter(line -> line.matches("  \\S+:"))
                .map(line -> line.strip().replace(":", ""))
                .toList();
        assertEquals(explained(), found);
    }

    /** First column of the table's rows whose second says that the tool lists the class. */
    private static List<String> explained() throws IOException {
        Path document = Path.of("..", "README.md");
        try (var lines = Files.lines(document)) {
            List<String> classes = lines.filter(line -> line.matches("\\| `[a-z.]+\\.[A-Z]\\w+` \\| listed.*"))
                    .map(line -> line.split("`", 3)[1])
                    .toList();
            assertTrue(!classes.isEmpty(), "README.md has no table of native access");
            return classes;
        }
    }
}
