package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineBarriersTest {
    @TempDir
    Path system;

    @ParameterizedTest
    @CsvSource({
        "0, tsc hpet acpi_pm, false",
        "0, '', false",
        "0, kvm-clock tsc acpi_pm, true",
        "0, hyperv_clocksource_tsc_page acpi_pm, true",
        "0-1, tsc hpet acpi_pm, true",
        "0-255, tsc acpi_pm, true",
    })
    void shouldBeLeftOutOnlyWhereNoSecondProcessorIsPossible(String possible, String clocks, boolean kept)
            throws IOException {
        Files.writeString(Files.createDirectories(system.resolve("cpu")).resolve("possible"), possible + "\n");
        Path clock = Files.createDirectories(system.resolve("clocksource/clocksource0"));
        Files.writeString(clock.resolve("available_clocksource"), clocks + "\n");
        assertEquals(kept, MachineBarriers.areKept(system.toFile()));
    }
}
