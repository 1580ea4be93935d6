package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code virtuoso capture} writes, as tcpdump reads it. */
@Tag("slow")
class CaptureE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String PORT = "11211";

    @TempDir
    private Path directory;

    private HostStack host;

    @BeforeEach
    void shouldStart() {
        host = HostStack.start();
    }

    @AfterEach
    void shouldStop() {
        host.close();
    }

    /** @return how many there are in a file, that match a filter of tcpdump's */
    static long packets(final Path file, final String filter) {
        final String lines = Shell.check(LIMIT, "tcpdump", "-nr", file.toString(), filter);
        return lines.lines().filter(line -> line.contains(" IP ")).count();
    }

    /** Has a guest and the kernel talk to a guest, some requests each. */
    private void talk(final Guest cache) {
        final String verify = Repository.program("mcverify");
        host.guest("near").check(LIMIT, verify, cache.address(), PORT, "20", "1", "1");
        try (Child far = host.startInKernel(verify, cache.address(), PORT, "20", "1", "2")) {
            far.awaitSuccess(LIMIT);
        }
    }

    @Test
    void shouldWriteWhatTcpdumpReads() {
        final Guest cache = host.guest("cache");
        final Path all = directory.resolve("all.pcapng");
        final Path other = directory.resolve("other.pcapng");
        host.guest("other");
        try (Child server = cache.start("memcached", "-u", "root", "-p", PORT, "-U", "0")) {
            host.awaitPort(cache, Integer.parseInt(PORT));
            try (Child capture = Child.start("capture", host.commandLine("capture", "cache", "-w", all.toString()))) {
                HostStack.awaitCapture(all);
                talk(cache);
                assertEquals(0, capture.terminate(LIMIT), capture::output);
                assertTrue(capture.output().contains("\n0 packets lost"), capture.output());
            }
            try (Child capture = Child.start("capture", host.commandLine("capture", "other", "-w", other.toString()))) {
                HostStack.awaitCapture(other);
                talk(cache);
                assertEquals(0, capture.terminate(LIMIT), capture::output);
            }
            assertTrue(server.isAlive(), server::output);
        }
        final String near = host.guest("near").address();
        assertTrue(packets(all, "tcp port 11211 and host " + near) > 40, "guest to guest");
        assertTrue(packets(all, "tcp port 11211 and host 10.88.0.1") > 40, "with the kernel");
        final long begun = packets(all, "tcp[13] == 2 and src host " + near);
        assertTrue(begun > 0, "SYN of a guest");
        assertEquals(begun, packets(all, "tcp[13] == 18 and dst host " + near), "each is answered");
        assertEquals(0, packets(other, "tcp"));
    }

    @Test
    void shouldEndAfterSoManyPackets() {
        final Guest cache = host.guest("cache");
        final Path file = directory.resolve("some.pcapng");
        try (Child server = cache.start("memcached", "-u", "root", "-p", PORT, "-U", "0")) {
            host.awaitPort(cache, Integer.parseInt(PORT));
            try (Child capture =
                    Child.start("capture", host.commandLine("capture", "-s", "96", "-c", "7", "-w", file.toString()))) {
                HostStack.awaitCapture(file);
                talk(cache);
                assertEquals(0, capture.awaitEnd(LIMIT), capture::output);
                assertTrue(capture.output().contains("7 packets captured"), capture.output());
            }
            assertTrue(server.isAlive(), server::output);
        }
        assertEquals(7, packets(file, "tcp"));
    }
}
