package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One ABI: header, C compiler, Java and the recorded layout agree about every name and number. */
class AbiProbeTest {
    private static List<String> lines;
    private static Map<String, Long> probed;

    @BeforeAll
    static void runProbe() throws IOException, InterruptedException {
        lines = AbiProbe.run();
        probed = AbiProbe.numbers(lines);
    }

    @Test
    void shouldProbeEverythingThatTheHeaderDeclares() throws IOException {
        assertEquals(AbiHeader.names(), new TreeSet<>(probed.keySet()));
    }

    @Test
    void shouldStateTheSameNumbersInJava() throws IllegalAccessException {
        Map<String, Long> expected = new TreeMap<>(probed);
        expected.keySet().removeIf(AbiProbeTest::isPadding);
        assertEquals(expected, JavaAbi.numbers());
    }

    @Test
    void shouldMatchTheLayoutRecordedForThisVersion() throws IOException {
        Path recorded = Path.of("src/test/resources/abi/abi-" + Abi.MAJOR + "." + Abi.MINOR + ".txt");
        assertTrue(Files.exists(recorded), "a new ABI version needs its layout recorded in " + recorded);
        assertEquals(
                Files.readAllLines(recorded),
                lines,
                "the ABI has changed: raise VT_ABI_MINOR (compatible addition) or VT_ABI_MAJOR and record the new layout");
    }

    @Test
    void shouldKeepEveryWordNaturallyAligned() {
        for (String line : lines) {
            String[] words = line.split(" ", -1);
            if (words[0].equals("member") && !isPadding(line)) {
                int offset = Integer.parseInt(words[3]);
                int bytes = Integer.parseInt(words[4]);
                assertEquals(0, offset % Math.min(bytes, Long.BYTES), line);
            }
        }
    }

    static boolean isPadding(String key) {
        return key.matches("member \\w+ pad\\d.*");
    }
}
