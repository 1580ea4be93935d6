package io.virtuoso.integration;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A virtual machine without a network card whose programs are a guest's, as {@code virtuoso vm run} starts it. */
final class GuestMachine implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Child process;
    private final HostStack host;
    private final Guest guest;

    private GuestMachine(final Child process, final HostStack host, final Guest guest) {
        this.process = process;
        this.host = host;
        this.guest = guest;
    }

    /**
     * Starts one.
     *
     * @param options of {@code vm run}
     * @param script  what its shell does
     */
    static GuestMachine start(
            final HostStack host, final String name, final List<String> options, final String script) {
        final Guest guest = host.guest(name);
        final List<String> command = new ArrayList<>(List.of("env", "VIRTUOSO_RUN_DIR=" + host.runFolder()));
        command.addAll(List.of(Repository.LAUNCHER.toString(), "vm", "run", name, "--accel", "tcg"));
        command.addAll(List.of("--memory", "320M"));
        command.addAll(options);
        command.addAll(List.of("--", "sh", "-c", script));
        return new GuestMachine(Child.start("vm-" + name, command), host, guest);
    }

    /** Waits until its programs serve, seen from the host stack's kernel. */
    GuestMachine awaitPorts(final int... ports) {
        for (final int port : ports) {
            final String probe = "(echo > /dev/tcp/" + guest.address() + "/" + port + ") 2>/dev/null";
            host.checkInKernel(LIMIT, "bash", "-c", "until " + probe + "; do sleep 0.05; done");
        }
        return this;
    }

    /** Waits until its console shows a text. */
    String awaitSaid(final String text) {
        return process.awaitLine(text, LIMIT);
    }

    /** Waits until its console shows a text, for so long. */
    String awaitSaid(final String text, final Duration limit) {
        return process.awaitLine(text, limit);
    }

    /** Waits until its script has ended, which must be a success. */
    void awaitSuccess() {
        process.awaitLine("the command has ended with status 0", LIMIT);
    }

    /** @return lines of its console until now */
    String[] said() {
        return process.output().lines().map(String::strip).toArray(String[]::new);
    }

    /** Its script must not have ended. */
    void assertRuns() {
        if (!process.isAlive() || process.output().contains("the command has ended")) {
            throw process.failure("has ended");
        }
    }

    /** Says a line to the program on its console. */
    void say(final String line) {
        process.say(line);
    }

    /** Says a line to QEMU's monitor, which an option has put at a path. */
    static void tell(final Path monitor, final String line) {
        VirtualMachine.tell(monitor, line);
    }

    Guest guest() {
        return guest;
    }

    /** @return QEMU's process number */
    long monitor() {
        return process.workers().stream()
                .filter(worker -> worker.info().command().orElse("").contains("qemu"))
                .findFirst()
                .orElseThrow()
                .pid();
    }

    /** As when the monitor crashes. */
    void kill() {
        process.kill();
    }

    @Override
    public void close() {
        process.close();
    }
}
