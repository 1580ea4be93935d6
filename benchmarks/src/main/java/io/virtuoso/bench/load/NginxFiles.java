package io.virtuoso.bench.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;

/** What nginx serves and how it is configured: one worker, sendfile, keep-alive without end, no access log. */
final class NginxFiles {
    static final int PORT = 8080;
    static final String SMALL = "/s612.html";
    static final String LARGE = "/s100k.bin";
    private static final int SMALL_BYTES = 612;
    private static final int LARGE_BYTES = 100_000;

    private static final String CONFIGURATION = """
            user root;
            worker_processes 1;
            daemon off;
            pid %1$s/nginx.pid;
            error_log %1$s/nginx-error.log warn;
            events { worker_connections 4096; }
            http {
              access_log off;
              sendfile on;
              tcp_nopush on;
              keepalive_requests 1000000000;
              keepalive_timeout 1h;
              open_file_cache max=100;
              client_body_temp_path %1$s/nginx-temp;
              proxy_temp_path %1$s/nginx-temp;
              fastcgi_temp_path %1$s/nginx-temp;
              uwsgi_temp_path %1$s/nginx-temp;
              scgi_temp_path %1$s/nginx-temp;
              server { listen %2$d backlog=4096; root %1$s/www; }
            }
            """;

    private NginxFiles() {}

    static List<String> prepare(final Path dir) throws IOException {
        final Path www = Files.createDirectories(dir.resolve("www"));
        fill(www.resolve(SMALL.substring(1)), SMALL_BYTES);
        fill(www.resolve(LARGE.substring(1)), LARGE_BYTES);
        WrkLoad.prepare(dir);
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        final Path config = Files.writeString(dir.resolve("nginx.conf"), CONFIGURATION.formatted(dir, PORT));
        return List.of("nginx", "-p", dir.toString(), "-e", dir + "/nginx-error.log", "-c", config.toString());
    }

    private static void fill(final Path file, final int bytes) throws IOException {
        final byte[] content = new byte[bytes];
        Arrays.fill(content, (byte) 'x');
        Files.write(file, content);
    }
}
