package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.socket.RingPool;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of bounds in docs/configuration.md says what the configuration's reader does. */
class BoundsTest {
    private static final Pattern ROW =
            Pattern.compile("\\| `([a-z_.]+)` \\| ([0-9.]+)(\\S*) \\| ([0-9.]+)(\\S*) \\|.*");

    /**
     * A row.
     *
     * @param key   with the keys that lead to it
     * @param least of the values with {@code leastUnit}, which may be empty
     */
    record Bounds(String key, BigDecimal least, String leastUnit, BigDecimal most, String mostUnit) {
        private BigDecimal step(final String unit) {
            return switch (unit) {
                case "" -> BigDecimal.ONE;
                case "%" -> new BigDecimal("0.01");
                default -> new BigDecimal("0.001");
            };
        }

        String belowLeast() {
            return least.subtract(step(leastUnit)).toPlainString() + leastUnit;
        }

        String aboveMost() {
            return most.add(step(mostUnit)).toPlainString() + mostUnit;
        }

        boolean isFromNothing() {
            return least.signum() == 0;
        }
    }

    private static List<Bounds> bounds() throws IOException {
        return Files.readAllLines(Path.of("..", "docs", "configuration.md")).stream()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .map(row -> new Bounds(
                        row.group(1),
                        new BigDecimal(row.group(2)),
                        row.group(3),
                        new BigDecimal(row.group(4)),
                        row.group(5)))
                .toList();
    }

    /** Reads a configuration in which a key has a value. */
    private static void read(final String key, final String value) throws ConfigException {
        final String[] path = key.split("\\.", -1);
        final String entry = path.length == 3 ? path[1] + ": {" + path[2] + ": " + value + "}" : path[1] + ": " + value;
        final boolean ofNetwork = path[0].equals("networks");
        final String network = "{name: n, subnet: 10.0.0.0/8" + (ofNetwork ? "" : ", vni: 1") + "%s}";
        final String guest = "{name: g, network: n, address: 10.0.0.2%s}";
        final StringBuilder text = new StringBuilder("networks: [")
                .append(network.formatted(ofNetwork ? ", " + entry : ""))
                .append("]\nguests: [")
                .append(guest.formatted(path[0].equals("guests") ? ", " + entry : ""))
                .append("]\n");
        if (path[0].equals("limits") || path[0].equals("cores")) {
            final String room = key.equals("limits.vm_mib") || path[0].equals("cores") ? "" : ", vm_mib: 256";
            text.append(path[0]).append(": {").append(entry).append(room).append("}\n");
        }
        ConfigReader.parse("c.yaml", text.toString());
    }

    @ParameterizedTest
    @MethodSource("bounds")
    void shouldBeTheOnesThatAreDocumented(final Bounds bounds) {
        assertDoesNotThrow(() -> read(bounds.key, bounds.least.toPlainString() + bounds.leastUnit));
        assertDoesNotThrow(() -> read(bounds.key, bounds.most.toPlainString() + bounds.mostUnit));
        assertThrows(ConfigException.class, () -> read(bounds.key, bounds.aboveMost()));
        if (!bounds.isFromNothing()) {
            assertThrows(ConfigException.class, () -> read(bounds.key, bounds.belowLeast()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"limits.", "guests.rate."})
    void shouldAllBeDocumented(final String section) throws IOException {
        final List<String> documented = bounds().stream().map(Bounds::key).toList();
        final ConfigException unknown = assertThrows(ConfigException.class, () -> read(section + "unknown", "1"));
        final List<String> known = Arrays.stream(
                        unknown.getMessage().replaceAll(".*known keys: ", "").split(", ", -1))
                .map(key -> section + key)
                .collect(Collectors.toList());
        known.removeAll(documented);
        assertTrue(known.isEmpty(), () -> "not in docs/configuration.md: " + known);
    }

    @Test
    void shouldAllowNoLargerRingThanThereIs() {
        assertEquals(RingPool.CHUNK_BYTES >> 10, LimitsReader.MAX_RING_KIB);
    }

    @Test
    void shouldBeFoundInTheTable() throws IOException {
        assertTrue(bounds().size() > 15, () -> "rows are not read");
    }
}
