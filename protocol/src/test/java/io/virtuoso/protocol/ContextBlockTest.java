package io.virtuoso.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ContextBlockTest {
    private static final RegionLayout LAYOUT = Regions.LAYOUT;
    private final ByteBuffer region = Regions.initialised();

    @Test
    void shouldResetOneContextOnly() {
        int first = LAYOUT.contextOffset(0);
        int second = LAYOUT.contextOffset(1);
        ContextBlock.state(region, first, ContextBlock.OPEN);
        ContextBlock.guestSleeping(region, first, 5);
        ContextBlock.hostSleeping(region, first, 1);
        ContextBlock.eventBacklog(region, first, 1);
        ContextBlock.state(region, second, ContextBlock.OPEN);

        ContextBlock.reset(region, LAYOUT, 0);

        assertEquals(ContextBlock.FREE, ContextBlock.state(region, first));
        assertEquals(0, ContextBlock.guestSleeping(region, first));
        assertEquals(0, ContextBlock.hostSleeping(region, first));
        assertEquals(0, ContextBlock.eventBacklog(region, first));
        assertEquals(ContextBlock.OPEN, ContextBlock.state(region, second));
    }
}
