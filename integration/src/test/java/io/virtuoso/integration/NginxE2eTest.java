package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Debian's nginx, unmodified, with curl, wrk and a client that checks every byte. */
@Tag("slow")
class NginxE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String[] SIZES = {"0", "1", "612", "4096", "65537", "1000000", "100000000"};

    private static Machine machine;

    @BeforeAll
    static void shouldStart() {
        machine = Machine.start();
    }

    @AfterAll
    static void shouldStop() {
        machine.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldServeFilesByteExact(final boolean reuseport) {
        final Guest web = machine.guest("web");
        try (Nginx nginx = Nginx.start(machine, web, reuseport, SIZES)) {
            for (final String size : SIZES) {
                final String fetch = fetch(web.address(), size, nginx.file(size));
                machine.guest("client").check(LIMIT, "bash", "-c", fetch);
                machine.checkInKernel(LIMIT, "bash", "-c", fetch);
            }
        }
    }

    @Test
    void shouldFetchFilesFromTheKernelByteExact() {
        try (Nginx nginx = Nginx.startInKernel(machine, SIZES)) {
            for (final String size : SIZES) {
                machine.guest("client")
                        .check(LIMIT, "bash", "-c", fetch(Machine.KERNEL_ADDRESS, size, nginx.file(size)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldFailNoRequestDuringReloads(final boolean reuseport) {
        final Guest web = machine.guest("web");
        try (Nginx nginx = Nginx.start(machine, web, reuseport, "0", "612", "65537", "1000000")) {
            final List<Child> clients = new ArrayList<>();
            for (final String keepAlive : List.of("0", "1")) {
                final String[] verify = {
                    Repository.program("httpverify"),
                    web.address(),
                    "80",
                    "4",
                    "4",
                    keepAlive,
                    "612",
                    "65537",
                    "0",
                    "1000000"
                };
                clients.add(machine.guest("client").start(verify));
                clients.add(machine.startInKernel(verify));
            }
            try {
                for (int times = 1; times <= 5; times++) {
                    Child.pause(600);
                    nginx.reload(times);
                }
                clients.forEach(client -> client.awaitSuccess(LIMIT));
            } finally {
                clients.forEach(Child::close);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldServeWrkWithoutErrors(final boolean reuseport) {
        final Guest web = machine.guest("web");
        try (Nginx nginx = Nginx.start(machine, web, reuseport, "612")) {
            Wrk.shouldBeServed(
                    List.of(machine.guest("client")::start, machine::startInKernel),
                    "-t",
                    "2",
                    "-c",
                    "64",
                    "http://" + web.address() + "/612");
            assertTrue(nginx.process().isAlive());
        }
    }

    private static String fetch(final String address, final String size, final String file) {
        return "set -o pipefail; curl -sS --fail --max-time 100 http://" + address + "/" + size + " | cmp - " + file;
    }
}
