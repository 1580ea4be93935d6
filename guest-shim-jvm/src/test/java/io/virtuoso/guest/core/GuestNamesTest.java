package io.virtuoso.guest.core;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestNamesTest {
    @ParameterizedTest
    @ValueSource(strings = {"web", "Web-1", "cache.blue", "a_b", "1st"})
    void shouldAskForWhatMayBeAGuest(String name) {
        assertTrue(GuestNames.isPlausible(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", "LocalHost", "-web", ".", "a b", "b\u00e4r", "fe80::1%lo"})
    void shouldNotAskForTheRest(String name) {
        assertFalse(GuestNames.isPlausible(name));
    }

    @ParameterizedTest
    @ValueSource(ints = {63, 64})
    void shouldKnowHowLongANameMayBe(int length) {
        assertTrue(GuestNames.isPlausible("g".repeat(length)) == (length == 63));
    }
}
