package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Debian's memcached, unmodified, under a client that checks every answer. */
@Tag("slow")
class MemcachedE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String PORT = "11211";

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
    @ValueSource(ints = {1, 4})
    void shouldAnswerRightUnderMixedLoad(final int threads) {
        final Guest cache = machine.guest("cache" + threads);
        try (Child server = cache.start(
                "memcached", "-u", "root", "-p", PORT, "-U", "0", "-I", "2m", "-m", "512", "-t", "" + threads)) {
            machine.awaitPort(cache, Integer.parseInt(PORT));
            final String verify = Repository.program("mcverify");
            try (Child near = machine.guest("client").start(verify, cache.address(), PORT, "200", "20", "1");
                    Child far = machine.startInKernel(verify, cache.address(), PORT, "200", "10", "2")) {
                near.awaitSuccess(LIMIT);
                far.awaitSuccess(LIMIT);
            }
            assertTrue(server.isAlive(), () -> server.output());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void shouldServeManyClientsThatComeAndGo(final int threads) {
        final Guest cache = machine.guest("cache" + threads);
        try (Child server =
                cache.start("memcached", "-u", "root", "-p", PORT, "-U", "0", "-I", "2m", "-t", "" + threads)) {
            machine.awaitPort(cache, Integer.parseInt(PORT));
            for (int i = 0; i < 8; i++) {
                machine.guest("client")
                        .check(LIMIT, Repository.program("mcverify"), cache.address(), PORT, "64", "2", "" + (i + 3));
            }
            assertTrue(server.isAlive(), () -> server.output());
        }
    }
}
