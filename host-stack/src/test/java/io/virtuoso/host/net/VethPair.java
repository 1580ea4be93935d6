package io.virtuoso.host.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A veth pair in the calling thread's network namespace: one end the kernel's, with an address, one end for a port. */
final class VethPair {
    static final String KERNEL_END = "vtkernel";
    static final String STACK_END = "vtstack";

    private VethPair() {}

    static void create() throws IOException, InterruptedException {
        require("ip", "link", "add", KERNEL_END, "type", "veth", "peer", "name", STACK_END);
        require("ip", "address", "add", KernelInteroperability.KERNEL_ADDRESS + "/16", "dev", KERNEL_END);
        require("ip", "link", "set", KERNEL_END, "up");
        require("ip", "link", "set", STACK_END, "up");
    }

    /** Runs a command in the namespace; it must succeed. */
    static void require(final String... command) throws IOException, InterruptedException {
        final Process process =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
    }
}
