package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * HTTP/2 by unmodified programs: Apache's event module, which has a set of sockets for each session beside the one for all
 * connections that are idle; curl, which writes many small frames and does not expect that there is no room for them.
 */
class MultiplexingE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int ROUNDS = 20;
    private static final int TRANSFERS = 30;

    /** Every user may read it. */
    @TempDir
    private static Path files;

    private static Path writeFiles() throws IOException {
        final Path www = Machine.createFolder(files.resolve("www"));
        Files.writeString(www.resolve("page"), "x".repeat(2_000));
        Shell.check(LIMIT, List.of("chmod", "-R", "a+rX", files.toString()));
        return www;
    }

    private static void writeConfiguration(final Path folder, final Path www) throws IOException {
        final String certificate = folder.resolve("certificate.pem").toString();
        final String key = folder.resolve("key.pem").toString();
        final String make =
                "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -days 2 -keyout " + key + " -out ";
        Shell.check(LIMIT, List.of("bash", "-c", make + certificate));
        Files.writeString(folder.resolve("apache.conf"), """
                ServerRoot %1$s
                LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
                LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
                LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
                LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so
                ServerName test
                Listen 443
                PidFile %1$s/pid
                ErrorLog /dev/stderr
                DocumentRoot %2$s
                User nobody
                Group nogroup
                SSLSessionCache none
                SSLEngine on
                SSLCertificateFile %3$s
                SSLCertificateKeyFile %4$s
                Protocols h2
                """.formatted(folder, www, certificate, key));
    }

    /** What came of each of them, with a comma behind. */
    private static String transfers(final Guest server) {
        final String url = "https://" + server.address() + "/page";
        final String all = "for i in $(seq " + TRANSFERS + "); do echo -o /dev/null -w %{http_code}/%{http_version}/%"
                + "{size_download}, " + url + "; done";
        return "curl -sk --http2 --parallel --max-time 100 $(" + all + ") 2>/dev/null";
    }

    @Test
    void shouldTransferManyFilesByOneConnection() throws IOException {
        try (Machine machine = Machine.start()) {
            final Path folder = machine.folder("apache");
            writeConfiguration(folder, writeFiles());
            final Guest web = machine.guest("web");
            final Guest client = machine.guest("client");
            try (Child server = web.start(
                    "apache2",
                    "-DFOREGROUND",
                    "-f",
                    folder.resolve("apache.conf").toString())) {
                machine.awaitPort(web, 443);
                for (int round = 0; round < ROUNDS; round++) {
                    assertEquals("200/2/2000,".repeat(TRANSFERS), client.check(LIMIT, "bash", "-c", transfers(web)));
                }
                final String log = server.output();
                assertTrue(server.isAlive(), log);
                assertFalse(log.contains("No space left") || log.contains("exit signal"), log);
            }
        }
    }
}
