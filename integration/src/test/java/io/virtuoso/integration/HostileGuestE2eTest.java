package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A guest writes garbage over its region: it loses its attachment, and nobody else notices. */
@Tag("slow")
class HostileGuestE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String PORT = "7200";

    private static HostStack host;
    private static Child echo;
    private static Child near;
    private static Child far;

    @BeforeAll
    static void shouldHaveTrafficOfOthers() {
        host = HostStack.start();
        final Guest server = host.guest("server");
        echo = server.start(Repository.program("connections"), "serve", PORT);
        echo.awaitLine("serving", LIMIT);
        near = host.guest("client").start(Repository.program("pump"), server.address(), PORT, "3000");
        far = host.startInKernel(Repository.program("pump"), server.address(), PORT, "3000");
        near.awaitLine("connected", LIMIT);
        far.awaitLine("connected", LIMIT);
    }

    @AfterAll
    static void shouldStop() {
        near.close();
        far.close();
        echo.close();
        host.close();
    }

    @AfterEach
    void shouldNotDisturbOthers() {
        assertTrue(host.isAlive(), () -> host.log());
        assertTrue(near.isAlive(), () -> near.output());
        assertTrue(far.isAlive(), () -> far.output());
    }

    @ParameterizedTest
    @CsvSource({
        "commands, 1", "commands, 2", "commands, 3", "commands, 4", "commands, 5",
        "words, 1", "words, 2", "words, 3", "words, 4", "words, 5",
        "cursors, 1", "cursors, 2", "cursors, 3", "cursors, 4", "cursors, 5",
        "messages, 1", "messages, 2", "messages, 3"
    })
    void shouldEndTheAttachmentWithAReason(final String kind, final int seed) {
        final Guest evil = host.guest("evil");
        final Shell.Result result =
                Shell.run(LIMIT, evil.home().inside(Repository.program("hostile"), evil.socket(), "" + seed, kind));
        assertTrue(result.output().matches("(?s).*ended: reason [3-7]\\s*"), result.output());
    }
}
