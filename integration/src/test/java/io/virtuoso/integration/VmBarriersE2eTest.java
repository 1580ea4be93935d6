package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a virtual machine's processor writes before a memory barrier is seen by the host stack before what it reads afterwards. QEMU
 * 7.2 without KVM leaves barriers out where a machine can have one processor only; then wake-ups are lost, both ways.
 */
@Tag("slow")
class VmBarriersE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final long SHARED = 64L << 20;
    private static final int ENOUGH_ROUNDS = 1000;
    private static final String PROGRAM = Repository.program("barriers");

    private final HostStack host = HostStack.start();

    @Test
    void shouldKeepBarriersOfTheMachine() {
        final String memory = "$(dirname $(grep -l 0x1110 /sys/bus/pci/devices/*/device))/resource2";
        final String script = "echo it begins; LD_PRELOAD= " + PROGRAM + " machine " + memory;
        final List<String> options = List.of("--add", PROGRAM, "--shared", Long.toString(SHARED));
        try (host;
                GuestMachine machine = GuestMachine.start(host, "machine", options, script)) {
            machine.awaitSaid("it begins");
            final String said = Shell.check(LIMIT, PROGRAM, "host", "" + machine.monitor(), "" + SHARED);
            final String[] words = said.strip().split(" ", -1);
            assertTrue(Integer.parseInt(words[1].replace(",", "")) > ENOUGH_ROUNDS, said);
            assertEquals("0", words[words.length - 1], said);
        }
    }

    /** A machine that could lose wake-ups is told so, and its sockets are left to its kernel. */
    @Test
    void shouldRefuseToAttachWithoutBarriers() {
        final String pump = Repository.program("pump");
        final List<String> options = List.of("--add", pump, "--qemu", "-smp", "--qemu", "1");
        final String script = pump + " " + host.guest("other").address() + " 7200 1; echo it is over";
        try (host;
                GuestMachine machine = GuestMachine.start(host, "machine", options, script)) {
            machine.awaitSaid("it is over");
            final String said = String.join("\n", machine.said());
            assertTrue(said.contains("leaves out memory barriers"), said);
            assertTrue(host.ask("ss").lines().noneMatch(line -> line.contains("machine/")), said);
        }
    }

    /** A JVM with the agent ends there. */
    @Test
    void shouldRefuseAJvmWithoutBarriers() {
        final Path runtime = JavaRuntime.of(Jdk.newest());
        final List<String> options =
                List.of("--memory", "512M", "--add", runtime.toString(), "--qemu", "-smp", "--qemu", "1");
        final String script = runtime.resolve("bin/java")
                + " -Xmx64m -javaagent:/virtuoso/virtuoso-guest.jar -version; echo it is over with $?";
        try (host;
                GuestMachine machine = GuestMachine.start(host, "machine", options, script)) {
            assertEquals(
                    "it is over with 1", machine.awaitSaid("it is over with").strip());
            final String said = String.join("\n", machine.said());
            assertTrue(said.contains("this JVM cannot become a guest: without KVM"), said);
        }
    }
}
