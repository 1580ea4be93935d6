package io.virtuoso.guest.core;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Whether a virtual machine keeps memory barriers. Without KVM, QEMU (7.2) leaves them out if the machine can have one
 * processor only, and then wake-ups get lost. The preload library asks the processor who emulates it; here a machine is
 * emulated if it has no clock of a hypervisor.
 */
public final class MachineBarriers {
    private static final String POSSIBLE = "cpu/possible";
    private static final String CLOCKS = "clocksource/clocksource0/available_clocksource";
    private static final String[] HYPERVISORS = {"kvm-clock", "hyperv", "xen"};

    private MachineBarriers() {}

    /** False: this machine may leave them out; attaching would lose wake-ups. */
    public static boolean areKept() {
        return areKept(new File("/sys/devices/system"));
    }

    static boolean areKept(File system) {
        if (!read(new File(system, POSSIBLE)).strip().equals("0")) {
            return true;
        }
        String clocks = read(new File(system, CLOCKS));
        for (String hypervisor : HYPERVISORS) {
            if (clocks.contains(hypervisor)) {
                return true;
            }
        }
        return false;
    }

    /** By streams: this is among the first things that run in a JVM. */
    private static String read(File file) {
        try (InputStream stream = new FileInputStream(file)) {
            return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return "";
        }
    }
}
