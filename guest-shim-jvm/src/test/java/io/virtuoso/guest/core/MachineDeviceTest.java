package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineDeviceTest {
    private static final String RESOURCE = """
            0x00000000febf1000 0x00000000febf10ff 0x0000000000040200
            0x0000000000000000 0x0000000000000000 0x0000000000000000
            0x0000004000000000 0x000000403fffffff 0x000000000014220c
            """;

    @TempDir
    Path devices;

    private Path device(String name, String vendor, String device) throws IOException {
        Path folder = Files.createDirectory(devices.resolve(name));
        Files.writeString(folder.resolve("vendor"), vendor + "\n");
        Files.writeString(folder.resolve("device"), device + "\n");
        return folder;
    }

    @Test
    void shouldFindTheDeviceAmongOthers() throws IOException {
        device("0000:00:01.0", "0x8086", "0x1237");
        device("0000:00:02.0", "0x1af4", "0x1053");
        Path folder = device("0000:00:03.0", "0x1af4", "0x1110");
        Files.writeString(folder.resolve("resource"), RESOURCE);
        MachineDevice found = MachineDevice.find(devices.toFile());
        assertEquals(0x40_0000_0000L, found.address());
        assertEquals(folder.resolve("resource2").toFile(), found.memory());
    }

    @Test
    void shouldFindNothingWhereNoDeviceHasMemory() throws IOException {
        assertNull(MachineDevice.find(devices.resolve("none").toFile()));
        Path folder = device("0000:00:03.0", "0x1af4", "0x1110");
        assertNull(MachineDevice.find(devices.toFile()));
        Files.writeString(folder.resolve("resource"), RESOURCE.substring(0, 60));
        assertNull(MachineDevice.find(devices.toFile()));
        Files.writeString(folder.resolve("resource"), "a\nb\nc d e\n");
        assertNull(MachineDevice.find(devices.toFile()));
    }
}
