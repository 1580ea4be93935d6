package io.virtuoso.guest.core;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * The PCI device of a virtual machine with the memory for regions: QEMU's ivshmem, 1af4:1110. What has one is a machine
 * whose host stack is behind its vsock device.
 */
public final class MachineDevice {
    private static final String VENDOR = "0x1af4";
    private static final String IVSHMEM = "0x1110";
    /** The third line, of those that say "start end flags" of each BAR. */
    private static final int MEMORY_BAR = 2;

    private final File memory;
    private final long address;

    private MachineDevice(File memory, long address) {
        this.memory = memory;
        this.address = address;
    }

    /** Looks for the device of this machine. @return null if there is none */
    public static MachineDevice find() {
        return find(new File("/sys/bus/pci/devices"));
    }

    static MachineDevice find(File devices) {
        File[] found = devices.listFiles();
        for (File device : found == null ? new File[0] : found) {
            if (read(device, "vendor").strip().equals(VENDOR)
                    && read(device, "device").strip().equals(IVSHMEM)) {
                long address = address(read(device, "resource"));
                if (address != 0) {
                    return new MachineDevice(new File(device, "resource2"), address);
                }
            }
        }
        return null;
    }

    /** By streams: this is the first thing that runs in a JVM. */
    private static String read(File device, String file) {
        try (InputStream stream = new FileInputStream(new File(device, file))) {
            return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return "";
        }
    }

    private static long address(String resource) {
        String[] lines = resource.split("\n", -1);
        String start = lines.length <= MEMORY_BAR ? "" : lines[MEMORY_BAR].split(" ", 2)[0];
        try {
            return Long.decode(start);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** The file that is the memory. */
    File memory() {
        return memory;
    }

    /** Where the machine's bus has it. */
    long address() {
        return address;
    }
}
