package io.virtuoso.host.tcp.script;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every script comes true. */
class ScriptsTest {
    static final Path ROOT = Path.of("src/test/resources/tcp-scripts");

    /** {@code -Dscript=rfc5681} plays those whose name holds that. */
    @TestFactory
    Stream<DynamicTest> shouldComeTrue() throws IOException {
        String chosen = System.getProperty("script", "");
        return files().stream()
                .filter(file -> file.toString().contains(chosen))
                .map(file -> DynamicTest.dynamicTest(ROOT.relativize(file).toString(), file.toUri(), () -> play(file)));
    }

    private static void play(Path file) throws IOException {
        new ScriptPlayer(new StackMachine()).play(ScriptParser.parse(ROOT, file));
    }

    /** All scripts, those only included left out. */
    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".script"))
                    .filter(file -> !file.startsWith(ROOT.resolve("include")))
                    .sorted()
                    .toList();
        }
    }
}
