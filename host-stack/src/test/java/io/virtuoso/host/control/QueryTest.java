package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.Ipv4;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueryTest {
    @TempDir
    private Path directory;

    private ControlHarness host;

    @BeforeEach
    void open() throws Exception {
        host = new ControlHarness(directory);
    }

    @AfterEach
    void close() throws IOException {
        host.close();
    }

    @Test
    void shouldMakeAGuestAndItsSocketOnDemand() {
        assertEquals("ok " + directory + "/guests/db.sock 10.88.0.3\n", host.ask("guest db"));
        assertEquals("ok " + directory + "/guests/web.sock 10.88.0.2\n", host.ask("guest web"));
        host.connect("db").attach().close();
        assertEquals("db", host.stack.last().guest().name());
        assertKnown("web", "db");
    }

    /** That the stack answers for the addresses of these guests, and no others. */
    private void assertKnown(final String... guests) {
        assertEquals(
                List.of(guests),
                host.stack.known.stream().map(guest -> guest.name()).toList());
    }

    @Test
    void shouldRefuseNamesThatLeaveTheDirectory() {
        assertEquals(
                "error bad guest name; use 1 to 63 of a-z A-Z 0-9 . _ -, the first a letter or digit\n",
                host.ask("guest ../../etc/x"));
    }

    @Test
    void shouldFindTheGuestsOfAnEarlierRunWhereTheyWere() throws Exception {
        host.ask("guest db");
        host.ask("guest cache");
        host.close();
        host = new ControlHarness(directory);
        host.settle();
        assertKnown("web", "db", "cache");
        host.connect("cache").attach().close();
        assertEquals("10.88.0.4", Ipv4.format(host.stack.last().guest().address()));
        assertEquals("ok " + directory + "/guests/new.sock 10.88.0.5\n", host.ask("guest new"));
    }

    @Test
    void shouldLeaveOutRememberedGuestsThatDoNotFit() throws Exception {
        host.close();
        Files.write(
                directory.resolve("guests.known"),
                List.of("db 10.88.0.9", "web 10.88.0.7", "far 10.99.0.1", "twin 10.88.0.9", "../x 10.88.0.8", "junk"));
        host = new ControlHarness(directory);
        assertEquals(
                List.of("web", "db"),
                host.ask("guests")
                        .lines()
                        .skip(2)
                        .map(row -> row.split(" ", 2)[0])
                        .toList());
    }

    @Test
    void shouldEndMetricsAsOpenMetricsDoes() {
        final String metrics = host.ask("metrics");
        assertTrue(metrics.startsWith("ok\n# TYPE virtuoso_"), metrics);
        assertTrue(metrics.endsWith("\n# EOF\n"), metrics);
    }

    @Test
    void shouldListGuestsWithTheirProcesses() {
        final TestGuest guest = host.connect().attach();
        final long pid = ProcessHandle.current().pid();
        final String row = host.ask("guests").lines().skip(2).findFirst().orElseThrow();
        assertEquals(
                "web default 10.88.0.2 1 reno 1 test[" + pid + "]", row.strip().replaceAll(" +", " "));
        guest.close();
        assertTrue(host.ask("guests").contains(" 0  \n"));
    }

    @Test
    void shouldMergeCountersOfBothThreads() {
        final String stats = host.ask("stats");
        assertTrue(stats.startsWith("ok\nattachments"), stats);
        assertTrue(stats.contains("commands                                 42\n"), stats);
    }

    @Test
    void shouldAnswerReadyThroughTheStack() {
        assertEquals("ok ready\n", host.ask("ready"));
    }

    @Test
    void shouldMoveTheIslandOfANetwork() {
        assertEquals("ok moving\n", host.ask("move default 1"));
        assertEquals("error there is no core 2\n", host.ask("move default 2"));
        assertEquals(List.of("move 1", "move 2"), host.stack.log);
    }

    @Test
    void shouldSayWhichRequestsThereAre() {
        assertEquals(
                "error unknown request 'frobnicate'; known: guest NAME, guests, ss, ss -i, stats, metrics, top, policy,"
                        + " apply [FILE], capture, move NETWORK CORE, ready\n",
                host.ask("frobnicate"));
        assertEquals("error the request is longer than 8192 bytes\n", host.ask("x".repeat(9000)));
    }

    @Test
    void shouldRefuseASecondHostStackInTheSameDirectory() {
        final IOException e = assertThrows(IOException.class, () -> RunDirectory.open(directory));
        assertTrue(
                e.getMessage()
                        .contains("another host stack (pid "
                                + ProcessHandle.current().pid()),
                e.getMessage());
    }
}
