package io.virtuoso.integration;

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
 * Debian's servers of many processes, unmodified: Apache, of whose processes each serves one connection at a time;
 * HAProxy, whose workers change their root; Varnish, whose child listens on what its parent bound.
 */
@Tag("slow")
class ForkingServersE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String SIZE = "1000000";

    /** Every user may read it; the way to the guests' sockets is root's alone. */
    @TempDir
    private static Path files;

    private static Machine machine;
    private static Guest web;
    private static Nginx nginx;

    @BeforeAll
    static void shouldStart() {
        machine = Machine.start();
        web = machine.guest("web");
        nginx = Nginx.start(machine, web, false, "612", SIZE);
        final String www = Path.of(nginx.file(SIZE)).getParent().toString();
        Shell.check(LIMIT, List.of("bash", "-c", "chmod 755 " + files + " && cp " + www + "/* " + files));
    }

    @AfterAll
    static void shouldStop() {
        nginx.close();
        machine.close();
    }

    /** They also change their user first. */
    @Test
    void shouldServeByProcessesOfOneConnectionEach() throws IOException {
        final Path folder = machine.folder("apache");
        Files.writeString(folder.resolve("apache.conf"), """
                ServerRoot %1$s
                LoadModule mpm_prefork_module /usr/lib/apache2/modules/mod_mpm_prefork.so
                LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
                ServerName test
                Listen 80
                PidFile %1$s/pid
                ErrorLog /dev/stderr
                DocumentRoot %2$s
                User nobody
                Group nogroup
                StartServers 4
                MaxSpareServers 6
                """.formatted(folder, files));
        final Guest guest = machine.guest("apache");
        try (Child server = guest.start(
                "apache2", "-DFOREGROUND", "-f", folder.resolve("apache.conf").toString())) {
            shouldServe(server, guest, 80);
            assertFalse(server.output().contains("DEFER_ACCEPT"), server::output);
        }
    }

    @Test
    void shouldServeByWorkersBehindAnotherRoot() throws IOException {
        final Path folder = machine.folder("haproxy");
        final Path root = Machine.createFolder(folder.resolve("root"));
        Files.writeString(folder.resolve("haproxy.cfg"), """
                global
                  chroot %s
                defaults
                  mode http
                  timeout connect 60s
                  timeout client 60s
                  timeout server 60s
                frontend all
                  bind *:80
                  default_backend web
                backend web
                  server web %s:80
                """.formatted(root, web.address()));
        final Guest guest = machine.guest("haproxy");
        try (Child server = guest.start(
                "haproxy", "-W", "-db", "-f", folder.resolve("haproxy.cfg").toString())) {
            shouldServe(server, guest, 80);
        }
    }

    @Test
    void shouldServeByAChildThatListensOnWhatItsParentBound() throws IOException {
        final Path folder = machine.folder("varnish");
        Files.writeString(folder.resolve("web.vcl"), """
                vcl 4.1;
                backend default { .host = "%s"; .port = "80"; .connect_timeout = 60s; }
                """.formatted(web.address()));
        final Guest guest = machine.guest("varnish");
        try (Child server = guest.start(
                "varnishd",
                "-F",
                "-j",
                "none",
                "-n",
                folder.resolve("state").toString(),
                "-a",
                ":80",
                "-f",
                folder.resolve("web.vcl").toString())) {
            shouldServe(server, guest, 80);
        }
    }

    private static void shouldServe(final Child server, final Guest guest, final int port) {
        machine.awaitPort(guest, port);
        final String url = "http://" + guest.address() + ":" + port + "/";
        final String fetch =
                "set -o pipefail; curl -sS --fail --max-time 100 " + url + SIZE + " | cmp - " + nginx.file(SIZE);
        machine.guest("client").check(LIMIT, "bash", "-c", fetch);
        machine.checkInKernel(LIMIT, "bash", "-c", fetch);
        for (final String close : List.of("", "Connection: close")) {
            Wrk.shouldBeServed(
                    List.of(machine.guest("client")::start, machine::startInKernel),
                    "-t",
                    "2",
                    "-c",
                    "20",
                    "-H",
                    close,
                    url + "612");
        }
        assertTrue(server.isAlive());
    }
}
