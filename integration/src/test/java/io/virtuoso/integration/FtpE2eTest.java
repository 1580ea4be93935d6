package io.virtuoso.integration;

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
 * Debian's vsftpd as a guest, unmodified: of each session a process with privileges and one without hold the control
 * connection, and both use it around the login, which changes user and root; data goes through connections to listeners of
 * the session's own.
 */
@Tag("slow")
class FtpE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int SESSIONS = 150;
    private static final int AT_ONCE = 4;
    private static final int BYTES = 100_000;

    /** Every user may read it; the way to the guests' sockets is root's alone. */
    @TempDir
    private static Path files;

    private static Machine machine;
    private static Guest guest;
    private static Child server;

    @BeforeAll
    static void shouldStart() throws IOException {
        machine = Machine.start();
        guest = machine.guest("ftp");
        final Path root = Machine.createFolder(files.resolve("root"));
        final Path nowhere = Machine.createFolder(files.resolve("nowhere"));
        final Path config = Files.writeString(files.resolve("vsftpd.conf"), """
                listen=YES
                background=NO
                anonymous_enable=YES
                no_anon_password=YES
                anon_root=%s
                secure_chroot_dir=%s
                """.formatted(root, nowhere));
        Shell.check(LIMIT, List.of("dd", "if=/dev/urandom", "of=" + data(), "bs=" + BYTES, "count=1"));
        Shell.check(LIMIT, List.of("chmod", "-R", "a+rX", files.toString()));
        server = guest.start("/usr/sbin/vsftpd", config.toString());
        machine.awaitPort(guest, 21);
    }

    @AfterAll
    static void shouldStop() {
        server.close();
        machine.close();
    }

    private static String data() {
        return files.resolve("root/data").toString();
    }

    /** Sessions, some at once; each that failed is a line. */
    private static String sessions() {
        final String session = "curl -sS --max-time 120 ftp://%s/data | cmp - %s || echo session {} failed"
                .formatted(guest.address(), data());
        return "seq %d | xargs -P %d -I{} bash -c 'set -o pipefail; %s' 2>&1".formatted(SESSIONS, AT_ONCE, session);
    }

    private static void expectNothing(final String said) {
        assertTrue(said.isBlank(), said + server.output());
    }

    @Test
    void shouldServeAnotherGuest() {
        expectNothing(machine.guest("client").check(LIMIT, "bash", "-c", sessions()));
    }

    @Test
    void shouldServeTheMachinesKernel() {
        expectNothing(machine.checkInKernel(LIMIT, "bash", "-c", sessions()));
    }

    @Test
    void shouldListItsFiles() {
        final String listed = machine.guest("client").check(LIMIT, "curl", "-sS", "ftp://" + guest.address() + "/");
        assertTrue(listed.contains(Integer.toString(BYTES)) && listed.contains("data"), listed);
    }
}
