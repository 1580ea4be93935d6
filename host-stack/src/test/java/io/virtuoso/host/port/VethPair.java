package io.virtuoso.host.port;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A veth pair in the calling thread's network namespace: one end the kernel's, with an address, one end for a port. */
public final class VethPair {
    public static final String KERNEL_END = "vtkernel";
    public static final String STACK_END = "vtstack";

    private VethPair() {}

    /** Makes one; the kernel has 10.88.0.1/16. */
    public static void create() throws IOException, InterruptedException {
        create(1);
    }

    /** Makes one with several queues in both directions. */
    public static void create(final int queues) throws IOException, InterruptedException {
        final String number = Integer.toString(queues);
        require("ip link add " + KERNEL_END + " numtxqueues " + number + " numrxqueues " + number
                + " type veth peer name " + STACK_END + " numtxqueues " + number + " numrxqueues " + number);
        require("ip address add 10.88.0.1/16 dev " + KERNEL_END);
        require("ip link set " + KERNEL_END + " up");
        require("ip link set " + STACK_END + " up");
    }

    /** Runs a command of plain words in the namespace; it must succeed. */
    public static void require(final String command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(command.split(" ", -1))
                .redirectErrorStream(true)
                .start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + said);
        }
    }
}
