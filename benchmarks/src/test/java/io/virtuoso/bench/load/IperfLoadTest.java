package io.virtuoso.bench.load;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class IperfLoadTest {
    private final IperfLoad load = new IperfLoad(5201, 1, false);

    @Test
    void shouldComeAgainToAServerThatIsBusyWithTheRunBefore() {
        assertTrue(load.isTooEarly("{\"error\": \"error - the server is busy running a test. try again later\"}"));
        assertFalse(load.isTooEarly("{\"error\": \"error - unable to connect to server: Connection refused\"}"));
    }
}
