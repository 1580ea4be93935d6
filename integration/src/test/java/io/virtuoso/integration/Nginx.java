package io.virtuoso.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Debian's nginx, unmodified: a master, two workers, files named by their size. */
final class Nginx implements AutoCloseable {
    static final int PORT = 80;
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final Child process;
    private final Path folder;

    private Nginx(final Child process, final Path folder) {
        this.process = process;
        this.folder = folder;
    }

    /** Starts one as a guest and waits until it serves. */
    static Nginx start(final Machine machine, final Guest guest, final boolean reuseport, final String... sizes) {
        return start(machine, guest, prepare(machine, guest.name(), reuseport ? " reuseport" : "", "", sizes));
    }

    /** Starts one as a guest that the machine's kernel does not reach, and waits until another guest does. */
    static Nginx startFor(final Guest client, final Machine machine, final Guest guest, final String... sizes) {
        final Path folder = prepare(machine, guest.name(), "", "", sizes);
        final Nginx nginx = new Nginx(guest.start("nginx", "-p", folder + "/", "-c", "nginx.conf"), folder);
        final String fetch = "curl -s -o " + folder + "/first --max-time 5 http://" + guest.address() + "/";
        client.check(LIMIT, "bash", "-c", "until " + fetch + "; do sleep 0.1; done");
        return nginx;
    }

    /** Starts one as a guest that also serves HTTP/2 over TLS. */
    static Nginx start(final Machine machine, final Guest guest, final Certificate certificate, final String... sizes) {
        return start(machine, guest, prepare(machine, guest.name(), "", certificate.nginx(), sizes));
    }

    /** Starts one as a guest that listens on IPv6 as well, by a socket of its own, and waits until it serves. */
    static Nginx startDual(final Machine machine, final Guest guest, final String... sizes) {
        return start(machine, guest, prepare(machine, guest.name(), "", "listen [::]:" + PORT + ";", sizes));
    }

    /** Starts one on the machine's own kernel stack that listens on IPv6 as well. */
    static Nginx startDualInKernel(final Machine machine, final String... sizes) {
        return startInKernel(machine, prepare(machine, "kernel", "", "listen [::]:" + PORT + ";", sizes));
    }

    /** Starts one as a guest whose port is published, and waits until it serves there. */
    static Nginx startPublished(
            final Machine machine, final Guest guest, final String address, final int port, final String... sizes) {
        final Path folder = prepare(machine, guest.name(), "", "", sizes);
        final Nginx nginx = new Nginx(guest.start("nginx", "-p", folder + "/", "-c", "nginx.conf"), folder);
        machine.awaitPort(address, port);
        return nginx;
    }

    /** As {@link #startPublished}, listening on IPv6 as well. */
    static Nginx startPublishedDual(
            final Machine machine, final Guest guest, final String address, final int port, final String... sizes) {
        final Path folder = prepare(machine, guest.name(), "", "listen [::]:" + PORT + ";", sizes);
        final Nginx nginx = new Nginx(guest.start("nginx", "-p", folder + "/", "-c", "nginx.conf"), folder);
        machine.awaitPort(address, port);
        return nginx;
    }

    private static Nginx start(final Machine machine, final Guest guest, final Path folder) {
        final Nginx nginx = new Nginx(guest.start("nginx", "-p", folder + "/", "-c", "nginx.conf"), folder);
        machine.awaitPort(guest, PORT);
        return nginx;
    }

    /** Starts one on the machine's own kernel stack. */
    static Nginx startInKernel(final Machine machine, final String... sizes) {
        return startInKernel(machine, prepare(machine, "kernel", "", "", sizes));
    }

    /** Starts one on the machine's own kernel stack that also serves HTTP/2 over TLS. */
    static Nginx startInKernel(final Machine machine, final Certificate certificate, final String... sizes) {
        return startInKernel(machine, prepare(machine, "kernel", "", certificate.nginx(), sizes));
    }

    private static Nginx startInKernel(final Machine machine, final Path folder) {
        final Nginx nginx = new Nginx(machine.startInKernel("nginx", "-p", folder + "/", "-c", "nginx.conf"), folder);
        nginx.process.awaitLine("start worker processes", LIMIT);
        return nginx;
    }

    /** Makes its folder, with files and a configuration, for one that is started otherwise. */
    static Path prepare(final Machine machine, final String name, final String... sizes) {
        return prepare(machine, name, "", "", sizes);
    }

    private static Path prepare(
            final Machine machine, final String name, final String listen, final String more, final String... sizes) {
        final Path folder = machine.folder("nginx-" + name);
        final List<String> make = new ArrayList<>(List.of(Repository.program("httpverify"), "make"));
        make.add(Machine.createFolder(folder.resolve("www")).toString());
        make.addAll(List.of(sizes));
        Shell.check(LIMIT, make);
        try {
            Files.writeString(folder.resolve("nginx.conf"), """
                    user root;
                    daemon off;
                    worker_processes 2;
                    worker_shutdown_timeout 20s;
                    error_log stderr notice;
                    pid nginx.pid;
                    events { worker_connections 1024; }
                    http {
                      access_log off;
                      sendfile on;
                      tcp_nopush on;
                      keepalive_requests 100000;
                      client_body_temp_path body;
                      proxy_temp_path proxy;
                      fastcgi_temp_path fastcgi;
                      uwsgi_temp_path uwsgi;
                      scgi_temp_path scgi;
                      server { listen %d%s; %s root www; }
                    }
                    """.formatted(PORT, listen, more));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    /** @return the file of a size */
    String file(final String size) {
        return folder.resolve("www").resolve(size).toString();
    }

    /** Has it read its configuration again, and waits until new workers serve; old ones may still finish. */
    void reload(final int times) {
        process.awaitLine("start worker processes", times, LIMIT); // then its number is written
        try {
            Shell.check(
                    LIMIT,
                    "kill",
                    "-HUP",
                    Files.readString(folder.resolve("nginx.pid")).strip());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        process.awaitLine("start worker processes", times + 1, LIMIT);
    }

    Child process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
