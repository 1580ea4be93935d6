package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Debian's redis, unmodified; its server forks to save. */
@Tag("slow")
class RedisE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String PORT = "6379";

    private static Machine machine;
    private static Guest store;
    private static Child server;

    @BeforeAll
    static void shouldStart() {
        machine = Machine.start();
        store = machine.guest("store");
        server = store.start(
                "redis-server",
                "--port",
                PORT,
                "--bind",
                "0.0.0.0",
                "--protected-mode",
                "no",
                "--save",
                "",
                "--dir",
                machine.folder("redis").toString());
        machine.awaitPort(store, Integer.parseInt(PORT));
    }

    @AfterAll
    static void shouldStop() {
        server.close();
        machine.close();
    }

    @Test
    void shouldAnswerTheCommandLineClient() {
        final Guest client = machine.guest("client");
        assertEquals("OK", cli(client, "set", "greeting", "hello"));
        assertEquals("hello", cli(client, "get", "greeting"));
        final String big = machine.folder("files").resolve("big").toString();
        final String redis = "redis-cli -h " + store.address();
        client.check(
                LIMIT,
                "bash",
                "-c",
                "set -o pipefail; head -c 2000000 /dev/urandom | base64 -w0 > " + big + " && " + redis
                        + " -x set big < " + big + " && " + redis + " get big | head -c -1 | cmp - " + big);
    }

    @Test
    void shouldBearTheBenchmarkFromGuestAndKernel() {
        final String[] benchmark = {
            "redis-benchmark", "-h", store.address(), "-q", "-n", "20000", "-c", "50", "-t", "set,get,lpush,lrange_100"
        };
        try (Child near = machine.guest("client").start(benchmark);
                Child far = machine.startInKernel(benchmark)) {
            for (final Child one : List.of(near, far)) {
                final String said = one.awaitSuccess(LIMIT);
                assertTrue(said.contains("LRANGE"), said);
                assertFalse(said.toLowerCase(java.util.Locale.ROOT).contains("error"), said);
            }
        }
        assertTrue(server.isAlive());
    }

    @Test
    void shouldSaveInAForkedChildWhileServing() {
        final Guest client = machine.guest("client");
        try (Child load = client.start(
                "redis-benchmark", "-h", store.address(), "-q", "-n", "100000", "-c", "20", "-t", "set,get")) {
            for (int i = 0; i < 3; i++) {
                assertTrue(cli(client, "bgsave").startsWith("Background saving"));
                final long end = System.nanoTime() + LIMIT.toNanos();
                while (cli(client, "info", "persistence").contains("rdb_bgsave_in_progress:1")) {
                    assertTrue(System.nanoTime() < end);
                    Child.pause(20);
                }
                assertTrue(cli(client, "info", "persistence").contains("rdb_last_bgsave_status:ok"));
            }
            load.awaitSuccess(LIMIT);
        }
    }

    private static String cli(final Guest client, final String... words) {
        final String[] command = new String[words.length + 3];
        command[0] = "redis-cli";
        command[1] = "-h";
        command[2] = store.address();
        System.arraycopy(words, 0, command, 3, words.length);
        return client.check(LIMIT, command).strip();
    }
}
