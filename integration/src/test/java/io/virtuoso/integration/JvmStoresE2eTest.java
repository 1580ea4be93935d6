package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Java's clients of PostgreSQL on the machine's kernel and of redis as a native guest, byte by byte. */
@Tag("slow")
@ParameterizedClass
@MethodSource("io.virtuoso.integration.Jdk#all")
class JvmStoresE2eTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String REDIS_PORT = "6379";

    private static Machine machine;

    @Parameter
    private Jdk jdk;

    @BeforeAll
    static void shouldStart() {
        machine = Machine.start();
    }

    @AfterAll
    static void shouldStop() {
        machine.close();
    }

    @Test
    void shouldUsePostgresOnTheKernel() {
        final Guest client = machine.guest("client");
        try (Postgres postgres = Postgres.start(machine)) {
            final Traffic traffic = Traffic.since(machine);
            new JavaProgram(jdk, "PostgresChecks").check(client, LIMIT, Postgres.url(), "test" + jdk.feature());
            assertTrue(postgres.isAlive());
            traffic.assertKernel(8_000_000);
        }
    }

    @Test
    void shouldUseRedisThatIsANativeGuest() {
        final Guest store = machine.guest("store");
        try (Child server = store.start("redis-server", "--port", REDIS_PORT, "--protected-mode", "no", "--save", "")) {
            machine.awaitPort(store, Integer.parseInt(REDIS_PORT));
            final Traffic traffic = Traffic.since(machine);
            new JavaProgram(jdk, "RedisChecks").check(machine.guest("client"), LIMIT, store.address(), REDIS_PORT);
            assertTrue(server.isAlive(), server::output);
            traffic.assertLocal(8_000_000);
        }
    }
}
