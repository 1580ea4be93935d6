package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What guests are billed, against what the kernel says of the stack thread. */
@Tag("slow")
class AccountingE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String PORT = "11211";

    private HostStack host;

    @BeforeEach
    void shouldStart() {
        host = HostStack.start();
    }

    @AfterEach
    void shouldStop() {
        host.close();
    }

    /** CPU times in nanoseconds, with those of "system" and "waiting". */
    private record Bills(Map<String, Long> cpu, long threadNs) {
        static Bills of(final HostStack host) {
            final Map<String, Long> cpu = new LinkedHashMap<>();
            host.ask("top").lines().skip(1).forEach(line -> {
                final String[] words = line.split(" ", -1);
                if (words[0].equals("time")) {
                    cpu.put("system", Long.parseLong(words[5]));
                    cpu.put("waiting", Long.parseLong(words[7]));
                } else {
                    cpu.put(words[1], Long.parseLong(words[5]));
                }
            });
            return new Bills(cpu, Proc.threadCpuNanos(host.jvm().pid(), "fast-path"));
        }

        long sum() {
            return cpu.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    @Test
    void shouldBillWhatTheStackThreadUses() {
        final Guest cache = host.guest("cache");
        try (Child server = cache.start("memcached", "-u", "root", "-p", PORT, "-U", "0", "-m", "512")) {
            host.awaitPort(cache, Integer.parseInt(PORT));
            host.ask("top"); // what is loaded for the first answer is used behind it
            final Bills before = Bills.of(host);
            final String verify = Repository.program("mcverify");
            try (Child near = host.guest("near").start(verify, cache.address(), PORT, "100", "20", "1");
                    Child far = host.startInKernel(verify, cache.address(), PORT, "100", "10", "2")) {
                near.awaitSuccess(LIMIT);
                far.awaitSuccess(LIMIT);
            }
            final Bills after = Bills.of(host);
            final long used = after.threadNs() - before.threadNs();
            final long billed = after.sum() - before.sum();
            System.out.println("stack thread " + used / 1000 + " us, billed " + billed / 1000 + " us: " + after.cpu());
            assertEquals(used, billed, 0.02 * used + 2e6, "bills " + after + " after " + before);
            final long guests = after.cpu().get("cache") + after.cpu().get("near");
            assertTrue(guests > billed / 3, "guests pay too little: " + after);
            assertTrue(server.isAlive(), () -> server.output());
        }
    }

    @Test
    void shouldShowWhoUsesTheStack() {
        final Guest server = host.guest("server");
        final Guest client = host.guest("client");
        host.guest("idle");
        try (Child echo = server.start(Repository.program("connections"), "serve", PORT)) {
            echo.awaitLine("serving", LIMIT);
            try (Child shorts =
                    client.start(Repository.program("connections"), "short", server.address(), PORT, "2000", "1")) {
                shorts.awaitLine("done 2000", LIMIT);
            }
            final String top = host.command("top", "--once");
            assertTrue(top.startsWith("1 core: "), top);
            assertTrue(top.lines().anyMatch(line -> line.startsWith("Guest ")), top);
            assertTrue(top.lines().anyMatch(line -> line.startsWith("server ")), top);
            final String stats = host.ask("stats");
            assertTrue(stats.matches("(?s).*guest.client.connections_opened +2\\d{3}\n.*"), stats);
            assertTrue(stats.matches("(?s).*guest.server.connections_accepted +2\\d{3}\n.*"), stats);
        }
    }
}
