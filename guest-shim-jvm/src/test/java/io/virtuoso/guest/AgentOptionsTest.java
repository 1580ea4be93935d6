package io.virtuoso.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentOptionsTest {
    @Test
    void shouldDoNothingWithoutASocket() {
        assertFalse(AgentOptions.parse(null, Map.of()).isGuest());
        assertFalse(AgentOptions.parse("", Map.of("VIRTUOSO_GUEST_SOCKET", "")).isGuest());
        assertNull(AgentOptions.parse(null, Map.of()).report());
    }

    @Test
    void shouldLookForADeviceUnlessASocketIsNamedOrForbidden() {
        assertTrue(AgentOptions.parse("report=-", Map.of()).mayBeInMachine());
        assertFalse(AgentOptions.parse("guest-socket=/a", Map.of()).mayBeInMachine());
        assertFalse(
                AgentOptions.parse(null, Map.of("VIRTUOSO_GUEST_SOCKET", "")).mayBeInMachine());
    }

    @Test
    void shouldReadTheEnvironment() {
        AgentOptions options =
                AgentOptions.parse(null, Map.of("VIRTUOSO_GUEST_SOCKET", "/run/a.sock", "VIRTUOSO_STATS", "1"));
        assertTrue(options.isGuest());
        assertEquals("/run/a.sock", options.guestSocket());
        assertEquals("-", options.report());
    }

    @Test
    void shouldPreferArguments() {
        AgentOptions options = AgentOptions.parse(
                "guest-socket=/b,kernel=10.0.0.0/8+192.168.1.1,report=/tmp/r",
                Map.of("VIRTUOSO_GUEST_SOCKET", "/a", "VIRTUOSO_STATS", "1"));
        assertEquals("/b", options.guestSocket());
        assertEquals(List.of("10.0.0.0/8", "192.168.1.1"), options.platformNetworks());
        assertEquals("/tmp/r", options.report());
    }

    @ParameterizedTest
    @ValueSource(strings = {"report", "report=", "colour=red", "report=-,", "guest-socket=/a,=b"})
    void shouldRefuseWhatItDoesNotKnow(String arguments) {
        IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> AgentOptions.parse(arguments, Map.of()));
        assertTrue(refusal.getMessage().contains("guest-socket=PATH"), refusal.getMessage());
    }

    @Test
    void shouldRefuseAPathThatNoSocketCanHave() {
        assertThrows(
                IllegalArgumentException.class, () -> AgentOptions.parse("guest-socket=/" + "x".repeat(107), Map.of()));
    }
}
