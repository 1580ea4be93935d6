package io.virtuoso.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of guests, as getent asks for them by getaddrinfo, gethostbyname2 and gethostbyaddr. */
class NamesE2eTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static HostStack host;
    private static Guest one;
    private static Guest other;

    @BeforeAll
    static void shouldHaveTwoGuests() {
        host = HostStack.start();
        one = host.guest("one");
        other = host.guest("other");
    }

    @AfterAll
    static void shouldLeaveNothing() {
        host.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ahosts other", "ahostsv4 other", "hosts other", "ahosts OTHER"})
    void shouldFindAnotherGuestByName(final String question) {
        assertEquals(other.address(), firstWord(getent(question).output()));
    }

    @Test
    void shouldFindAGuestsName() {
        final String[] words =
                getent("hosts " + other.address()).output().strip().split(" +", -1);
        assertEquals("other", words[words.length - 1]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ahosts nobody", "hosts 10.88.77.77"})
    void shouldKnowNoOthers(final String question) {
        assertNotEquals(0, getent(question).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ahosts localhost", "ahosts 127.0.0.1"})
    void shouldLeaveTheRestToTheCLibrary(final String question) {
        assertEquals("127.0.0.1", firstWord(getent(question).output()));
    }

    private static Shell.Result getent(final String question) {
        return one.run(LIMIT, ("getent " + question).split(" ", -1));
    }

    private static String firstWord(final String output) {
        return output.strip().split(" ", 2)[0];
    }
}
