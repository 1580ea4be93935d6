package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.virtuoso.host.config.ConfigException;
import io.virtuoso.host.config.ConfigReader;
import io.virtuoso.host.guest.GuestRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StackMailboxTest {
    private final StackMailbox mailbox = new StackMailbox(-1, () -> {}, new ControlMailbox(() -> {}));
    private final FakeStack stack = new FakeStack();

    @Test
    void shouldLeaveOthersTheirTurnHoweverMuchIsAsked() {
        for (int id = 1; id <= 3; id++) {
            mailbox.shareReleased(id);
        }
        assertEquals(2, mailbox.drain(stack, 2));
        assertEquals(List.of("released 1", "released 2"), stack.log);
        assertFalse(mailbox.isEmpty(), "the stack must not sleep");
        assertEquals(1, mailbox.drain(stack, 2));
        assertTrue(mailbox.isEmpty());
    }

    @Test
    void shouldMakeGuestsKnownWhereTheirNetworkIsServed() throws ConfigException {
        final StackMailbox other = new StackMailbox(-1, () -> {}, new ControlMailbox(() -> {}));
        final StackMailboxes all = new StackMailboxes(List.of(mailbox, other), Map.of("red", mailbox, "blue", other));
        final GuestRegistry guests = new GuestRegistry(ConfigReader.parse("c.yaml", """
                networks: [{name: red, vni: 1, subnet: 10.1.0.0/24}, {name: blue, vni: 2, subnet: 10.1.0.0/24}]
                guests: [{name: web, network: blue, address: 10.1.0.2}]
                """));
        all.know(guests.all());
        assertTrue(mailbox.isEmpty());
        other.drain(stack, 2);
        assertEquals(guests.all(), stack.known);
    }
}
