package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's OpenSSH server as a guest, unmodified: each connection goes through a process that gives up its user, its root,
 * most system calls and, by RLIMIT_NOFILE, all further descriptors, before anybody has logged in.
 */
@Tag("slow")
class SshE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String MEGABYTES = "8";

    @TempDir
    private static Path files;

    private static Machine machine;
    private static Guest guest;
    private static Child server;

    @BeforeAll
    static void shouldStart() throws IOException {
        machine = Machine.start();
        guest = machine.guest("ssh");
        Shell.check(LIMIT, List.of("mkdir", "-p", "/run/sshd"));
        for (final String key : List.of("host", "user")) {
            Shell.check(LIMIT, List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path(key)));
        }
        Files.copy(files.resolve("user.pub"), files.resolve("authorized"));
        Files.writeString(files.resolve("sshd_config"), """
                Port 22
                AddressFamily inet
                HostKey %1$s/host
                AuthorizedKeysFile %1$s/authorized
                PidFile none
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                """.formatted(files));
        Shell.check(LIMIT, List.of("dd", "if=/dev/urandom", "of=" + path("data"), "bs=1M", "count=" + MEGABYTES));
        server = guest.start("/usr/sbin/sshd", "-D", "-e", "-f", path("sshd_config"));
        machine.awaitPort(guest, 22);
    }

    @AfterAll
    static void shouldStop() {
        server.close();
        machine.close();
    }

    private static String path(final String file) {
        return files.resolve(file).toString();
    }

    private static String ssh() {
        return "ssh -F none -i " + path("user") + " -o BatchMode=yes -o StrictHostKeyChecking=no"
                + " -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@" + guest.address() + " ";
    }

    /** What goes through a remote cat comes back as it was. */
    private static String copy() {
        return "set -o pipefail; " + ssh() + "cat < " + path("data") + " | cmp - " + path("data");
    }

    @Test
    void shouldCopyForAnotherGuest() {
        final String said = machine.guest("client").check(LIMIT, "bash", "-c", copy());
        assertFalse(said.contains("setsockopt"), said);
    }

    @Test
    void shouldCopyForTheMachinesKernel() {
        machine.checkInKernel(LIMIT, "bash", "-c", copy());
    }

    @Test
    void shouldTellHowACommandEnded() {
        final Shell.Result result = machine.guest("client").run(LIMIT, "bash", "-c", ssh() + "'echo out; exit 7'");
        assertEquals(7, result.status());
        assertTrue(result.output().contains("out"), result.output());
    }
}
