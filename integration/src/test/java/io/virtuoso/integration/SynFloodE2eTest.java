package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A flood of SYNs from the machine's kernel against one guest: it and another go on serving; nothing is judged by time. */
@Tag("slow")
class SynFloodE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final String SYNS = "400000";
    private static final String SYNS_PER_MILLISECOND = "200";
    private static final int REQUESTS = 50;

    @Test
    void shouldServeWhileOneGuestIsFlooded() {
        try (HostStack machine = HostStack.start();
                Nginx flooded = Nginx.start(machine, machine.guest("flooded"), false, "612");
                Nginx other = Nginx.start(machine, machine.guest("other"), false, "612")) {
            final String[] flood = {
                Repository.program("synflood"), machine.guest("flooded").address(), "80", SYNS, SYNS_PER_MILLISECOND
            };
            try (Child flooder = machine.startInKernel(flood)) {
                while (statistic(machine, "syn_cookies_sent") == 0) {
                    assertTrue(flooder.isAlive() || statistic(machine, "syn_cookies_sent") > 0, flooder::output);
                    Child.pause(5);
                }
                fetch(machine, "flooded", flooded); // first: cookies are needed while its backlog is full
                fetch(machine, "other", other);
                flooder.awaitSuccess(LIMIT);
            }
            fetch(machine, "flooded", flooded);
            assertTrue(statistic(machine, "syn_cookies_accepted") > 0);
        }
    }

    /** From the machine's kernel and from a third guest, a connection for each request. */
    private static void fetch(final HostStack machine, final String guest, final Nginx server) {
        final String loop = "set -e; for i in $(seq " + REQUESTS + "); do curl -sS --fail --max-time 100 http://"
                + machine.guest(guest).address() + "/612 | cmp - " + server.file("612") + "; done";
        machine.checkInKernel(LIMIT, "bash", "-o", "pipefail", "-c", loop);
        machine.guest("client").check(LIMIT, "bash", "-o", "pipefail", "-c", loop);
    }

    private static long statistic(final HostStack machine, final String name) {
        return machine.ask("stats")
                .lines()
                .map(line -> line.strip().split("\\s+", -1))
                .filter(words -> words.length == 2 && words[0].equals(name))
                .mapToLong(words -> Long.parseLong(words[1]))
                .findFirst()
                .orElseThrow();
    }
}
