package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of docs/abi.md say what the C compiler says: every member, every constant, nothing else. */
class AbiDocumentTest {
    private static final Path DOCUMENT = Path.of("../docs/abi.md");
    private static final Pattern HEADING = Pattern.compile("### `struct (\\w+)` \\((\\d+) bytes\\)");
    private static final Pattern MEMBER = Pattern.compile("\\| (\\d+) \\| \\d+ \\| `(\\w+)` \\|.*");
    private static final Pattern CONSTANT = Pattern.compile("\\| (-?\\d+) \\| `(VT_\\w+)` \\|.*");

    @Test
    void shouldListEveryMemberAndConstantWithItsNumber() throws IOException, InterruptedException {
        Map<String, Long> probed = AbiProbe.numbers(AbiProbe.run());
        probed.keySet().removeIf(AbiProbeTest::isPadding);
        assertEquals(probed, documented());
    }

    private static Map<String, Long> documented() throws IOException {
        Map<String, Long> numbers = new TreeMap<>();
        String struct = "";
        for (String line : Files.readAllLines(DOCUMENT)) {
            Matcher heading = HEADING.matcher(line);
            Matcher member = MEMBER.matcher(line);
            Matcher constant = CONSTANT.matcher(line);
            if (heading.matches()) {
                struct = heading.group(1);
                numbers.put("struct " + struct, Long.parseLong(heading.group(2)));
            } else if (member.matches()) {
                numbers.put("member " + struct + " " + member.group(2), Long.parseLong(member.group(1)));
            } else if (constant.matches()) {
                numbers.put("const " + constant.group(2), Long.parseLong(constant.group(1)));
            }
        }
        return numbers;
    }
}
