package io.virtuoso.host.fastpath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.virtuoso.host.account.GuestLimits;
import io.virtuoso.host.config.GuestQuotas;
import io.virtuoso.host.config.Ipv6;
import io.virtuoso.host.config.NetworkConfig;
import io.virtuoso.host.fastpath.ScriptedGuest.Handle;
import io.virtuoso.host.guest.Guest;
import io.virtuoso.host.tcp.CongestionAlgorithm;
import io.virtuoso.protocol.Command;
import io.virtuoso.protocol.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A guest without processes: as on a machine whose programs have ended, its addresses are there, and nothing listens. */
class KnownGuestTest {
    private static final NetworkConfig NETWORK = StackHarness.dualNetwork();
    private static final int ADDRESS = StackHarness.FIRST_ADDRESS + 2;
    private static final Guest IDLE = new Guest(
            "idle", NETWORK, ADDRESS, 1, CongestionAlgorithm.CUBIC, Map.of(), GuestLimits.NONE, GuestQuotas.NONE);

    private final StackPair stacks = new StackPair(UnaryOperator.identity(), NETWORK);

    /** @return the errno of a connect from a guest */
    private String connect(final ScriptedGuest from) {
        final Handle socket = from.socket();
        socket.connect(ADDRESS, 80);
        stacks.run();
        return Errno.name(socket.error());
    }

    private String connect6(final ScriptedGuest from) {
        final Ipv6 address = IDLE.address6().orElseThrow();
        final ByteBuffer words = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(address.high())
                .putLong(address.low())
                .flip()
                .order(ByteOrder.LITTLE_ENDIAN);
        final Handle socket = from.socket();
        socket.command(Command.CONNECT, words.getLong(0), words.getLong(Long.BYTES), 80);
        stacks.run();
        return Errno.name(socket.error());
    }

    private String send(final ScriptedGuest from) {
        final ScriptedDatagrams sender = new ScriptedDatagrams(from).open(0, 0);
        stacks.run();
        sender.connect(ADDRESS, 53);
        sender.send(ADDRESS, 53, "anybody?");
        stacks.run();
        return Errno.name(sender.handle.error());
    }

    @Test
    void shouldBeAnsweredForBeforeItsFirstProcessComes() {
        stacks.far.attachments.know(List.of(IDLE));
        assertEquals("ECONNREFUSED", connect(stacks.client), "by the wire");
        assertEquals("ECONNREFUSED", connect6(stacks.client), "by the wire, over IPv6");
        assertEquals("ECONNREFUSED", send(stacks.client), "by the wire");
        assertEquals("ECONNREFUSED", connect(stacks.server), "between guests");
        assertEquals("ECONNREFUSED", connect6(stacks.server), "between guests, over IPv6");
        assertEquals("ECONNREFUSED", send(stacks.server), "between guests");
    }

    @Test
    void shouldComeAndGoWithTheConfiguration() {
        final Policies policies = new Policies(stacks.far);
        policies.apply("{}", IDLE);
        assertEquals("ECONNREFUSED", connect(stacks.client));
        policies.remove("idle");
        final Handle socket = stacks.client.socket();
        socket.connect(ADDRESS, 80);
        stacks.run();
        assertEquals(0, socket.state(), "nobody answers");
    }
}
